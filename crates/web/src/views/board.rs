//! `/`: what waits for you, what runs, and what is done; and the box to delegate from.

mod delegate;
mod list;

use axum::extract::{Query, State};
use domain::Scope;
use maud::{Markup, html};
use serde::Deserialize;

use super::layout::{Page, Place};
use super::{brief, icon};
use crate::failure::Failure;
use crate::fragment::{Fragment, Moving};
use crate::look::board::{Board, Filter, Section};
use crate::{Person, Shared, look};

pub use delegate::post;

/// The longest text that is searched for, in characters.
const SEARCH_CHARS_MAX: usize = 200;

/// As in the address.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    project: String,
    state: String,
    q: String,
    after: String,
}

impl Asked {
    /// What can't be read is left out: an address may be typed.
    fn filter(&self) -> Filter {
        let text = self.q.trim();
        Filter {
            project: self.project.parse().ok(),
            section: Section::parse(&self.state),
            text: (!text.is_empty()).then(|| text.chars().take(SEARCH_CHARS_MAX).collect()),
            after: list::cursor(&self.after),
        }
    }
}

pub async fn get(
    State(site): State<Shared>,
    person: Person,
    fragment: Fragment,
    Query(asked): Query<Asked>,
) -> Result<Markup, Failure> {
    person.needs(Scope::Read)?;
    let board = look::board::board(&site.engine, asked.filter()).await?;
    let form = delegate::Form::new(&board);
    Ok(answer(&person, fragment, &board, &form))
}

fn answer(person: &Person, fragment: Fragment, board: &Board, form: &delegate::Form) -> Markup {
    let frame = Page {
        title: "Board",
        place: Some(Place::Board),
        styles: &["board.css"],
        scripts: &["live.js", "board.js"],
        ..Page::of(person)
    };
    let moving = Moving {
        about: &[],
        before: html! {
            h1.visually-hidden { "Board" }
            (delegate::boxed(board, form))
            @if !board.is_fresh { (filters(board)) }
        },
        part: part(board),
        after: keys(),
    };
    moving.answer(fragment, &frame)
}

fn part(board: &Board) -> Markup {
    html! {
        @if let Some(words) = &board.lacks_space {
            div.notice.notice-bad { (icon::warning()) p { (words) } }
        }
        @if board.is_fresh { (first_steps()) } @else { (list::sections(board)) }
    }
}

fn filters(board: &Board) -> Markup {
    let filter = &board.filter;
    let chosen = filter.section;
    html! {
        form.filters method="get" action="/" role="search" {
            div.search {
                (icon::search())
                input type="search" name="q" aria-label="Find tasks by their words" placeholder="Find tasks" maxlength=(SEARCH_CHARS_MAX)
                    value=(filter.text.as_deref().unwrap_or_default());
            }
            select name="project" aria-label="Project" {
                option value="" { "All projects" }
                @for project in &board.projects {
                    option value=(project.id.as_str()) selected[filter.project.as_ref() == Some(&project.id)] {
                        (brief::plain(project.origin.name(), 60))
                    }
                }
            }
            select name="state" aria-label="State" {
                option value="" { "All states" }
                @for section in Section::ALL {
                    option value=(section.as_str()) selected[chosen == Some(section)] { (list::title(section)) }
                }
            }
            button.button type="submit" { "Filter" }
            @if filter.project.is_some() || filter.section.is_some() || filter.text.is_some() {
                a.button.button-quiet href="/" { "Clear" }
            }
        }
    }
}

/// What there is to do where nothing was done yet.
fn first_steps() -> Markup {
    html! {
        section.first-steps aria-labelledby="first-title" {
            h2 #first-title { "Nothing was delegated yet" }
            ol {
                li { strong { "Name a repository" } " above: a folder on this machine, or an address that git can fetch from." }
                li { strong { "Say in a sentence" } " what is to be done. “Fix the failing test” is enough where one fails." }
                li { strong { "Review" } " what comes back: a change, with what whimbrel itself ran to see that it works." }
            }
            p.muted.small {
                "Without a model, the mechanic repairs what tests can tell. With one, as in "
                code { "WHIMBREL_MODEL=anthropic/…" } ", agents write any change, answer questions and make plans."
            }
        }
    }
}

fn keys() -> Markup {
    let keys = [
        ("c", "write a task"),
        ("j", "next task"),
        ("k", "task before"),
        ("Enter", "open it"),
        ("/", "find"),
        ("?", "these keys"),
    ];
    html! {
        dialog #keys aria-labelledby="keys-title" {
            h2 #keys-title { "Keys" }
            dl.keys { @for (key, words) in keys { dt { kbd { (key) } } dd { (words) } } }
            form method="dialog" { button.button { "Close" } }
        }
    }
}
