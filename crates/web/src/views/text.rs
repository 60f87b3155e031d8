//! Text that somebody else wrote, shown as text.

use maud::{Markup, html};

pub fn shown(text: &str) -> Markup {
    html! { bdi { (text) } }
}
