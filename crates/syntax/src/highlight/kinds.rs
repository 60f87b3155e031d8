//! Which scanner a language needs.

use super::table::Language;
use super::{Span, markup, prose, scan};

#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    /// Words, comments, strings: what a table describes.
    Code(&'static Language),
    /// Tags: HTML, XML, and what has scripts inside.
    Markup,
    Markdown,
    /// `+` and `-` lines.
    Patch,
}

impl Kind {
    pub fn name(self) -> &'static str {
        match self {
            Self::Code(language) => language.name,
            Self::Markup => "markup",
            Self::Markdown => "Markdown",
            Self::Patch => "patch",
        }
    }

    pub fn tokens(self, text: &str) -> Vec<Span> {
        let mut tokens = Vec::with_capacity(text.len() / 12);
        match self {
            Self::Code(language) => scan::scan(language, text, 0, &mut tokens),
            Self::Markup => markup::scan(text, &mut tokens),
            Self::Markdown => prose::markdown(text, &mut tokens),
            Self::Patch => prose::patch(text, &mut tokens),
        }
        tokens
    }
}
