//! What came of all bugs: a table for people, a line of JSON for each bug and each language.

use std::time::Duration;

use mechanic::{Effort, Speed};
use serde_json::{Value, json};

use super::bugs::Sort;
use super::trial::{Trial, Verdict};
use crate::cli::BenchLanguage;
use crate::ui;

/// The bugs of one language, or of one sort of it.
struct Group<'t> {
    language: BenchLanguage,
    sort: Option<Sort>,
    trials: Vec<&'t Trial>,
}

pub fn print(trials: &[Trial], left_out: &[(BenchLanguage, String)], json: bool) {
    let groups = groups(trials);
    if json {
        trials.iter().for_each(|trial| ui::out(&object(trial).to_string()));
        groups.iter().for_each(|group| ui::out(&group.object().to_string()));
    } else {
        let headings = ["LANGUAGE", "BUGS", "", "PLAUSIBLE", "CORRECT", "FIRST P50 s", "TRIED P50"];
        let rows: Vec<_> = groups.iter().map(Group::row).collect();
        ui::out(&ui::table(&headings, &rows));
        let speeds: Vec<_> = groups.iter().flat_map(Group::speeds).collect();
        if !speeds.is_empty() {
            let headings = ["LANGUAGE", "LEVEL", "CANDIDATES", "PER SECOND", "WITHOUT START"];
            ui::out(&format!("\n{}", ui::table(&headings, &speeds)));
        }
    }
    for (language, why) in left_out {
        ui::err(&ui::safe(&format!("{} can't be measured here: {why}", language.name())));
    }
}

fn groups(trials: &[Trial]) -> Vec<Group<'_>> {
    let mut groups = Vec::new();
    for language in BenchLanguage::ALL {
        for sort in [Some(Sort::Mutant), Some(Sort::Written), None] {
            let fits = |trial: &&Trial| {
                trial.bug.program.language == language && sort.is_none_or(|s| trial.bug.sort == s)
            };
            let trials: Vec<_> = trials.iter().filter(fits).collect();
            if !trials.is_empty() {
                groups.push(Group { language, sort, trials });
            }
        }
    }
    groups
}

impl Group<'_> {
    fn count(&self, is: impl Fn(&Trial) -> bool) -> usize {
        self.trials.iter().filter(|trial| is(trial)).count()
    }

    fn is_supported(&self) -> bool {
        self.trials.iter().any(|trial| !matches!(trial.verdict, Verdict::Unsupported { .. }))
    }

    fn first(&self) -> Option<Duration> {
        median(self.trials.iter().filter_map(|trial| trial.first).collect())
    }

    fn tried(&self) -> Option<usize> {
        let tried = self.trials.iter().filter(|trial| trial.is_plausible());
        median(tried.map(|trial| trial.effort.tried).collect())
    }

    fn effort(&self) -> Effort {
        let mut all = Effort::default();
        self.trials.iter().for_each(|trial| all.and(&trial.effort));
        all
    }

    fn row(&self) -> Vec<String> {
        let bugs = self.trials.len();
        let sort = self.sort.map_or("all", Sort::words).to_owned();
        let head = vec![self.language.name().to_owned(), bugs.to_string(), sort];
        let share = |count: usize| format!("{count} ({} %)", 100 * count / bugs.max(1));
        let figures = if self.is_supported() {
            let first = self.first().map(|first| format!("{:.1}", first.as_secs_f64()));
            vec![
                share(self.count(Trial::is_plausible)),
                share(self.count(Trial::is_correct)),
                first.unwrap_or_else(|| "–".into()),
                self.tried().map_or_else(|| "–".into(), |tried| tried.to_string()),
            ]
        } else {
            vec!["unsupported".into()]
        };
        head.into_iter().chain(figures).collect()
    }

    /// Of the whole language, each level that was used.
    fn speeds(&self) -> Vec<Vec<String>> {
        if self.sort.is_some() {
            return Vec::new();
        }
        let effort = self.effort();
        let used = levels(&effort).into_iter().filter(|(_, speed)| speed.candidates > 0);
        used.map(|(level, speed)| {
            let (whole, served) = speed.per_second();
            vec![
                self.language.name().to_owned(),
                level.to_owned(),
                speed.candidates.to_string(),
                format!("{whole:.0}"),
                format!("{served:.0}"),
            ]
        })
        .collect()
    }

    fn object(&self) -> Value {
        let effort = self.effort();
        let speeds = levels(&effort).into_iter().map(|(level, speed)| {
            let (whole, served) = speed.per_second();
            let value = json!({
                "candidates": speed.candidates,
                "per_second": whole,
                "per_second_without_start": served,
            });
            (level.to_owned(), value)
        });
        json!({
            "language": self.language.name(),
            "sort": self.sort.map_or("all", Sort::words),
            "bugs": self.trials.len(),
            "supported": self.is_supported(),
            "plausible": self.count(Trial::is_plausible),
            "correct": self.count(Trial::is_correct),
            "first_p50_ms": self.first().map(|first| first.as_millis() as u64),
            "tried_p50": self.tried(),
            "levels": speeds.collect::<serde_json::Map<_, _>>(),
        })
    }
}

fn levels(effort: &Effort) -> [(&'static str, Speed); 4] {
    [
        ("swapped in", effort.swapped),
        ("loaded anew", effort.fresh),
        ("on the disk", effort.disk),
        ("on all tests", effort.confirmed),
    ]
}

fn object(trial: &Trial) -> Value {
    let (outcome, reason) = match &trial.verdict {
        Verdict::Plausible { correct: true } => ("correct", None),
        Verdict::Plausible { correct: false } => ("plausible", None),
        Verdict::NotRepaired { reason } => ("not_repaired", Some(reason)),
        Verdict::Unsupported { why } => ("unsupported", Some(why)),
    };
    json!({
        "program": trial.bug.program.name,
        "language": trial.bug.program.language.name(),
        "sort": trial.bug.sort.words(),
        "bug": trial.bug.words,
        "outcome": outcome,
        "reason": reason,
        "took_ms": trial.took.as_millis() as u64,
        "first_ms": trial.first.map(|first| first.as_millis() as u64),
        "tried": trial.effort.tried,
        "diff": trial.diff,
    })
}

/// The nearest rank.
fn median<T: Ord + Copy>(mut values: Vec<T>) -> Option<T> {
    values.sort_unstable();
    values.get(values.len().div_ceil(2).checked_sub(1)?).copied()
}

#[cfg(test)]
mod tests;
