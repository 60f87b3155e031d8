//! The page, from the view to markup.

use domain::Day;
use engine::numbers::{Named, Person, Share, Waits, Worker};
use maud::{Markup, html};

use super::{RANGES, View};
use crate::views::chart::{self, FILLS, Mark, Series, Stacked};
use crate::views::{figure, text};

/// Persons with a colour of their own; the others share the last one.
const PERSONS_MAX: usize = FILLS - 1;

pub fn body(view: &View) -> Markup {
    let numbers = &view.numbers;
    html! {
        div.page-head {
            div {
                h1 { "Numbers" }
                p.muted.small {
                    (long(numbers.first)) " to " (long(numbers.last)) ", by days in UTC"
                }
            }
            (choice(view))
        }
        (tiles(view))
        div.house-pair {
            (opened(view))
            (decided(view))
        }
        (waits(numbers.waits.as_ref()))
        (persons(view))
        (workers(&numbers.workers))
        div.house-pair {
            (ranked("How attempts ended", "No attempt ended in these days.", &outcomes(view)))
            (ranked("Why changes were rejected", "Nothing was rejected in these days.", &numbers.rejections))
        }
    }
}

fn choice(view: &View) -> Markup {
    let project = view.project.as_ref().map_or("", |project| project.as_str());
    html! {
        form.row method="get" action="/numbers" {
            div.house-ranges role="group" aria-label="Days" {
                @for days in RANGES {
                    a.button.button-small href={ "/numbers?days=" (days) "&project=" (project) }
                        aria-current=[(view.days == days).then_some("true")] { (days) " days" }
                }
            }
            input type="hidden" name="days" value=(view.days);
            label.visually-hidden for="project" { "Project" }
            select.house-select #project name="project" {
                option value="" selected[view.project.is_none()] { "All projects" }
                @for each in &view.projects {
                    option value=(each.id) selected[view.project.as_ref() == Some(&each.id)] {
                        (each.origin.name())
                    }
                }
            }
            button.button type="submit" { "Show" }
        }
    }
}

fn tiles(view: &View) -> Markup {
    let numbers = &view.numbers;
    let offered: Vec<u64> = numbers.days.iter().map(|day| day.count.offered).collect();
    let merged: Vec<u64> = numbers.days.iter().map(|day| day.count.merged).collect();
    let waits = numbers.waits;
    let cost = numbers.cost;
    html! {
        ul.house-tiles {
            (tile("Pull requests opened", &numbers.total.offered.to_string(), &per_day(numbers.total.offered, offered.len()), chart::spark(&offered)))
            (tile("Merged of those decided", &percent(numbers.total.merge_rate()), &format!("{} merged, {} closed", numbers.total.merged, numbers.total.closed), chart::spark(&merged)))
            (tile("Half are decided within", &waits.map_or("–".into(), |waits| figure::duration(waits.p50_ms)), &waits.map_or("none was decided".into(), |waits| format!("nine of ten within {}", figure::duration(waits.p90_ms))), html! {}))
            (tile("Cost of a merged change", &cost.micros_per_merged.map_or("–".into(), figure::usd), &cost_words(view), html! {}))
            (tile("Evidence that holds", &percent(numbers.evidence), &format!("{} of {} attempts with evidence", numbers.evidence.part, numbers.evidence.of), chart::bar(numbers.evidence.part, numbers.evidence.of, "fill-good")))
        }
    }
}

fn tile(name: &str, value: &str, more: &str, picture: Markup) -> Markup {
    html! {
        li.card.house-tile {
            span.small.muted { (name) }
            strong { (value) }
            span.tiny.muted { (more) }
            (picture)
        }
    }
}

fn per_day(count: u64, days: usize) -> String {
    let hundredths = count * 100 / (days.max(1) as u64);
    match hundredths {
        0..100 => format!("0.{hundredths:02} a day"),
        _more => format!("{}.{} a day", hundredths / 100, hundredths % 100 / 10),
    }
}

fn cost_words(view: &View) -> String {
    let cost = view.numbers.cost;
    let mut words = format!("{} spent in all", figure::usd(cost.micros));
    if let Some(own) = cost.own_micros_per_merged {
        words.push_str(&format!("; {} by the merged tasks alone", figure::usd(own)));
    }
    if cost.unpriced > 0 {
        words.push_str(&format!("; {} requests have no known price", cost.unpriced));
    }
    words
}

fn opened(view: &View) -> Markup {
    let numbers = &view.numbers;
    let named: Vec<(String, Vec<u64>)> = by_person(&numbers.persons);
    let series = named.iter().enumerate().map(|(at, (name, values))| Series {
        name,
        fill: FILL_NAMES[at],
        values: values.clone(),
    });
    let says = format!("{} pull requests", numbers.total.offered);
    let chart = Stacked {
        title: "Pull requests opened, by who asked",
        says: &says,
        of: "Day",
        labels: numbers.days.iter().map(|day| short(day.day)).collect(),
        series: series.collect(),
    };
    html! { section.card { h2 { "Opened, by who asked" } (chart::stacked(&chart)) } }
}

const FILL_NAMES: [&str; FILLS] = ["fill-0", "fill-1", "fill-2", "fill-3", "fill-4", "fill-5"];

/// Those with the most pull requests, and all others together.
fn by_person(persons: &[Person]) -> Vec<(String, Vec<u64>)> {
    let asked = || persons.iter().filter(|person| person.count.offered > 0);
    let mut named: Vec<(String, Vec<u64>)> = asked()
        .take(PERSONS_MAX)
        .map(|person| (name(person).to_owned(), person.offered_by_day.clone()))
        .collect();
    let others = asked().skip(PERSONS_MAX).map(|person| person.offered_by_day.clone());
    let sum = others.reduce(|sum, days| sum.iter().zip(&days).map(|(a, b)| a + b).collect());
    named.extend(sum.map(|sum| ("others".to_owned(), sum)));
    named
}

fn name(person: &Person) -> &str {
    if person.name.is_empty() { "not known" } else { &person.name }
}

fn decided(view: &View) -> Markup {
    let numbers = &view.numbers;
    let values = |of: fn(&engine::numbers::Count) -> u64| {
        numbers.days.iter().map(|day| of(&day.count)).collect()
    };
    let says = format!("{} merged, {} closed", numbers.total.merged, numbers.total.closed);
    let chart = Stacked {
        title: "Pull requests merged and closed",
        says: &says,
        of: "Day",
        labels: numbers.days.iter().map(|day| short(day.day)).collect(),
        series: vec![
            Series { name: "merged", fill: "fill-good", values: values(|count| count.merged) },
            Series { name: "closed", fill: "fill-bad", values: values(|count| count.closed) },
        ],
    };
    html! { section.card { h2 { "Merged and closed" } (chart::stacked(&chart)) } }
}

fn waits(waits: Option<&Waits>) -> Markup {
    let Some(waits) = waits else { return html! {} };
    let time = figure::duration;
    let says = format!(
        "From opened to decided: from {} to {}; half within {}, nine of ten within {}",
        time(waits.shortest_ms),
        time(waits.longest_ms),
        time(waits.p50_ms),
        time(waits.p90_ms)
    );
    let mark = |at_ms, what: &str| Mark { at_ms, words: format!("{what}: {}", time(at_ms)) };
    let marks = [mark(waits.p50_ms, "half within"), mark(waits.p90_ms, "nine of ten within")];
    let (ends, middle) = ((waits.shortest_ms, waits.longest_ms), (waits.p25_ms, waits.p75_ms));
    html! {
        section.card.section {
            h2 { "From opened to decided" }
            (chart::strip(&says, ends, middle, &marks))
            dl.house-facts {
                @for (name, ms) in [("Quickest", waits.shortest_ms), ("A quarter within", waits.p25_ms),
                    ("Half within", waits.p50_ms), ("Three quarters within", waits.p75_ms),
                    ("Nine of ten within", waits.p90_ms), ("Slowest", waits.longest_ms)] {
                    div { dt { (name) } dd { (time(ms)) } }
                }
            }
        }
    }
}

fn persons(view: &View) -> Markup {
    let days = view.numbers.days.len();
    html! {
        section.section {
            div.section-head { h2 #persons { "People" } }
            @if view.numbers.persons.is_empty() {
                p.empty { "Nobody asked for or judged anything in these days." }
            } @else {
                div.table-wrap tabindex="0" role="group" aria-labelledby="persons" {
                    table.table {
                        thead { tr {
                            th scope="col" { "Person" }
                            th scope="col" { span.visually-hidden { "Opened by day, as a picture" } }
                            @for heading in ["Opened", "A day", "Merged", "Closed", "Merged of decided", "Approved", "Rejected", "Feedback"] {
                                th.number scope="col" { (heading) }
                            }
                        } }
                        tbody {
                            @for person in &view.numbers.persons { (person_row(person, days)) }
                        }
                    }
                }
            }
        }
    }
}

fn person_row(person: &Person, days: usize) -> Markup {
    let (count, said) = (person.count, person.said);
    html! {
        tr {
            th scope="row" { (text::shown(name(person))) }
            td { (chart::spark(&person.offered_by_day)) }
            td.number { (count.offered) }
            td.number { (per_day(count.offered, days).trim_end_matches(" a day")) }
            td.number { (count.merged) }
            td.number { (count.closed) }
            td.number { (percent(count.merge_rate())) }
            td.number { (said.approved) }
            td.number { (said.rejected) }
            td.number { (said.feedback) }
        }
    }
}

fn workers(workers: &[Worker]) -> Markup {
    html! {
        section.section {
            div.section-head { h2 #workers { "Agents and models" } }
            @if workers.is_empty() {
                p.empty { "No attempt ended in these days." }
            } @else {
                div.table-wrap tabindex="0" role="group" aria-labelledby="workers" {
                    table.table {
                        thead { tr {
                            th scope="col" { "Agent" }
                            th scope="col" { "Model" }
                            @for heading in ["Attempts", "Evidence holds", "Merged", "Closed", "Merged of decided", "Spent", "A merged change"] {
                                th.number scope="col" { (heading) }
                            }
                        } }
                        tbody { @for worker in workers { (worker_row(worker)) } }
                    }
                }
            }
        }
    }
}

fn worker_row(worker: &Worker) -> Markup {
    let rate = Share { part: worker.merged, of: worker.merged + worker.closed };
    let spent = match worker.cost {
        cost if cost.requests == 0 => "–".to_owned(),
        cost if cost.unpriced > 0 && cost.micros == 0 => "price unknown".to_owned(),
        cost if cost.unpriced > 0 => format!("{}+", figure::usd(cost.micros)),
        cost => figure::usd(cost.micros),
    };
    let each = worker.cost.micros_per_merged.filter(|_| worker.cost.requests > 0);
    html! {
        tr {
            th scope="row" { (worker.agent) }
            td { @match &worker.model { Some(model) => (text::shown(model)), None => span.muted { "none" } } }
            td.number { (worker.attempts) }
            td.number { (percent(worker.evidence)) }
            td.number { (worker.merged) }
            td.number { (worker.closed) }
            td.number { (percent(rate)) }
            td.number { (spent) }
            td.number { (each.map_or("–".into(), figure::usd)) }
        }
    }
}

fn outcomes(view: &View) -> Vec<Named> {
    let words = |named: &Named| Named {
        name: outcome(&named.name).unwrap_or(&named.name).to_owned(),
        count: named.count,
    };
    view.numbers.outcomes.iter().map(words).collect()
}

/// As [`domain::attempt::Outcome`] is written, in words.
fn outcome(name: &str) -> Option<&'static str> {
    Some(match name {
        "changed" => "Made a change",
        "answered" => "Answered",
        "no_change" => "Changed nothing",
        "failed" => "Failed",
        "out_of_time" => "Ran out of time",
        "out_of_budget" => "Reached a limit",
        "cancelled" => "Cancelled",
        "not_needed" => "Not needed any more",
        _newer => return None,
    })
}

fn ranked(title: &str, none: &str, named: &[Named]) -> Markup {
    let top = named.iter().map(|each| each.count).max().unwrap_or(1);
    html! {
        section.card {
            h2 { (title) }
            @if named.is_empty() {
                p.muted.small { (none) }
            } @else {
                table.house-ranked {
                    caption.visually-hidden { (title) }
                    tbody {
                        @for each in named {
                            tr {
                                th scope="row" { (text::shown(&each.name)) }
                                td.house-ranked-bar { (chart::bar(each.count, top, "fill-0")) }
                                td.number { (each.count) }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn percent(share: Share) -> String {
    share.percent().map_or("–".into(), |percent| format!("{percent} %"))
}

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// `29 Nov`.
fn short(day: Day) -> String {
    let text = day.to_string();
    let mut parts = text.rsplit('-').map(|part| part.parse::<usize>().unwrap_or(1));
    let (of_month, month) = (parts.next().unwrap_or(1), parts.next().unwrap_or(1));
    format!("{of_month} {}", MONTHS[month.clamp(1, 12) - 1])
}

/// `29 Nov 2026`.
fn long(day: Day) -> String {
    let text = day.to_string();
    format!(
        "{} {}",
        short(day),
        text.rsplit_once('-')
            .and_then(|(rest, _)| rest.rsplit_once('-'))
            .map_or("", |(year, _)| year)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use engine::numbers::{Count, Said};

    fn person(name: &str, days: &[u64]) -> Person {
        Person {
            name: name.into(),
            count: Count { offered: days.iter().sum(), ..Count::default() },
            offered_by_day: days.to_vec(),
            said: Said::default(),
        }
    }

    #[test]
    fn days_are_written_for_people() {
        assert_eq!(
            (short(Day(20_786)), long(Day(20_786))),
            ("29 Nov".into(), "29 Nov 2026".into())
        );
        assert_eq!(long(Day(0)), "1 Jan 1970");
    }

    #[test]
    fn who_asked_rarely_shares_a_colour() {
        let mut persons: Vec<Person> =
            (0..8).map(|number| person(&format!("p{number}"), &[number, 1])).collect();
        persons.push(person("judge", &[0, 0]));
        let named = by_person(&persons);
        assert_eq!(named.len(), FILLS);
        assert_eq!(named[5], ("others".to_owned(), vec![5 + 6 + 7, 3]));
        assert_eq!(by_person(&[person("", &[1])])[0].0, "not known");
    }

    #[test]
    fn every_outcome_has_words() {
        use domain::attempt::{Limit, Outcome, Stage};
        let reason = String::new();
        let all = [
            Outcome::Changed,
            Outcome::Answered { answer: String::new(), sources: vec![] },
            Outcome::NoChange { reason: reason.clone() },
            Outcome::Failed { stage: Stage::Work, reason: reason.clone() },
            Outcome::OutOfTime,
            Outcome::OutOfBudget { limit: Limit::Money, reason: reason.clone() },
            Outcome::Cancelled,
            Outcome::NotNeeded { reason },
        ];
        for each in all {
            let json = serde_json::to_value(&each).unwrap();
            let name = json["outcome"].as_str().unwrap();
            assert!(outcome(name).is_some(), "{name}");
        }
    }

    #[test]
    fn shares_of_nothing_are_not_zero() {
        assert_eq!(percent(Share { part: 0, of: 0 }), "–");
        assert_eq!(percent(Share { part: 2, of: 3 }), "66 %");
        assert_eq!((per_day(10, 3), per_day(2, 30)), ("3.3 a day".into(), "0.06 a day".into()));
    }
}
