//! Looks for forbidden bytes in what comes piece by piece. Knows nothing of files.

use memchr::memmem::Finder;

use super::Forbidden;

pub struct Search<'a> {
    needles: Vec<(Finder<'a>, &'a str)>,
    longest: usize,
}

impl<'a> Search<'a> {
    pub fn new(forbidden: &'a [Forbidden]) -> Self {
        let needles: Vec<_> = forbidden
            .iter()
            .flat_map(|secret| secret.forms.iter().map(|form| (secret.name.as_str(), form)))
            .map(|(name, form)| (Finder::new(form.as_slice()), name))
            .collect();
        let longest = needles.iter().map(|(finder, _)| finder.needle().len()).max().unwrap_or(0);
        Self { needles, longest }
    }

    /// The name of the first secret in `bytes`.
    pub fn find(&self, bytes: &[u8]) -> Option<&'a str> {
        self.needles.iter().find(|(finder, _)| finder.find(bytes).is_some()).map(|(_, name)| *name)
    }

    /// For one text that comes in pieces.
    pub fn stream(&self) -> Stream<'_, 'a> {
        Stream { search: self, window: Vec::new() }
    }
}

pub struct Stream<'s, 'a> {
    search: &'s Search<'a>,
    /// The end of what came before.
    window: Vec<u8>,
}

impl<'a> Stream<'_, 'a> {
    /// What is found in `piece`, or begins in a piece before it.
    pub fn push(&mut self, piece: &[u8]) -> Option<&'a str> {
        if self.search.needles.is_empty() {
            return None;
        }
        self.window.extend_from_slice(piece);
        let found = self.search.find(&self.window);
        let kept = self.window.len().min(self.search.longest.saturating_sub(1));
        self.window.drain(..self.window.len() - kept);
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Secret;

    #[test]
    fn a_secret_is_found_across_any_border() {
        let secret = Secret::new("TOKEN", "correct horse").unwrap();
        let forbidden = [Forbidden::from(&secret)];
        let search = Search::new(&forbidden);
        let text = b"a long text with correct horse in it";
        for at in 0..text.len() {
            let mut stream = search.stream();
            let (one, two) = text.split_at(at);
            assert_eq!(stream.push(one).or_else(|| stream.push(two)), Some("TOKEN"), "{at}");
        }
        let mut stream = search.stream();
        // Byte by byte it is found with its last one. (Then again, as long as the window has it.)
        let ends_at = b"a long text with correct horse".len() - 1;
        assert_eq!(text.iter().position(|byte| stream.push(&[*byte]).is_some()), Some(ends_at));
        assert_eq!(search.find(b"correct  horse"), None);
    }
}
