//! Charts as SVG, made here: no script draws them. Positions are shares of the width, so that words
//! and lines keep their size on every screen, and colours are classes of `charts.css`, so that both
//! schemes have theirs. Each picture says in words what it shows, and a table with the same figures
//! stands under it.

mod axis;
mod strip;

use maud::{Markup, html};

pub use axis::{place, ticks};
pub use strip::{Mark, strip};

/// Colours in `charts.css`, from `fill-0`.
pub const FILLS: usize = 6;

/// Labels under the columns, at most.
const LABELS_MAX: usize = 5;
/// Ticks beside the columns, at most, with the one at 0.
const TICKS_MAX: usize = 5;
/// Of a column's place, what it fills, in percent.
const COLUMN_PERCENT: f64 = 72.0;
/// A single column isn't as wide as the chart.
const COLUMN_WIDTH_MAX: f64 = 9.0;

/// What is counted in one colour.
pub struct Series<'a> {
    pub name: &'a str,
    /// `fill-0` or another class.
    pub fill: &'a str,
    /// One for each column.
    pub values: Vec<u64>,
}

/// Columns on top of each other.
pub struct Stacked<'a> {
    /// For the picture's name, and its table's.
    pub title: &'a str,
    /// What it shows, in a sentence.
    pub says: &'a str,
    /// What the columns are, such as `Day`.
    pub of: &'a str,
    /// Under the columns, one for each; some are left out where there is no room.
    pub labels: Vec<String>,
    pub series: Vec<Series<'a>>,
}

/// The picture, what its colours mean, and its figures as a table.
pub fn stacked(chart: &Stacked<'_>) -> Markup {
    let sums: Vec<u64> = (0..chart.labels.len())
        .map(|at| chart.series.iter().map(|series| series.values[at]).sum())
        .collect();
    let ticks = ticks(sums.iter().copied().max().unwrap_or(0), TICKS_MAX);
    let top = ticks.last().copied().unwrap_or(1).max(1);
    html! {
        figure.chart {
            div.chart-frame {
                div.chart-y aria-hidden="true" {
                    @for tick in ticks.iter().rev() { span { (tick) } }
                }
                svg.chart-plot role="img" aria-label={ (chart.title) ": " (chart.says) } {
                    @for tick in &ticks {
                        @let y = percent(100.0 - place(*tick, top));
                        line.chart-line x1="0" x2="100%" y1=(y) y2=(y) {}
                    }
                    @for at in 0..chart.labels.len() { (column(chart, at, top)) }
                }
                svg.chart-x aria-hidden="true" { (labels(&chart.labels)) }
            }
            figcaption.chart-key {
                @for series in &chart.series {
                    span { svg.chart-dot aria-hidden="true" { rect.(series.fill) width="100%" height="100%" rx="2" {} } (series.name) }
                }
            }
            (table(chart))
        }
    }
}

fn column(chart: &Stacked<'_>, at: usize, top: u64) -> Markup {
    let width = 100.0 / chart.labels.len() as f64;
    let filled = (width * COLUMN_PERCENT / 100.0).min(COLUMN_WIDTH_MAX);
    let x = percent(width * at as f64 + (width - filled) / 2.0);
    let shown: Vec<&Series<'_>> =
        chart.series.iter().filter(|series| series.values[at] > 0).collect();
    let tops = shown.iter().scan(0, |sum, series| {
        *sum += series.values[at];
        Some(*sum)
    });
    html! {
        g.chart-column {
            title { (said(chart, at)) }
            rect.chart-hit x=(percent(width * at as f64)) y="0" width=(percent(width)) height="100%" {}
            @for (series, sum) in shown.iter().zip(tops) {
                @let y = percent(100.0 - place(sum, top));
                @let height = percent(place(series.values[at], top));
                rect.(series.fill) x=(x) y=(y) width=(percent(filled)) height=(height) {}
            }
        }
    }
}

/// What the pointer finds on a column.
fn said(chart: &Stacked<'_>, at: usize) -> String {
    let part = |series: &Series<'_>| format!("{} {}", series.values[at], series.name);
    let parts: Vec<String> =
        chart.series.iter().filter(|series| series.values[at] > 0).map(part).collect();
    let parts = if parts.is_empty() { "none".to_owned() } else { parts.join(", ") };
    format!("{}: {parts}", chart.labels[at])
}

/// Evenly spread, with the last one always there: it is today.
fn labels(labels: &[String]) -> Markup {
    let step = labels.len().div_ceil(LABELS_MAX).max(1);
    let width = 100.0 / labels.len().max(1) as f64;
    html! {
        @for (at, label) in labels.iter().enumerate().rev().step_by(step) {
            @let x = width * (at as f64 + 0.5);
            text x=(percent(x)) y="1em" text-anchor=(anchor(x)) { (label) }
        }
    }
}

/// Words near an edge would stand half outside.
fn anchor(x: f64) -> &'static str {
    match x {
        left if left < 4.0 => "start",
        right if right > 96.0 => "end",
        _ => "middle",
    }
}

fn table(chart: &Stacked<'_>) -> Markup {
    html! {
        details.chart-table {
            summary { "The figures" span.visually-hidden { " of " (chart.title) } }
            div.table-wrap tabindex="0" role="group" aria-label={ (chart.title) ", as a table" } {
                table.table {
                    thead {
                        tr {
                            th scope="col" { (chart.of) }
                            @for series in &chart.series { th.number scope="col" { (series.name) } }
                        }
                    }
                    tbody {
                        @for (at, label) in chart.labels.iter().enumerate() {
                            tr {
                                th scope="row" { (label) }
                                @for series in &chart.series {
                                    td.number { (series.values[at]) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// A row of columns without words, for beside a figure that says the sum.
pub fn spark(values: &[u64]) -> Markup {
    let top = values.iter().copied().max().unwrap_or(0).max(1);
    let width = 100.0 / values.len().max(1) as f64;
    html! {
        svg.spark aria-hidden="true" {
            @for (at, value) in values.iter().enumerate() {
                @let height = place(*value, top);
                rect x=(percent(width * at as f64)) y=(percent(100.0 - height))
                    width=(percent(width * COLUMN_PERCENT / 100.0)) height=(percent(height)) {}
            }
        }
    }
}

/// A bar as a part of `top`; beside it stands the number.
pub fn bar(value: u64, top: u64, fill: &str) -> Markup {
    html! {
        svg.chart-bar aria-hidden="true" {
            rect.chart-rest width="100%" height="100%" rx="3" {}
            rect.(fill) width=(percent(place(value, top.max(1)))) height="100%" rx="3" {}
        }
    }
}

/// As SVG wants it, without digits that no screen shows.
fn percent(share: f64) -> String {
    let text = format!("{share:.2}");
    format!("{}%", text.trim_end_matches('0').trim_end_matches('.'))
}

#[cfg(test)]
mod tests;
