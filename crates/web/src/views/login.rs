//! `/enter`: what somebody sees whom nobody knows.

use maud::{Markup, html};

use super::layout::{Page, page};

/// `refused` says why the last try failed.
pub fn ask(refused: Option<&str>) -> Markup {
    let shown = html! {
        div.enter {
            h1 { "Sign in" }
            @if let Some(why) = refused {
                p.notice.notice-bad role="alert" { (why) }
            }
            form.stack #enter method="post" action="/enter" autocomplete="off" {
                p #ready hidden { "Your link is for this browser. It works once." }
                div.field #typed {
                    label for="token" { "Link or code" }
                    input #token type="password" name="token" required autocomplete="off" spellcheck="false"
                        autocapitalize="off" aria-describedby="token-hint";
                    p.field-hint #token-hint { "What whimbrel printed, or the part of it after the #." }
                }
                button.button.button-primary type="submit" { "Sign in" }
            }
            p.muted.small {
                "No link? On the machine where whimbrel runs: " code { "whimbrel link" }
                ". Or ask somebody who may make you one."
            }
        }
    };
    let frame = Page {
        title: "Sign in",
        styles: &["access.css"],
        scripts: &["enter.js"],
        ..Page::of_nobody()
    };
    page(&frame, &shown)
}
