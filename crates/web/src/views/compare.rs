//! `/tasks/{id}/compare`: attempts by their facts, whose tests pass on whose code, and why one of
//! them is first.

mod matrix;

use axum::extract::{Path, Query, State};
use domain::evidence::OnBase;
use domain::{Evidence, Scope};
use maud::{Markup, html};
use serde::Deserialize;

use super::layout::{Page, Place, page};
use super::task::parsed;
use super::{brief, figure, icon, standing};
use crate::failure::Failure;
use crate::look::task::{AttemptLook, TaskLook};
use crate::{Person, Shared, look};

const WHY_CHARS_MAX: usize = 600;

/// Two attempts to be laid beside each other.
#[derive(Debug, Deserialize)]
pub struct Pair {
    a: Option<u32>,
    b: Option<u32>,
}

pub async fn get(
    State(site): State<Shared>,
    person: Person,
    Path(id): Path<String>,
    Query(pair): Query<Pair>,
) -> Result<Markup, Failure> {
    person.needs(Scope::Read)?;
    let id = parsed(&id)?;
    let found = look::task::task(&site.engine, &site.rankings, &id).await?;
    let sentence = brief::plain(&found.task.text, super::task::TITLE_CHARS_MAX);
    let to_task = format!("/tasks/{id}");
    let crumbs = [("/", "Board"), (to_task.as_str(), sentence.as_str())];
    let frame = Page {
        title: "Compare",
        place: Some(Place::Board),
        crumbs: &crumbs,
        styles: &["task.css"],
        wide: true,
        ..Page::of(&person)
    };
    Ok(page(&frame, &shown(&found, &pair)))
}

fn shown(found: &TaskLook, pair: &Pair) -> Markup {
    let best = found.best_first();
    html! {
        div.page-head { h1 { "Compare attempts" } }
        div.stack {
            @if found.is_examined {
                div.notice { span.spin { (icon::turning()) } p { "The attempts' tests are being run on each other's code; the order may change." } }
            }
            (why(found))
            @if best.is_empty() { p.empty { "No attempt was made." } } @else { (table(found, &best)) }
            (difference(found, &best, pair))
            @if let Some(ranked) = &found.ranked {
                (matrix::matrix(&ranked.examination))
                (groups(&ranked.ranking.groups))
            }
        }
    }
}

fn why(found: &TaskLook) -> Markup {
    let Some(ranked) = &found.ranked else {
        return html! { div.notice { (icon::info()) p { "They are ranked when all have ended and one has changed something." } } };
    };
    let title = match ranked.ranking.order.first() {
        Some(first) if ranked.ranking.eligible.contains(first) => {
            format!("Why attempt {} is first", first.number())
        }
        Some(_) | None => "Why none is offered".into(),
    };
    html! {
        section.card aria-labelledby="why-title" {
            div.card-head { (icon::trophy()) h2 #why-title { (title) } }
            ul.why { @for reason in &ranked.ranking.why { li { (brief::line(reason, WHY_CHARS_MAX)) } } }
        }
    }
}

fn table(found: &TaskLook, best: &[&AttemptLook]) -> Markup {
    html! {
        div.table-wrap tabindex="0" role="group" aria-label="Attempts and their facts" {
            table.table.compare {
                thead { tr {
                    th scope="col" { "Attempt" } th scope="col" { "State" }
                    th.number scope="col" { "Checks" } th.number scope="col" { "Fixed" } th.number scope="col" { "Broken" }
                    th.number scope="col" { "Red→green" } th.number scope="col" { "Mutants caught" }
                    th.number scope="col" { "Size" } th scope="col" { "Risk" }
                    th.number scope="col" { "Cost" } th.number scope="col" { "Time" } th scope="col" { "More" }
                } }
                tbody { @for one in best { (row(found, one)) } }
            }
        }
    }
}

fn row(found: &TaskLook, one: &AttemptLook) -> Markup {
    let id = &one.attempt.id;
    let evidence = one.evidence.as_ref();
    html! {
        tr .first[one.rank == Some(1) && one.eligible] {
            th scope="row" {
                a href={ "/attempts/" (id.as_str()) } { "Attempt " (id.number()) }
                @if let Some(rank) = one.rank { " " span.muted.small { (super::task::ordinal(rank)) } }
            }
            td { (standing::attempt(one.standing())) }
            td.number { (checks(evidence)) }
            td.number { (evidence.map_or_else(String::new, |e| e.tests.fixed.len().to_string())) }
            td.number { (broken(evidence)) }
            td.number { (red_green(evidence)) }
            td.number { (mutants(evidence)) }
            td.number { @if let Some(lines) = one.lines() { (standing::lines(lines)) } }
            td { (risk(evidence)) }
            td.number { (figure::cost(&one.spent).unwrap_or_default()) }
            td.number { @if let Some(took) = one.took_ms(found.now) { (figure::duration(took)) } }
            td.attempt-links {
                @if one.change.is_some() {
                    a href={ "/attempts/" (id.as_str()) "/diff" } { "Diff" }
                    a href={ "/attempts/" (id.as_str()) "/evidence" } { "Evidence" }
                }
            }
        }
    }
}

fn checks(evidence: Option<&Evidence>) -> Markup {
    let Some(evidence) = evidence else { return html! {} };
    let passing = evidence.checks.iter().filter(|check| check.head.passes()).count();
    let all = passing == evidence.checks.len();
    html! { span .bad[!all] { (passing) "/" (evidence.checks.len()) } }
}

fn broken(evidence: Option<&Evidence>) -> Markup {
    let Some(evidence) = evidence else { return html! {} };
    let broken = evidence.tests.broken.len();
    html! { span .bad[broken > 0] { (broken) } }
}

fn red_green(evidence: Option<&Evidence>) -> String {
    let added = evidence.map(|evidence| &evidence.tests.added).filter(|added| !added.is_empty());
    added.map_or_else(String::new, |added| {
        let count = added.iter().filter(|test| test.on_base == OnBase::RedGreen).count();
        format!("{count}/{}", added.len())
    })
}

fn mutants(evidence: Option<&Evidence>) -> String {
    let mutation = evidence.map(|evidence| &evidence.mutation).filter(|found| found.tried > 0);
    mutation.map_or_else(String::new, |found| format!("{}/{}", found.caught, found.tried))
}

fn risk(evidence: Option<&Evidence>) -> Markup {
    use domain::evidence::Level;
    let Some(evidence) = evidence else { return html! {} };
    let class = match evidence.risk.level {
        Level::Unknown => return html! {},
        Level::Low => "good",
        Level::Medium => "warn",
        Level::High => "bad",
    };
    html! { span class=(class) { (evidence.risk.level.word()) } }
}

/// The way to what two attempts differ in.
fn difference(found: &TaskLook, best: &[&AttemptLook], pair: &Pair) -> Markup {
    let changed: Vec<u32> =
        best.iter().filter(|one| one.change.is_some()).map(|one| one.attempt.id.number()).collect();
    let [first, second, ..] = changed[..] else { return html! {} };
    let choice = |name: &str, label: &str, chosen: u32| {
        html! {
            div.field {
                label for={ "compare-" (name) } { (label) }
                select id={ "compare-" (name) } name=(name) {
                    @for &number in &changed { option value=(number) selected[number == chosen] { "Attempt " (number) } }
                }
            }
        }
    };
    html! {
        form.card.row.difference method="get" action={ "/tasks/" (found.task.id.as_str()) "/diff" } {
            (choice("a", "From", pair.a.unwrap_or(first)))
            (choice("b", "To", pair.b.unwrap_or(second)))
            button.button type="submit" { (icon::diff()) "Show what differs" }
        }
    }
}

/// Those that no test tells apart.
fn groups(groups: &[Vec<domain::AttemptId>]) -> Markup {
    let alike: Vec<&Vec<domain::AttemptId>> =
        groups.iter().filter(|group| group.len() > 1).collect();
    html! {
        @if !alike.is_empty() {
            section.card aria-labelledby="groups-title" {
                h2 #groups-title { "No test tells these apart" }
                ul.why {
                    @for group in alike {
                        li {
                            "attempts "
                            @for (at, id) in group.iter().enumerate() { @if at > 0 { ", " } a href={ "/attempts/" (id.as_str()) } { (id.number()) } }
                        }
                    }
                }
            }
        }
    }
}
