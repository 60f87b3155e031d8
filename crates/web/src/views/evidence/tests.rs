//! Tests at base against head: what the change did to each, by group, filtered by the query.

use domain::evidence::{AddedTest, OnBase, Outcome, Tests};
use maud::{Markup, html};

use super::{Shown, escaped};
use crate::views::{icon, text};

/// Tests that one group shows; more are counted.
const GROUP_MAX: usize = 500;
/// Groups with more tests are folded, if they are good news.
const OPEN_MAX: usize = 25;
const NAME_CHARS_MAX: usize = 300;

/// Tests to which the same happened.
struct Group {
    key: &'static str,
    title: &'static str,
    class: &'static str,
    /// Bad news is never folded.
    is_good: bool,
    tests: Vec<Row>,
}

struct Row {
    name: String,
    base: State,
    head: State,
    words: Option<String>,
}

#[derive(Clone, Copy)]
enum State {
    Passes,
    Fails,
    Skipped,
    Absent,
    Varies,
}

pub fn section(shown: &Shown) -> Markup {
    let tests = &shown.evidence.tests;
    if !tests.known {
        return html! {
            section.section aria-labelledby="tests" {
                div.section-head { h2 #tests { "Tests" } }
                p.muted { "The runner's output names no tests; only its exit code is known." }
            }
        };
    }
    let groups = groups(tests);
    let asked = &shown.asked;
    let chosen: Vec<&Group> =
        groups.iter().filter(|group| asked.tests.is_empty() || asked.tests == group.key).collect();
    html! {
        section.section aria-labelledby="tests" {
            div.section-head {
                h2 #tests { "Tests" }
                span.count {
                    "at base " (tests.passed_base) " passed, " (tests.failed_base) " failed; at head "
                    (tests.passed_head) " passed, " (tests.failed_head) " failed"
                }
            }
            @if !groups.is_empty() { (filter(shown, &groups)) }
            @for group in chosen { (table(group, &asked.q, !asked.tests.is_empty())) }
            @if groups.is_empty() { p.muted { "Every test does at head what it did at base." } }
        }
    }
}

fn filter(shown: &Shown, groups: &[Group]) -> Markup {
    let asked = &shown.asked;
    let address = |key: &str| {
        let mut query = format!("/attempts/{}/evidence?tests={key}", shown.attempt.id);
        if !asked.q.is_empty() {
            query.push_str(&format!("&q={}", escaped(&asked.q)));
        }
        format!("{query}#tests")
    };
    html! {
        div.test-filter {
            nav.tabs aria-label="Which tests" {
                a href=(address("")) aria-current=[asked.tests.is_empty().then_some("true")] { "All" }
                @for group in groups {
                    a href=(address(group.key)) aria-current=[(asked.tests == group.key).then_some("true")] {
                        (group.title) span.count { (group.tests.len()) }
                    }
                }
            }
            form method="get" action={ "/attempts/" (shown.attempt.id) "/evidence#tests" } role="search" {
                @if !asked.tests.is_empty() { input type="hidden" name="tests" value=(asked.tests); }
                label.visually-hidden for="q" { "Tests whose name has" }
                input #q type="search" name="q" value=(asked.q) placeholder="Name has …" maxlength="200";
                button.button.button-small type="submit" { (icon::search()) "Find" }
            }
        }
    }
}

fn table(group: &Group, q: &str, is_asked: bool) -> Markup {
    let wanted = q.to_lowercase();
    let has = |row: &&Row| wanted.is_empty() || row.name.to_lowercase().contains(&wanted);
    let rows: Vec<&Row> = group.tests.iter().filter(has).collect();
    let is_open = is_asked || !group.is_good || rows.len() <= OPEN_MAX;
    html! {
        @if !rows.is_empty() {
            details.group open[is_open] {
                summary {
                    (icon::down())
                    span class=(group.class) { (group.title) }
                    span.count { (rows.len()) }
                }
                div.table-wrap tabindex="0" role="region" aria-label=(group.title) {
                    table.table.tests {
                        thead { tr { th scope="col" { "Test" } th scope="col" { "Base" } th scope="col" { "Head" } } }
                        tbody {
                            @for row in rows.iter().take(GROUP_MAX) { (row_of(row)) }
                        }
                    }
                }
                @if rows.len() > GROUP_MAX {
                    p.muted.small { (rows.len() - GROUP_MAX) " more; find them by name." }
                }
            }
        }
    }
}

fn row_of(row: &Row) -> Markup {
    html! {
        tr {
            th scope="row" {
                span.mono { (text::line(&row.name, NAME_CHARS_MAX)) }
                @if let Some(words) = &row.words { div.muted.small { (words) } }
            }
            td { (row.base.shown()) }
            td { (row.head.shown()) }
        }
    }
}

impl State {
    fn shown(self) -> Markup {
        let (class, icon, words) = match self {
            Self::Passes => ("good", icon::check(), "passes"),
            Self::Fails => ("bad", icon::cross(), "fails"),
            Self::Skipped => ("warn", icon::dash(), "skipped"),
            Self::Absent => ("muted", icon::dash(), "not there"),
            Self::Varies => ("warn", icon::turning(), "varies"),
        };
        html! { span class={ "outcome " (class) } { (icon) (words) } }
    }

    fn of(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Passed => Self::Passes,
            Outcome::Failed => Self::Fails,
            Outcome::Skipped => Self::Skipped,
            Outcome::Absent => Self::Absent,
        }
    }
}

/// Bad news first; none that is empty.
fn groups(tests: &Tests) -> Vec<Group> {
    let same = |names: &[String], base, head| {
        let row = |name: &String| Row { name: name.clone(), base, head, words: None };
        names.iter().map(row).collect::<Vec<_>>()
    };
    let (proven, other): (Vec<&AddedTest>, Vec<&AddedTest>) =
        tests.added.iter().partition(|test| test.on_base == OnBase::RedGreen);
    let as_they_were = tests.as_they_were.iter().map(|test| Row {
        name: test.name.clone(),
        base: State::of(test.at_base),
        head: State::of(test.at_head),
        words: Some(proof::words::as_it_was(test)),
    });
    let flaky = tests.flaky.iter().map(|test| Row {
        name: test.name.clone(),
        base: State::Varies,
        head: State::Varies,
        words: Some(format!("passed {} of {} runs of the same code", test.passed, test.runs)),
    });
    let group = |key, title, class, is_good, tests| Group { key, title, class, is_good, tests };
    let groups = [
        group("broken", "Broken", "bad", false, same(&tests.broken, State::Passes, State::Fails)),
        group("as-they-were", "As they were at base", "warn", false, as_they_were.collect()),
        group(
            "removed",
            "Removed",
            "warn",
            false,
            same(&tests.removed, State::Passes, State::Absent),
        ),
        group(
            "skipped",
            "Skipped",
            "warn",
            false,
            same(&tests.skipped, State::Passes, State::Skipped),
        ),
        group("flaky", "Flaky", "warn", false, flaky.collect()),
        group("fixed", "Fixed", "good", true, same(&tests.fixed, State::Fails, State::Passes)),
        group("red-green", "Red → green", "good", true, proven.into_iter().map(added).collect()),
        group("added", "Added", "", true, other.into_iter().map(added).collect()),
    ];
    groups.into_iter().filter(|group| !group.tests.is_empty()).collect()
}

fn added(test: &AddedTest) -> Row {
    let base = match test.on_base {
        OnBase::RedGreen | OnBase::Red => State::Fails,
        OnBase::Empty => State::Passes,
        OnBase::Unknown => State::Absent,
    };
    Row {
        name: test.name.clone(),
        base,
        head: if test.passes { State::Passes } else { State::Fails },
        words: Some(proof::words::on_base(test).to_owned()),
    }
}
