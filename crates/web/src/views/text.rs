//! Text that somebody else wrote, shown as text.

use maud::{Markup, Render, html};

#[derive(Debug, Clone, Copy)]
pub struct Marked<'a>(pub &'a str);

impl Render for Marked<'_> {
    fn render(&self) -> Markup {
        html! { (self.0) }
    }
}

pub fn shown(text: &str) -> Markup {
    html! { bdi { (text) } }
}

pub fn line(text: &str, chars_max: usize) -> Markup {
    html! { bdi { (stdx::cut::line(text, chars_max)) } }
}

pub fn path(path: &str) -> Markup {
    html! { bdi.mono { (path) } }
}

/// For where there is room for characters alone, as in an option of a list.
pub fn plain(text: &str) -> &str {
    text
}
