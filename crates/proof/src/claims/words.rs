//! A sentence as lower-case words, and where words stand in it.

/// Words of a sentence, in order.
pub(super) struct Words(Vec<String>);

/// Words that may stand at one place.
pub(super) type AnyOf<'a> = &'a [&'a str];

const NUMBERS: [&str; 13] = [
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
    "eleven", "twelve",
];

impl Words {
    pub fn of(sentence: &str) -> Self {
        let is_mark = |c: char| "()[]{},*\"“”„«»`|".contains(c) || c.is_whitespace();
        let words = sentence.split(is_mark).map(|word| {
            let word = word.trim_matches(|c: char| ".,:;!?'✅✔✓–—".contains(c));
            word.replace('’', "'").to_lowercase()
        });
        Self(words.filter(|word| !word.is_empty()).collect())
    }

    pub fn all(&self) -> &[String] {
        &self.0
    }

    pub fn has(&self, any: AnyOf<'_>) -> bool {
        self.find(any, 0).is_some()
    }

    /// The first place of one of these words, from `from` on.
    pub fn find(&self, any: AnyOf<'_>, from: usize) -> Option<usize> {
        let place = self.0.get(from..)?.iter().position(|word| any.contains(&word.as_str()))?;
        Some(from + place)
    }

    /// The place of one of `second`, at most `gap` words after one of `first`.
    pub fn after(&self, first: AnyOf<'_>, second: AnyOf<'_>, gap: usize) -> Option<usize> {
        self.places(first).find_map(|at| {
            let place = self.find(second, at + 1)?;
            (place - at - 1 <= gap).then_some(place)
        })
    }

    pub fn places(&self, any: AnyOf<'_>) -> impl Iterator<Item = usize> {
        let words = self.0.iter().enumerate();
        words.filter(move |(_, word)| any.contains(&word.as_str())).map(|(at, _)| at)
    }

    /// Of the words from `from` up to `to`, the last number.
    pub fn number(&self, from: usize, to: usize) -> Option<u64> {
        let words = self.0.get(from..to)?;
        words.iter().rev().find_map(|word| number(word))
    }

    /// Whether what is said at `place` is denied, hoped for or asked for.
    pub fn is_hedged(&self, place: usize) -> bool {
        /// How far before its verb a "not" still means it, and how far a "to" does.
        const NEAR: usize = 4;
        const NEXT: usize = 2;
        let near = &self.0[place.saturating_sub(NEAR)..place];
        let denied =
            near.iter().any(|word| word.ends_with("n't") || DENIALS.contains(&word.as_str()));
        let asked = self.0[place.saturating_sub(NEXT)..place].iter().any(|word| word == "to");
        let before = &self.0[..place];
        denied || asked || before.iter().any(|word| CONDITIONS.contains(&word.as_str()))
    }
}

const DENIALS: AnyOf<'_> = &[
    "not",
    "cannot",
    "unable",
    "never",
    "should",
    "would",
    "could",
    "will",
    "may",
    "might",
    "must",
    "expected",
    "ensure",
    "ensures",
    "hopefully",
];

const CONDITIONS: AnyOf<'_> = &["if", "once", "unless", "until", "please", "todo", "whether"];

/// `34`, `1,234` (whose comma is gone by now), `34/34`, `three`.
fn number(word: &str) -> Option<u64> {
    let word = word.split_once('/').map_or(word, |(part, _of)| part);
    let spelled = NUMBERS.iter().position(|number| *number == word);
    word.parse().ok().or_else(|| spelled.and_then(|at| u64::try_from(at).ok()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_near_each_other() {
        let words = Words::of("**All** 34 `tests` now pass, I think.");
        assert_eq!(words.all(), ["all", "34", "tests", "now", "pass", "i", "think"]);
        assert_eq!(words.after(&["tests"], &["pass"], 1), Some(4));
        assert_eq!(words.after(&["tests"], &["pass"], 0), None);
        assert_eq!(words.number(0, 2), Some(34));
        assert!(!words.is_hedged(4));
        assert!(Words::of("The tests don't pass").is_hedged(3));
        assert!(Words::of("If it works the tests pass").is_hedged(5));
    }

    #[test]
    fn numbers_are_read_as_they_are_written() {
        for (word, expected) in
            [("34", Some(34)), ("three", Some(3)), ("34/34", Some(34)), ("3.5", None), ("x", None)]
        {
            assert_eq!(number(word), expected, "{word}");
        }
        assert_eq!(number(&"9".repeat(100)), None);
    }
}
