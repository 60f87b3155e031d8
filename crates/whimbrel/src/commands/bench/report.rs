//! What was measured: a table for people, a line of JSON each for programs.

use std::time::Duration;

use serde_json::json;

use crate::ui;

#[derive(Debug, Default)]
pub struct Report {
    series: Vec<Series>,
    notes: Vec<String>,
}

/// One thing that was measured several times.
#[derive(Debug)]
pub struct Series {
    pub what: String,
    pub times: Vec<Duration>,
    /// Disk that each of what was made has taken.
    pub bytes_each: Option<u64>,
    /// What it is compared with, by its name.
    pub beside: Option<&'static str>,
}

impl Series {
    pub fn new(what: impl Into<String>) -> Self {
        Self { what: what.into(), times: Vec::new(), bytes_each: None, beside: None }
    }

    pub fn beside(self, name: &'static str) -> Self {
        Self { beside: Some(name), ..self }
    }

    fn median_ms(&self) -> f64 {
        ms(quantile(&self.times, 50))
    }
}

impl Report {
    pub fn add(&mut self, series: impl IntoIterator<Item = Series>) {
        self.series.extend(series.into_iter().filter(|series| !series.times.is_empty()));
    }

    /// What could not be measured, and why.
    pub fn note(&mut self, note: impl Into<String>) {
        self.notes.push(note.into());
    }

    pub fn print(&self, json: bool) {
        if json {
            self.series.iter().for_each(|series| ui::out(&self.object(series)));
        } else {
            let headings = ["WHAT", "RUNS", "P50 ms", "P90 ms", "RATIO", "DISK EACH"];
            let rows: Vec<_> = self.series.iter().map(|series| self.row(series)).collect();
            ui::out(&ui::table(&headings, &rows));
        }
        self.notes.iter().for_each(|note| ui::err(&ui::safe(note)));
    }

    /// Of medians.
    fn ratio(&self, series: &Series) -> Option<(f64, &'static str)> {
        let name = series.beside?;
        let beside = self.series.iter().find(|other| other.what == name)?;
        Some((series.median_ms() / beside.median_ms(), name))
    }

    fn object(&self, series: &Series) -> String {
        let ratio = self.ratio(series);
        json!({
            "what": series.what,
            "runs": series.times.len(),
            "p50_ms": series.median_ms(),
            "p90_ms": ms(quantile(&series.times, 90)),
            "ratio": ratio.map(|(ratio, _)| ratio),
            "beside": ratio.map(|(_, name)| name),
            "bytes_each": series.bytes_each,
        })
        .to_string()
    }

    fn row(&self, series: &Series) -> Vec<String> {
        let ratio = self.ratio(series).map(|(ratio, name)| format!("{ratio:.2} × {name}"));
        let bytes = series.bytes_each.map(|bytes| format!("{} KiB", bytes.div_ceil(1024)));
        vec![
            series.what.clone(),
            series.times.len().to_string(),
            format!("{:.1}", series.median_ms()),
            format!("{:.1}", ms(quantile(&series.times, 90))),
            ratio.unwrap_or_default(),
            bytes.unwrap_or_default(),
        ]
    }
}

fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

/// The nearest-rank quantile.
fn quantile(times: &[Duration], percent: usize) -> Duration {
    let mut sorted = times.to_vec();
    sorted.sort_unstable();
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted[rank - 1]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_of_the_sorted_times() {
        let times: Vec<Duration> = (1..=10).rev().map(Duration::from_millis).collect();
        assert_eq!(quantile(&times, 50), Duration::from_millis(5));
        assert_eq!(quantile(&times, 90), Duration::from_millis(9));
        assert_eq!(quantile(&times[..1], 50), Duration::from_millis(10));
    }

    #[test]
    fn ratios_are_of_medians_and_only_beside_what_was_measured() {
        let series = |what, times: &[u64]| Series {
            times: times.iter().map(|&ms| Duration::from_millis(ms)).collect(),
            ..Series::new(what).beside("plain")
        };
        let mut report = Report::default();
        report.add([series("computer", &[6, 3, 9])]);
        assert_eq!(report.ratio(&report.series[0]), None);
        report.add([series("plain", &[4, 4, 1]), series("nothing", &[])]);
        assert_eq!(report.ratio(&report.series[0]), Some((1.5, "plain")));
        assert_eq!(report.series.len(), 2);
    }
}
