//! What a project's people choose.

use domain::Project;
use domain::project::{Approval, Settings};
use maud::{Markup, html};

/// What each choice does, in the words of whoever has to live with it.
const APPROVALS: [(Approval, &str, &str, &str); 2] = [
    (
        Approval::Merge,
        "merge",
        "An approval merges",
        "Pull requests are opened by themselves when an attempt is good enough. Approving one proves \
         it once more on the newest base, and merges it if it still holds.",
    ),
    (
        Approval::Offer,
        "offer",
        "An approval opens the pull request",
        "Nothing reaches the repository until somebody approves it. Then the pull request is opened, \
         and merging it stays with whoever merges there.",
    ),
];

pub fn form(project: &Project, settings: Settings, may_change: bool) -> Markup {
    html! {
        form.stack method="post" action={ "/projects/" (project.id) "/settings" } {
            fieldset disabled[!may_change] {
                legend.visually-hidden { "What an approval does" }
                div.house-choices {
                    @for (approval, value, name, words) in APPROVALS {
                        label.house-choice {
                            input type="radio" name="approval" value=(value) checked[settings.approval == approval];
                            span { strong { (name) } span.small.muted { (words) } }
                        }
                    }
                }
            }
            @if may_change {
                div { button.button.button-primary type="submit" { "Keep" } }
            } @else {
                p.small.muted { "Changing this takes the right to decide." }
            }
        }
    }
}

/// For a list, in a few words.
pub fn in_short(settings: Settings) -> &'static str {
    match settings.approval {
        Approval::Merge => "approval merges",
        Approval::Offer => "approval opens the pull request",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::ProjectId;
    use domain::project::Origin;

    #[test]
    fn the_choice_is_the_one_that_is_kept() {
        let project =
            Project { id: ProjectId::from_random(1), origin: Origin::Path("/srv/ease".into()) };
        for (approval, value, _, _) in APPROVALS {
            let shown = form(&project, Settings { approval }, true).into_string();
            assert!(shown.contains(&format!(r#"value="{value}" checked"#)), "{shown}");
            assert_eq!(shown.matches(" checked").count(), 1);
            assert_eq!(serde_json::to_value(approval).unwrap(), value);
        }
        let read_only = form(&project, Settings::default(), false).into_string();
        assert!(read_only.contains("<fieldset disabled>") && !read_only.contains("<button"));
    }
}
