//! What the task's text names: files and functions that are looked at a little sooner. The text is
//! understood no further. Pure.

use std::collections::BTreeSet;

/// How much more suspicious a place is that the text names, for its file and for its function.
const FILE_BONUS: f64 = 1.3;
const NAME_BONUS: f64 = 1.6;
/// Of a text that is looked at, and of names in it.
const TEXT_BYTES_MAX: usize = 64 * 1024;
const WORDS_MAX: usize = 2000;
/// A shorter word is a word of the language that people speak.
const NAME_CHARS_MIN: usize = 3;
/// File names that say nothing by themselves.
const COMMON: [&str; 6] = ["test", "tests", "main", "index", "mod", "lib"];

/// The words of a text that could name something in a program.
#[derive(Debug, Clone, Default)]
pub struct Mentions {
    words: BTreeSet<String>,
}

impl Mentions {
    pub fn of(text: &str) -> Self {
        let end = text.floor_char_boundary(TEXT_BYTES_MAX.min(text.len()));
        let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '/' | '-');
        let pieces = text[..end].split(|c| !is_part(c)).take(WORDS_MAX);
        let mut words = BTreeSet::new();
        for piece in pieces.map(|piece| piece.trim_matches(['.', '/', '-'])) {
            words.insert(piece.to_owned());
            words.extend(piece.split(['.', '/', '-']).map(str::to_owned));
        }
        words.retain(|word| word.chars().count() >= NAME_CHARS_MIN);
        Self { words }
    }

    /// By what the suspicion of a place in a file, in a function perhaps, is multiplied.
    pub fn bonus(&self, path: &str, function: Option<String>) -> f64 {
        let file = if self.names_file(path) { FILE_BONUS } else { 1.0 };
        let function = function.is_some_and(|name| self.names(&name));
        if function { file * NAME_BONUS } else { file }
    }

    /// Those of some places that the text names, each once, as it is called there.
    pub fn among<'p>(
        &self,
        places: impl Iterator<Item = (&'p str, Option<&'p str>)>,
    ) -> Vec<String> {
        let mut found = BTreeSet::new();
        for (path, function) in places {
            if self.names_file(path) {
                found.insert(path.to_owned());
            }
            found.extend(function.filter(|name| self.names(name)).map(str::to_owned));
        }
        found.into_iter().collect()
    }

    fn names_file(&self, path: &str) -> bool {
        let name = path.rsplit('/').next().unwrap_or(path);
        let stem = name.split('.').next().unwrap_or(name);
        let tells = !COMMON.contains(&stem);
        self.words.contains(path)
            || tells && self.words.iter().any(|word| word == name || word == stem)
    }

    /// Whether the text says the function's own name or its class's.
    fn names(&self, function: &str) -> bool {
        let parts = function.split(['.', ':']).filter(|part| part.len() >= NAME_CHARS_MIN);
        parts.into_iter().any(|part| self.words.contains(part))
    }
}

#[cfg(test)]
mod tests;
