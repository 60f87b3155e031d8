//! Secrets by their names, and the forms that set and remove them.

use domain::{Project, Timestamp};
use engine::secret::{Listed, Scope};
use maud::{Markup, html};

use super::{Done, View, Want};
use crate::views::{figure, icon, text};

/// As long as a name and a value may be typed, in characters. Longer values are the command line's.
const NAME_CHARS_MAX: usize = 80;
const VALUE_CHARS_MAX: usize = 16_384;

pub fn body(view: &View) -> Markup {
    html! {
        div.page-head {
            div {
                h1 { "Secrets" }
                p.muted.small {
                    "Setups are given them by name; agents never are. A value goes in and is never shown again."
                }
            }
        }
        @match view.done {
            Some(Done::SecretSet) => p.notice.notice-good.house-done role="status" { (icon::check()) "The secret is kept. It is never shown again." }
            Some(Done::SecretRemoved) => p.notice.notice-good.house-done role="status" { (icon::check()) "The secret is removed." }
            Some(Done::Settings | Done::Refreshed) | None => {}
        }
        div.house-columns {
            section.card {
                div.card-head { h2 { "Kept here" } }
                @if view.listed.is_empty() {
                    p.muted.small { "None yet." }
                } @else {
                    ul.house-rows { @for each in &view.listed { li { (kept(view, each)) } } }
                }
            }
            div.stack {
                section.card {
                    div.card-head { h2 { "Set one" } }
                    (form(view))
                }
                (wanted(view))
            }
        }
    }
}

fn kept(view: &View, each: &Listed) -> Markup {
    html! {
        span.house-row-main {
            code { (each.name) }
            span.small.muted { " for " (whose(view, &each.scope)) (since(each, view.now)) }
        }
        (removal(each, "secrets"))
    }
}

fn whose(view: &View, scope: &Scope) -> Markup {
    let Scope::Project(id) = scope else { return html! { "all projects" } };
    match view.projects.iter().find(|project| project.id == *id) {
        Some(project) => html! {
            a href={ "/projects/" (id) } { (text::shown(project.origin.name())) }
        },
        None => html! { "project " (id) ", which is gone" },
    }
}

fn since(each: &Listed, now: Timestamp) -> Markup {
    html! {
        @if let Some(set) = each.set { ", set " (figure::ago(now, set)) }
        @if let Some(variable) = &each.variable { ", read from the variable " code { (variable) } }
    }
}

/// Folded, so that one tap doesn't remove anything.
fn removal(each: &Listed, back: &str) -> Markup {
    let scope = match &each.scope {
        Scope::All => "all",
        Scope::Project(id) => id.as_str(),
    };
    html! {
        details.house-confirm {
            summary.button.button-small.button-quiet { "Remove" span.visually-hidden { " " (each.name) } }
            form.row method="post" action="/secrets/remove" {
                input type="hidden" name="scope" value=(scope);
                input type="hidden" name="name" value=(each.name);
                input type="hidden" name="back" value=(back);
                span.small { "Setups that want it will fail." }
                button.button.button-small.button-danger type="submit" { "Remove it for good" }
            }
        }
    }
}

fn form(view: &View) -> Markup {
    html! {
        form.stack method="post" action="/secrets" autocomplete="off" {
            div.field {
                label for="secret-scope" { "For" }
                select #secret-scope name="scope" {
                    @for project in &view.projects {
                        option value=(project.id) { (project.origin.name()) }
                    }
                    option value="all" { "All projects: every repository's setup may ask for it" }
                }
            }
            (name_and_value(""))
            div { button.button.button-primary type="submit" { "Keep it" } }
        }
    }
}

fn name_and_value(name: &str) -> Markup {
    html! {
        div.field {
            label for={ "secret-name" (name) } { "Name" }
            input #{ "secret-name" (name) } name="name" value=(name) required maxlength=(NAME_CHARS_MAX)
                pattern="[A-Za-z_][A-Za-z0-9_]*" title="Letters, digits and _, and no digit first"
                autocapitalize="off" spellcheck="false" autocomplete="off";
        }
        (value(name))
    }
}

fn value(name: &str) -> Markup {
    html! {
        div.field {
            label for={ "secret-value" (name) } { "Value" }
            input #{ "secret-value" (name) } name="value" type="password" required maxlength=(VALUE_CHARS_MAX)
                autocomplete="off" data-1p-ignore data-lpignore="true";
            span.field-hint { "One line. Longer ones: " code { "whimbrel env secret set NAME < FILE" } }
        }
    }
}

fn wanted(view: &View) -> Markup {
    html! {
        @if !view.wanted.is_empty() {
            section.card {
                div.card-head { h2 { "Who wants which" } }
                ul.house-rows {
                    @for (project, wants) in &view.wanted {
                        li {
                            a.house-row-main href={ "/projects/" (project.id) "#secrets" } { (text::shown(project.origin.name())) }
                            ul.chips { @for want in wants { (chip(want)) } }
                        }
                    }
                }
            }
        }
    }
}

fn chip(want: &Want) -> Markup {
    let (class, words) = match &want.found {
        Some(_) => ("chip-good", "is set"),
        None => ("chip-bad", "isn't set"),
    };
    html! { li.chip.(class) { code { (text::shown(&want.name)) } " " (words) } }
}

/// On a project's page: what its setup asks for, and whether it is there.
pub fn of_project(project: &Project, wants: &[Want], may_set: bool, now: Timestamp) -> Markup {
    html! {
        section.card #secrets {
            div.card-head { h2 { "Secrets its setup asks for" } }
            @if wants.is_empty() {
                p.muted.small { "None." }
            }
            ul.house-rows {
                @for want in wants {
                    li.house-want {
                        (wanted_one(project, want, may_set, now))
                    }
                }
            }
            @if !may_set && !wants.is_empty() {
                p.small.muted { "Setting them takes the right to set secrets." }
            }
        }
    }
}

fn wanted_one(project: &Project, want: &Want, may_set: bool, now: Timestamp) -> Markup {
    let (label, own) = match &want.found {
        Some(found) => ("Set another value", matches!(found.scope, Scope::Project(_))),
        None => ("Set it", false),
    };
    html! {
        div.row-between {
            ul.chips { (chip(want)) }
            @if let Some(found) = &want.found {
                span.small.muted {
                    @if own { "for this project" } @else { "for all projects" }
                    (since(found, now))
                }
            }
        }
        @if may_set {
            details.house-fold open[want.found.is_none()] {
                summary { (label) span.visually-hidden { " for " (want.name) } }
                form.stack method="post" action="/secrets" autocomplete="off" {
                    input type="hidden" name="scope" value=(project.id);
                    input type="hidden" name="name" value=(want.name);
                    input type="hidden" name="back" value="project";
                    (value(&want.name))
                    div { button.button.button-primary type="submit" { "Keep it" } }
                }
            }
            @if let Some(found) = want.found.as_ref().filter(|_| own) { (removal(found, "project")) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::ProjectId;
    use domain::project::Origin;

    fn project() -> Project {
        Project { id: ProjectId::from_random(1), origin: Origin::Path("/srv/ease".into()) }
    }

    fn listed(scope: Scope) -> Listed {
        let set = Some(Timestamp(0));
        Listed { name: "INDEX_TOKEN".into(), scope, variable: None, set }
    }

    #[test]
    fn a_value_is_typed_blind_and_kept_by_no_browser() {
        let want = Want { name: "INDEX_TOKEN".into(), found: None };
        let shown = of_project(&project(), &[want], true, Timestamp(0)).into_string();
        assert!(shown.contains(r#"type="password""#) && shown.contains("isn't set"), "{shown}");
        assert!(shown.contains(r#"autocomplete="off""#), "{shown}");
        assert_eq!(shown.matches("value=").count(), 3, "only of hidden fields: {shown}");
    }

    #[test]
    fn who_may_not_set_secrets_sees_no_form() {
        let want = Want { name: "INDEX_TOKEN".into(), found: None };
        let shown = of_project(&project(), &[want], false, Timestamp(0)).into_string();
        assert!(!shown.contains("<form") && shown.contains("takes the right"), "{shown}");
    }

    #[test]
    fn one_for_all_projects_is_not_removed_from_a_projects_page() {
        let page = |scope| {
            let want = Want { name: "INDEX_TOKEN".into(), found: Some(listed(scope)) };
            of_project(&project(), &[want], true, Timestamp(60_000)).into_string()
        };
        let of_all = page(Scope::All);
        assert!(!of_all.contains("/secrets/remove") && of_all.contains("for all projects"));
        let own = page(Scope::Project(project().id));
        assert!(own.contains("/secrets/remove") && own.contains("1 min ago"), "{own}");
    }
}
