//! Tasks in lists: a row is a task.

use domain::task::{Mode, State};
use maud::{Markup, html};
use store::task::Cursor;

use crate::look::board::{Board, Row, Section, Waits};
use crate::look::task::Standing;
use crate::views::{brief, figure, icon, standing};

/// Of a sentence in a row.
const TEXT_CHARS_MAX: usize = 200;

pub fn title(section: Section) -> &'static str {
    match section {
        Section::Waiting => "Waiting for you",
        Section::Running => "Running",
        Section::Done => "Done",
    }
}

/// `CREATED.ID`, as [`written`] writes it.
pub fn cursor(text: &str) -> Option<Cursor> {
    let (created, id) = text.split_once('.')?;
    Some(Cursor { created: domain::Timestamp(created.parse().ok()?), id: id.parse().ok()? })
}

fn written(cursor: &Cursor) -> String {
    format!("{}.{}", cursor.created.0, cursor.id)
}

pub fn sections(board: &Board) -> Markup {
    let wanted = |section| board.filter.section.is_none_or(|only| only == section);
    let paged = board.filter.after.is_some();
    html! {
        @if wanted(Section::Waiting) && !paged { (section(board, Section::Waiting, &board.waiting, "Nothing waits for you.")) }
        @if wanted(Section::Running) && !paged { (section(board, Section::Running, &board.running, "Nothing runs.")) }
        @if wanted(Section::Done) {
            (section(board, Section::Done, &board.done, "Nothing is done yet."))
            (pager(board))
        }
    }
}

fn section(board: &Board, section: Section, rows: &[Row], nothing: &str) -> Markup {
    let name = section.as_str();
    html! {
        section.tasks-section aria-labelledby={ (name) "-title" } {
            div.section-head {
                h2 id={ (name) "-title" } { (title(section)) }
                @if section != Section::Done { span.count { (rows.len()) } }
            }
            @if rows.is_empty() {
                p.muted.small { (nothing) }
            } @else {
                ul.tasks { @for one in rows { (row(board, one)) } }
            }
        }
    }
}

fn pager(board: &Board) -> Markup {
    let filter = &board.filter;
    let project = filter.project.as_ref().map_or("", |id| id.as_str());
    let hidden = html! {
        input type="hidden" name="q" value=(filter.text.as_deref().unwrap_or_default());
        input type="hidden" name="project" value=(project);
        input type="hidden" name="state" value=(filter.section.map_or("", Section::as_str));
    };
    html! {
        @if filter.after.is_some() || board.next.is_some() {
            div.pager {
                @if filter.after.is_some() {
                    form method="get" action="/" { (hidden) button.button type="submit" { (icon::back()) "Newest" } }
                } @else { span {} }
                @if let Some(next) = &board.next {
                    form method="get" action="/" {
                        (hidden)
                        button.button type="submit" name="after" value=(written(next)) { "Older" (icon::forth()) }
                    }
                }
            }
        }
    }
}

fn row(board: &Board, row: &Row) -> Markup {
    let task = &row.summary.task;
    let standings: Vec<Standing> =
        row.summary.tries.iter().map(|one| Standing::of(&one.attempt, one.holds)).collect();
    html! {
        li.task id={ "task-" (task.id.as_str()) } {
            div.task-main {
                a.task-text href={ "/tasks/" (task.id.as_str()) } { (brief::line(&task.text, TEXT_CHARS_MAX)) }
                p.task-meta {
                    span.project { (brief::line(&row.project, 40)) }
                    span.mono { (task.id.as_str()) }
                    (figure::ago(board.now, task.created))
                    @if !task.person.is_empty() { span { (brief::line(&task.person, 30)) } }
                    @if task.mode == Mode::Ask { span { "question" } }
                }
                @if let Some(waits) = &row.waits { (reason(waits)) }
            }
            div.task-side {
                (standing::dots(&standings))
                span.task-cost.number { (cost(row)) }
                span.task-took.number title="From when it was asked for" { (figure::duration(row.took_ms(board.now))) }
                (state(row))
            }
        }
    }
}

/// Of all attempts.
fn cost(row: &Row) -> String {
    let mut sum = store::exchange::Spent::default();
    for one in &row.summary.tries {
        sum.requests += one.spent.requests;
        sum.micros += one.spent.micros;
        sum.unpriced += one.spent.unpriced;
    }
    figure::cost(&sum).unwrap_or_default()
}

fn state(row: &Row) -> Markup {
    let tries = &row.summary.tries;
    match (&row.summary.task.state, &row.waits) {
        (_, Some(Waits::Plan(_))) => html! { span.chip.chip-warn { (icon::plan()) "plan" } },
        (_, Some(Waits::Failed(..))) => html! { span.chip.chip-bad { (icon::warning()) "failed" } },
        (State::Running, None) => {
            let ended = tries.iter().filter(|one| one.attempt.state.is_ended()).count();
            html! {
                span.chip.chip-accent {
                    span.spin { (icon::turning()) }
                    (ended) "/" (tries.len())
                    span.visually-hidden { " attempts have ended" }
                }
            }
        }
        (state, _) => standing::task(state),
    }
}

fn reason(waits: &Waits) -> Markup {
    match waits {
        Waits::Offered(_) => html! {},
        Waits::Plan(attempt) => html! {
            p.task-why { "The plan of attempt " (attempt.number()) " waits to be approved." }
        },
        Waits::Failed(_, why) => html! {
            p.task-why.bad { "The verdict couldn't be carried out: " (brief::line(why, TEXT_CHARS_MAX)) }
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_as_it_was_written() {
        let cursor_of = |text: &str| cursor(text).map(|cursor| written(&cursor));
        assert_eq!(cursor_of("1000.k3v9x2ab").as_deref(), Some("1000.k3v9x2ab"));
        for wrong in ["", "1000", "x.k3v9x2ab", "1000.../etc"] {
            assert_eq!(cursor_of(wrong), None, "{wrong}");
        }
    }
}
