//! Code as it stands in a film: without the indentation that all its lines share, in a size in
//! which it fits, coloured, and broken where even the smallest is too wide.

use syntax::highlight::{self, Role, Span};

use crate::font::{Face, Fonts, Laid, style};
use crate::ink::{self, Ink};
use crate::shown;

/// Never smaller: it is read on a phone.
const SIZES: [u16; 5] = [32, 30, 28, 26, 24];
/// Rows that one line may take.
const ROWS_MAX: usize = 3;
/// Lines that are coloured together; more are never shown.
const LINES_MAX: usize = 60;

/// A row of a line of code.
pub struct Row {
    pub laid: Laid,
    /// The line that it is of, counted from 0.
    pub line: usize,
    /// Not the line's first.
    pub continued: bool,
    colours: Vec<Ink>,
}

impl Row {
    pub fn paint(&self, sheet: &mut crate::sheet::Sheet, x: f32, y: f32, opacity: f32) {
        self.paint_until(sheet, x, y, opacity, usize::MAX);
    }

    /// Only the first glyphs, as they are typed.
    pub fn paint_until(
        &self,
        sheet: &mut crate::sheet::Sheet,
        x: f32,
        y: f32,
        opacity: f32,
        glyphs: usize,
    ) {
        let seen = Laid {
            glyphs: self.laid.glyphs.iter().take(glyphs).copied().collect(),
            width: self.laid.width,
        };
        let colour = |at: usize| self.colours.get(at).copied().unwrap_or(ink::TEXT);
        sheet.text_by(&seen, x, y, |at| Some(colour(at).at(opacity)));
    }
}

/// Lines of one file, laid out.
pub struct Code {
    pub rows: Vec<Row>,
    pub size: u16,
}

impl Code {
    pub fn leading(&self) -> f32 {
        f32::from(self.size) * 1.56
    }

    pub fn height(&self) -> f32 {
        self.rows.len() as f32 * self.leading()
    }

    pub fn new(fonts: &mut Fonts, path: &str, lines: &[&str], width: f32) -> Self {
        let lines = dedented(lines);
        let spans = coloured(path, &lines);
        let longest = lines.iter().map(|line| line.chars().count()).max().unwrap_or(0);
        let fits = |size: &&u16| Fonts::cell(**size) * longest as f32 <= width;
        let smallest = SIZES[SIZES.len() - 1];
        let size = *SIZES.iter().find(fits).unwrap_or(&smallest);
        let columns = (width / Fonts::cell(size)) as usize;
        let mut rows = Vec::new();
        for (line, (text, spans)) in lines.iter().zip(&spans).enumerate() {
            rows.extend(
                broken(fonts, text, spans, size, columns)
                    .into_iter()
                    .map(|(laid, colours, continued)| Row { laid, line, continued, colours }),
            );
        }
        Self { rows, size }
    }
}

/// A line as rows of at most so many columns, each with the colour of each of its bytes.
fn broken(
    fonts: &mut Fonts,
    text: &str,
    spans: &[Span],
    size: u16,
    columns: usize,
) -> Vec<(Laid, Vec<Ink>, bool)> {
    let style = style(Face::Mono, size);
    let chars: Vec<(usize, char)> = text.char_indices().collect();
    if chars.len() <= columns {
        return vec![(fonts.lay(text, style), colours(text, 0, spans), false)];
    }
    let indent = text.len() - text.trim_start().len();
    let hang = " ".repeat((indent + 2).min(columns / 3));
    let mut rows = Vec::new();
    let mut from = 0;
    while from < chars.len() && rows.len() < ROWS_MAX {
        let hang = if rows.is_empty() { "" } else { hang.as_str() };
        let room = columns - hang.len();
        let to = (from + room).min(chars.len());
        let is_cut = rows.len() + 1 == ROWS_MAX && to < chars.len();
        let to = if is_cut { to - 1 } else { between_words(&chars, from, to) };
        let start = chars[from].0;
        let end = chars.get(to).map_or(text.len(), |(at, _)| *at);
        let rest = if is_cut { "…" } else { "" };
        let mut inks = vec![ink::MUTED; hang.len()];
        inks.extend(colours(&text[start..end], start, spans));
        inks.extend(vec![ink::MUTED; rest.len()]);
        let row = format!("{hang}{}{rest}", &text[start..end]);
        rows.push((fonts.lay(&row, style), inks, start > 0));
        from = to;
    }
    rows
}

/// Where a row ends: after the last space or comma of its second half, if there is one.
fn between_words(chars: &[(usize, char)], from: usize, to: usize) -> usize {
    if to == chars.len() {
        return to;
    }
    let middle = from + (to - from) / 2;
    let gap = |at: &usize| matches!(chars[at - 1].1, ' ' | ',' | '(' | '/' | '.');
    (middle..=to).rev().find(gap).unwrap_or(to)
}

fn colours(text: &str, start: usize, spans: &[Span]) -> Vec<Ink> {
    let role = |at: usize| spans.iter().find(|s| s.start <= at && at < s.end).map(|s| s.role);
    let odd = odd(text);
    (0..text.len())
        .map(|at| if odd[at] { ink::WARN } else { ink::of_role(role(start + at)) })
        .collect()
}

/// Which bytes spell out a character that can't be seen, such as `⟨202E⟩`.
fn odd(text: &str) -> Vec<bool> {
    let mut odd = vec![false; text.len()];
    let mut from = 0;
    while let Some(start) = text[from..].find('⟨').map(|at| from + at) {
        let Some(end) = text[start..].find('⟩').map(|at| start + at + '⟩'.len_utf8()) else {
            break;
        };
        if end - start <= 14 {
            odd[start..end].fill(true);
        }
        from = end;
    }
    odd
}

fn coloured(path: &str, lines: &[String]) -> Vec<Vec<Span>> {
    let opening = opening(lines);
    let text = opening.into_iter().chain(lines.iter().map(String::as_str));
    let mut spans = highlight::lines(path, &text.collect::<Vec<_>>().join("\n"));
    spans.drain(..spans.len().min(opening.iter().count()));
    spans.resize_with(lines.len(), Vec::new);
    for (line, spans) in lines.iter().zip(&mut spans) {
        spans.retain(|span: &Span| span.end <= line.len() && is_shown(span.role));
    }
    spans
}

/// What must have stood before an excerpt that begins within a comment or a long text.
fn opening(lines: &[String]) -> Option<&'static str> {
    const QUOTES: &str = "\"\"\"";
    let comment = lines.iter().find(|line| line.contains("/*") || line.contains("*/"));
    if comment.is_some_and(|line| !line.split("*/").next().unwrap_or_default().contains("/*")) {
        return Some("/*");
    }
    let is_odd = lines.iter().map(|line| line.matches(QUOTES).count()).sum::<usize>() % 2 == 1;
    let quoted = lines.iter().find(|line| line.contains(QUOTES)).map(|line| line.trim());
    // Alone on its line, or at a line's end, it closes.
    quoted.filter(|line| is_odd && (*line == QUOTES || !line.starts_with(QUOTES))).map(|_| QUOTES)
}

fn is_shown(role: Role) -> bool {
    match role {
        Role::Comment | Role::Keyword | Role::String | Role::Number => true,
        Role::Function | Role::Type | Role::Attribute => true,
    }
}

/// Without the spaces that all of them begin with.
fn dedented(lines: &[&str]) -> Vec<String> {
    let lines: Vec<String> = lines.iter().take(LINES_MAX).map(|line| shown::code(line)).collect();
    let indent = |line: &String| line.len() - line.trim_start_matches(' ').len();
    let shared = lines.iter().filter(|line| !line.trim().is_empty()).map(indent).min().unwrap_or(0);
    lines.iter().map(|line| line.get(shared..).unwrap_or_default().trim_end().to_owned()).collect()
}

/// A path in two parts: its folders, which are cut from the left, and its name.
pub struct Path {
    folders: Laid,
    name: Laid,
}

impl Path {
    pub fn new(fonts: &mut Fonts, path: &str, width: f32) -> Self {
        let path = shown::line(path);
        let (folders, name) = match path.rsplit_once('/') {
            Some((folders, name)) => (format!("{folders}/"), name.to_owned()),
            None => (String::new(), path),
        };
        let chars = (width / Fonts::cell(28)) as usize;
        let name = shown::cut_start(&name, chars);
        let left = chars - name.chars().count();
        let folders = if left < 4 { String::new() } else { shown::cut_start(&folders, left) };
        let folders = fonts.lay(&folders, style(Face::Mono, 28));
        Self { folders, name: fonts.lay(&name, style(Face::MonoBold, 28)) }
    }

    pub fn paint(&self, sheet: &mut crate::sheet::Sheet, x: f32, y: f32) {
        sheet.text(&self.folders, x, y, ink::MUTED);
        sheet.text(&self.name, x + self.folders.width, y, ink::TEXT);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_stands_as_large_as_it_fits_and_breaks_only_then() {
        let mut fonts = Fonts::new();
        let short = Code::new(&mut fonts, "a.py", &["        x = 1", "    y"], 560.0);
        assert_eq!((short.size, short.rows.len()), (32, 2));
        let wide = "w".repeat(500);
        let long = Code::new(&mut fonts, "a.py", &["x", &wide], 560.0);
        assert_eq!((long.size, long.rows.len()), (24, 1 + ROWS_MAX));
        assert!(long.rows.iter().all(|row| row.laid.width <= 560.0));
        assert_eq!(long.rows.iter().map(|row| row.line).collect::<Vec<_>>(), [0, 1, 1, 1]);
    }

    #[test]
    fn what_was_spelt_out_stands_out() {
        let odd = odd("a⟨202E⟩b ⟨");
        let marked = odd.iter().filter(|odd| **odd).count();
        assert_eq!(marked, "⟨202E⟩".len());
    }

    #[test]
    fn an_excerpt_may_begin_within_a_text() {
        let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
        let quotes = Some("\"\"\"");
        assert_eq!(opening(&lines("The ends are exact.\n\"\"\"\nif x < y:")), quotes);
        assert_eq!(opening(&lines("The ends are exact.\"\"\"\nif x < y:")), quotes);
        assert_eq!(opening(&lines("def f():\n    \"\"\"Begins.")), None);
        assert_eq!(opening(&lines("def f():\n    \"\"\"Whole.\"\"\"\n")), None);
        assert_eq!(opening(&lines(" * more\n */\nfn f() {}")), Some("/*"));
        assert_eq!(opening(&lines("/* a */ x\n/* b")), None);
        let mut fonts = Fonts::new();
        let code = ["It is exact.", "\"\"\"", "if x < 1:"];
        let inks = |row: &Row| row.colours.clone();
        let code = Code::new(&mut fonts, "a.py", &code, 560.0);
        assert_eq!(inks(&code.rows[0])[0], ink::of_role(Some(Role::String)));
        assert_eq!(inks(&code.rows[2])[0], ink::of_role(Some(Role::Keyword)));
    }

    #[test]
    fn an_empty_file_has_no_rows() {
        let code = Code::new(&mut Fonts::new(), "", &[], 560.0);
        assert!(code.rows.is_empty());
    }
}
