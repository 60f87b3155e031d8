//! What preparing would do now: for each step whether it was made before, and why it fits or
//! doesn't; how it was made and how long that took; the command that makes it again.

use domain::Project;
use engine::prepare::record::Failed;
use engine::prepare::{Look, Name, State, Step, shell_word};
use maud::{Markup, html};

use super::Known;
use crate::views::{figure, icon, text};

pub fn steps(
    project: &Project,
    known: &Known,
    looks: &Result<Vec<Look>, String>,
    failures: &[Failed],
) -> Markup {
    if !matches!(known, Ok(Some(_))) {
        return html! {};
    }
    html! {
        section.card {
            div.card-head {
                h2 { "Preparation" }
                span.small.muted { "what the next attempt would find" }
            }
            @match looks {
                Err(words) => { p.notice.notice-warn { (icon::warning()) (text::shown(words)) } }
                Ok(looks) => { ol.house-steps { @for look in looks { li { (step(project, look)) } } } }
            }
            @for failed in failures { (failure(failed)) }
        }
    }
}

fn step(project: &Project, look: &Look) -> Markup {
    let (class, word, why) = match &look.state {
        State::Hit { why } => ("chip-good", "hit", why),
        State::Miss { why } => ("chip-warn", "miss", why),
        State::Skipped { why } => ("chip-plain", "nothing to do", why),
    };
    html! {
        div.row {
            strong { (what(look.name)) }
            span.chip.(class) { (word) }
        }
        p.small.muted { (text::shown(why)) }
        @if let Some(made) = &look.made { (how(project, made)) }
        @if look.key.as_deref() != Some("host") {
            p.house-command { code { (again(project, look)) } }
        }
    }
}

fn what(name: Name) -> &'static str {
    match name {
        Name::Base => "Base",
        Name::Setup => "Setup",
        Name::Commit => "Commit",
    }
}

/// How long it took when it was made, part by part.
pub fn how(project: &Project, made: &Step) -> Markup {
    let top = made.parts.iter().map(|part| part.duration_ms).max().unwrap_or(1);
    html! {
        p.small {
            "Made in " strong { (figure::duration(made.duration_ms)) }
            @if made.log.is_some() {
                ", " a href={ "/projects/" (project.id) "/logs/" (made.key) } { "what it printed" }
            }
        }
        @if !made.parts.is_empty() {
            table.house-parts {
                caption.visually-hidden { "Parts of the step and their times" }
                tbody {
                    @for part in &made.parts {
                        tr {
                            th scope="row" { (text::shown(&part.name)) }
                            td.house-part-bar { (crate::views::chart::bar(part.duration_ms, top, "fill-0")) }
                            td.number { (figure::duration(part.duration_ms)) }
                        }
                    }
                }
            }
        }
    }
}

/// The command that makes that step, on the machine where whimbrel runs.
fn again(project: &Project, look: &Look) -> String {
    let renew = if matches!(look.state, State::Hit { .. }) { " --no-cache" } else { "" };
    let origin = forge::origin::shown(&project.origin);
    format!("whimbrel env build --step {}{renew} --repo {}", look.name, shell_word(&origin))
}

fn failure(failed: &Failed) -> Markup {
    let failure = &failed.failure;
    html! {
        div.notice.notice-bad.house-failure {
            (icon::warning())
            div.stack {
                strong { (text::shown(&failure.headline())) }
                @if !failure.output.is_empty() {
                    pre tabindex="0" { (text::shown(&failure.output)) }
                }
                @if !failure.tries.is_empty() {
                    ul { @for tip in &failure.tries { li { (text::shown(tip)) } } }
                }
                p.house-command { code { (text::shown(&failure.again)) } }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::ProjectId;
    use domain::project::Origin;
    use engine::prepare::{Outcome, Part};

    fn project() -> Project {
        Project { id: ProjectId::from_random(1), origin: Origin::Path("/srv/my app".into()) }
    }

    #[test]
    fn a_step_says_why_and_how_to_do_it_again() {
        let made = Step {
            name: Name::Setup,
            key: "abc".into(),
            outcome: Outcome::Built { why: "first".into() },
            duration_ms: 3_240,
            parts: vec![Part { name: "repository".into(), duration_ms: 240 }],
            log: Some("/log".into()),
        };
        let state = State::Hit { why: "same base, script and 2 inputs".into() };
        let look = Look { name: Name::Setup, key: Some("abc".into()), state, made: Some(made) };
        let shown = step(&project(), &look).into_string();
        assert!(shown.contains("same base, script and 2 inputs"), "{shown}");
        assert!(
            shown.contains("--step setup --no-cache --repo &#39;/srv/my app&#39;")
                || shown.contains("--step setup --no-cache --repo '/srv/my app'"),
            "{shown}"
        );
        assert!(shown.contains("3.2 s") && shown.contains("240 ms"), "{shown}");
        assert!(shown.contains("/logs/abc") && !shown.contains("/log\""), "{shown}");
    }

    #[test]
    fn the_machine_itself_is_not_made_again() {
        let state = State::Hit { why: "this machine".into() };
        let look = Look { name: Name::Base, key: Some("host".into()), state, made: None };
        assert!(!step(&project(), &look).into_string().contains("env build"));
    }
}
