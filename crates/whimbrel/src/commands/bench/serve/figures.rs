//! What was measured, for people and for programs.

use std::time::Duration;

use serde_json::json;

use super::load::Answered;
use super::server::Weight;
use super::streams::Heard;
use crate::ui;

pub struct Figures {
    pub rate: u32,
    pub loaded: Vec<Answered>,
    /// Events that were written meanwhile.
    pub written: u64,
    pub heard: Heard,
    /// What the server weighed before anybody asked, and at the end of the load.
    pub idle: Weight,
    pub weight: Weight,
    /// Processor time that the server took meanwhile.
    pub worked: Duration,
}

impl Figures {
    /// Nothing failed, and nothing was lost.
    pub fn is_whole(&self) -> bool {
        self.heard.lost == 0 && self.loaded.iter().all(|kind| kind.errors == 0)
    }

    pub fn print(&self, json: bool) {
        if json {
            return ui::json(&self.object());
        }
        let mut rows: Vec<Vec<String>> = self.loaded.iter().map(row).collect();
        rows.push(row(&self.all()));
        let headings =
            ["PAGE", "REQUESTS", "P50 ms", "P90 ms", "P99 ms", "MAX ms", "ERRORS", "SIZE"];
        ui::out(&ui::table(&headings, &rows));
        let (heard, idle, weight) = (&self.heard, self.idle, self.weight);
        let at = |percent| ms(quantile(&heard.times, percent));
        ui::out(&format!(
            "\nstreams: {} of attempts, {} of everything; {} events written, {} deliveries, {} lost",
            heard.streams,
            heard.of_everything,
            self.written,
            heard.times.len(),
            heard.lost
        ));
        ui::out(&format!(
            "delivery: p50 {:.1} ms, p99 {:.1} ms, max {:.1} ms; {} notices",
            at(50),
            at(99),
            at(100),
            heard.notices
        ));
        ui::out(&format!(
            "server: PSS {} MiB, RSS {} MiB, at most {} MiB; idle {} MiB",
            mib(weight.pss),
            mib(weight.rss),
            mib(weight.peak),
            mib(idle.rss)
        ));
        ui::out(&format!(
            "processor: {:.1} ms of the server's for each request, deliveries included",
            self.each()
        ));
    }

    /// What the server worked for each request, its streams included.
    fn each(&self) -> f64 {
        let count = self.all().times.len().max(1);
        ms(self.worked / u32::try_from(count).unwrap_or(u32::MAX))
    }

    /// Of all kinds together.
    fn all(&self) -> Answered {
        let mut all = Answered { name: "all", ..Answered::default() };
        for kind in &self.loaded {
            all.times.extend(&kind.times);
            all.errors += kind.errors;
        }
        all
    }

    fn object(&self) -> serde_json::Value {
        let kind = |kind: &Answered| {
            let at = |percent| ms(quantile(&kind.times, percent));
            json!({
                "page": kind.name, "requests": kind.times.len(), "errors": kind.errors,
                "p50_ms": at(50), "p90_ms": at(90), "p99_ms": at(99), "max_ms": at(100),
                "bytes": kind.bytes,
            })
        };
        let (heard, times) = (&self.heard, &self.heard.times);
        json!({
            "rate": self.rate,
            "pages": self.loaded.iter().map(kind).collect::<Vec<_>>(),
            "all": kind(&self.all()),
            "streams": heard.streams, "streams_of_everything": heard.of_everything,
            "written": self.written, "deliveries": times.len(), "lost": heard.lost,
            "delivery_p50_ms": ms(quantile(times, 50)),
            "delivery_p99_ms": ms(quantile(times, 99)),
            "delivery_max_ms": ms(quantile(times, 100)),
            "idle_rss_kib": self.idle.rss, "rss_kib": self.weight.rss,
            "pss_kib": self.weight.pss, "peak_rss_kib": self.weight.peak,
            "processor_ms_each": self.each(),
        })
    }
}

fn row(kind: &Answered) -> Vec<String> {
    let at = |percent| format!("{:.1}", ms(quantile(&kind.times, percent)));
    vec![
        kind.name.to_owned(),
        kind.times.len().to_string(),
        at(50),
        at(90),
        at(99),
        at(100),
        kind.errors.to_string(),
        if kind.bytes == 0 { String::new() } else { ui::size(kind.bytes as u64) },
    ]
}

/// By nearest rank; nothing of nothing.
fn quantile(times: &[Duration], percent: usize) -> Duration {
    let mut sorted = times.to_vec();
    sorted.sort_unstable();
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied().unwrap_or_default()
}

fn ms(time: Duration) -> f64 {
    (time.as_secs_f64() * 10_000.0).round() / 10.0
}

fn mib(kib: u64) -> u64 {
    kib.div_ceil(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_times_that_were_measured() {
        let times: Vec<Duration> = (1..=200).rev().map(Duration::from_millis).collect();
        let at = |percent| quantile(&times, percent).as_millis();
        assert_eq!((at(50), at(90), at(99), at(100)), (100, 180, 198, 200));
        assert_eq!(quantile(&[], 99), Duration::ZERO);
    }

    #[test]
    fn one_lost_event_is_no_success() {
        let weight = Weight { pss: 1, rss: 1, peak: 1 };
        let mut figures = Figures {
            rate: 1,
            worked: Duration::ZERO,
            loaded: vec![Answered::default()],
            written: 3,
            heard: Heard::default(),
            idle: weight,
            weight,
        };
        assert!(figures.is_whole());
        figures.heard.lost = 1;
        assert!(!figures.is_whole());
    }
}
