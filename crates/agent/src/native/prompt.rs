//! Everything that the model is told, from the templates in `prompts/`. Pure. What comes from
//! the repository is data in a template, never a template itself.

use std::time::Duration;

use environment::Check;
use minijinja::{Environment as Templates, UndefinedBehavior, context};
use serde::Serialize;

/// A file of the repository, as far as it is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct File {
    /// From the repository's root.
    pub path: String,
    pub text: String,
}

/// What the system prompt is made from.
#[derive(Debug, Clone, Default)]
pub(super) struct Situation {
    pub checks: Vec<Check>,
    pub time: Duration,
    /// The instructions that hold everywhere, most general first.
    pub instructions: Vec<File>,
    /// Paths of instructions that hold in folders further down.
    pub nested: Vec<String>,
    /// The project's pull-request template.
    pub template: Option<File>,
}

pub(super) fn system(situation: &Situation) -> String {
    let Situation { checks, time, instructions, nested, template } = situation;
    let values = context! {
        workspace => computer::WORKSPACE,
        minutes => minutes(*time),
        checks, instructions, nested, template,
    };
    render(include_str!("prompts/system.md.j2"), values)
}

pub(super) fn task(text: &str) -> String {
    render(include_str!("prompts/task.md.j2"), context! { text })
}

pub(super) fn remind() -> String {
    render(include_str!("prompts/remind.md.j2"), context! {})
}

pub(super) fn wrap_up(turns: u32, left: Duration) -> String {
    let values = context! { turns, minutes => minutes(left) };
    render(include_str!("prompts/wrap_up.md.j2"), values)
}

pub(super) fn repeated(times: u32) -> String {
    render(include_str!("prompts/repeated.md.j2"), context! { times })
}

pub(super) fn removed() -> String {
    render(include_str!("prompts/removed.md.j2"), context! {})
}

fn minutes(time: Duration) -> u64 {
    time.as_secs().div_ceil(60)
}

/// The templates are part of the program and their values are given just above, so that they
/// render is shown by the tests.
fn render(template: &str, values: minijinja::Value) -> String {
    let mut templates = Templates::new();
    templates.set_undefined_behavior(UndefinedBehavior::Strict);
    templates.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
    let text = templates.render_str(template, values);
    text.expect("the embedded templates render").trim_end().to_owned()
}

#[cfg(test)]
mod tests;
