//! Everything that the model is told, from the templates in `prompts/`. Pure. What comes from
//! the repository is data in a template, never a template itself.

use std::time::Duration;

use domain::network::Policy;
use domain::task::Mode;
use environment::Check;
use minijinja::{Environment as Templates, UndefinedBehavior, context};
use serde::Serialize;

use super::skills::Skill;

/// A file of the repository, as far as it is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct File {
    /// From the repository's root.
    pub path: String,
    pub text: String,
}

/// What the system prompt is made from.
#[derive(Debug, Clone)]
pub(super) struct Situation {
    pub mode: Mode,
    pub plan_first: bool,
    pub network: Policy,
    pub checks: Vec<Check>,
    pub time: Duration,
    /// The instructions that hold everywhere, most general first.
    pub instructions: Vec<File>,
    /// Paths of instructions that hold in folders further down.
    pub nested: Vec<String>,
    pub skills: Vec<Skill>,
    /// The project's pull-request template.
    pub template: Option<File>,
}

pub(super) fn system(situation: &Situation) -> String {
    let Situation { mode, plan_first, checks, instructions, nested, skills, .. } = situation;
    let ask = is_ask(*mode);
    let values = context! {
        workspace => computer::WORKSPACE,
        minutes => minutes(situation.time),
        network => network(&situation.network),
        template => if ask { None } else { situation.template.as_ref() },
        ask, plan_first, checks, instructions, nested, skills,
    };
    render(include_str!("prompts/system.md.j2"), values)
}

/// Rules of a network policy that are told.
const RULES_MAX: usize = 20;

/// What an agent has to know of a network policy.
fn network(policy: &Policy) -> String {
    match policy {
        Policy::None => "There is no network. What isn't installed can't be installed.".into(),
        Policy::Packages => {
            "The network reaches the package registries of the common languages, nothing else."
                .into()
        }
        Policy::All => "The network reaches public addresses.".into(),
        Policy::Only(rules) => {
            let shown: Vec<String> =
                rules.iter().take(RULES_MAX).map(ToString::to_string).collect();
            let more = if rules.len() > RULES_MAX { ", …" } else { "" };
            format!("The network reaches only this: {}{more}.", shown.join(", "))
        }
    }
}

pub(super) fn task(text: &str) -> String {
    render(include_str!("prompts/task.md.j2"), context! { text })
}

pub(super) fn remind(mode: Mode, planning: bool) -> String {
    let values = context! { planning, last => last_tool(mode) };
    render(include_str!("prompts/remind.md.j2"), values)
}

pub(super) fn wrap_up(mode: Mode, turns: u32, left: Duration) -> String {
    let values = context! { turns, minutes => minutes(left), ask => is_ask(mode) };
    render(include_str!("prompts/wrap_up.md.j2"), values)
}

pub(super) fn repeated(mode: Mode, tool: &str, times: u32) -> String {
    let values = context! { tool, times, last => last_tool(mode) };
    render(include_str!("prompts/repeated.md.j2"), values)
}

/// `anew` where the computer isn't the one that was worked on.
pub(super) fn resumed(left: Duration, anew: bool) -> String {
    render(include_str!("prompts/resumed.md.j2"), context! { minutes => minutes(left), anew })
}

pub(super) fn interrupted() -> String {
    render(include_str!("prompts/interrupted.md.j2"), context! {})
}

/// Why a call wasn't run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NotBegun {
    Interrupted,
    Over,
    PlanShown,
    Heard,
}

pub(super) fn not_begun(why: NotBegun) -> String {
    let why = match why {
        NotBegun::Interrupted => "the work was interrupted before",
        NotBegun::Over => "the work was over",
        NotBegun::PlanShown => "the plan is to be approved first",
        NotBegun::Heard => "a person has said something meanwhile",
    };
    render(include_str!("prompts/not_begun.md.j2"), context! { why })
}

pub(super) fn steered(text: &str) -> String {
    render(include_str!("prompts/steered.md.j2"), context! { text })
}

pub(super) fn approved(text: &str, edited: bool) -> String {
    render(include_str!("prompts/approved.md.j2"), context! { text, edited })
}

pub(super) fn plan_shown() -> String {
    render(include_str!("prompts/plan_shown.md.j2"), context! {})
}

pub(super) fn plan_changed() -> String {
    render(include_str!("prompts/plan_changed.md.j2"), context! {})
}

pub(super) fn over() -> String {
    render(include_str!("prompts/over.md.j2"), context! {})
}

pub(super) fn goes_on() -> String {
    render(include_str!("prompts/goes_on.md.j2"), context! {})
}

pub(super) fn summarize() -> String {
    render(include_str!("prompts/summarize.md.j2"), context! {})
}

/// In the place of what a summary stands for.
pub(super) fn compacted(summary: &str) -> String {
    render(include_str!("prompts/compacted.md.j2"), context! { summary })
}

/// The summary itself with what is kept beside it.
pub(super) fn summary(
    summary: &str,
    plan: Option<&str>,
    heard: &[String],
    changes: &str,
) -> String {
    let values = context! { summary, plan, heard, changes };
    render(include_str!("prompts/summary.md.j2"), values)
}

pub(super) fn removed() -> String {
    render(include_str!("prompts/removed.md.j2"), context! {})
}

fn is_ask(mode: Mode) -> bool {
    match mode {
        Mode::Ask => true,
        Mode::Code => false,
    }
}

/// The tool that ends the work.
fn last_tool(mode: Mode) -> &'static str {
    match mode {
        Mode::Ask => "answer",
        Mode::Code => "finish",
    }
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
