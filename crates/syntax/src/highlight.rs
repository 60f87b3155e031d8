//! What each piece of a line is, for whoever shows code in colours. Fast and forgiving rather than
//! exact: any text of any length is scanned once, in linear time, whatever is in it.

mod catalogue;
mod kinds;
mod markup;
mod prose;
mod scan;
mod table;
mod tables;

/// Longer texts have no spans: nobody reads them, and they are mostly data.
pub const BYTES_MAX: usize = 8 * 1024 * 1024;

/// A piece of a line: bytes `start..end` of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    pub start: usize,
    pub end: usize,
    pub role: Role,
}

/// In the words of themes, few enough for each to have a colour of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    Comment,
    Keyword,
    String,
    Number,
    /// Where it is defined or called.
    Function,
    /// Types, classes, constants of a language.
    Type,
    /// Attributes, decorators, macros, tags, keys.
    Attribute,
}

/// The spans of each line of `text`, without those that have no role: sorted, apart from each
/// other, on character boundaries. There are as many lines as `text.lines()` has. `path` says the
/// language; one that isn't known has no spans.
pub fn lines(path: &str, text: &str) -> Vec<Vec<Span>> {
    let kind = if text.len() > BYTES_MAX { None } else { catalogue::kind(path, text) };
    let tokens = kind.map(|kind| kind.tokens(text)).unwrap_or_default();
    by_line(text, &tokens)
}

/// The language's name, where it is known.
pub fn language(path: &str) -> Option<&'static str> {
    catalogue::kind(path, "").map(kinds::Kind::name)
}

/// Cuts what spans lines into a piece for each.
fn by_line(text: &str, tokens: &[Span]) -> Vec<Vec<Span>> {
    let mut tokens = tokens.iter().peekable();
    let mut start = 0;
    let mut lines = Vec::new();
    for whole in text.split_inclusive('\n') {
        let bare = whole.strip_suffix('\n').map_or(whole, |line| line.trim_suffix_cr());
        let end = start + bare.len();
        let mut spans = Vec::new();
        while let Some(token) = tokens.peek().filter(|token| token.start < end) {
            let piece = Span {
                start: token.start.max(start) - start,
                end: token.end.min(end).max(start) - start,
                role: token.role,
            };
            if piece.start < piece.end {
                spans.push(piece);
            }
            if token.end > start + whole.len() {
                break;
            }
            tokens.next();
        }
        lines.push(spans);
        start += whole.len();
    }
    lines
}

trait TrimCr {
    fn trim_suffix_cr(&self) -> &str;
}

impl TrimCr for str {
    fn trim_suffix_cr(&self) -> &str {
        self.strip_suffix('\r').unwrap_or(self)
    }
}

#[cfg(test)]
mod tests;
