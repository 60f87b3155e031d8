//! `whimbrel bench film`: how long a film of a usual change takes to make, and how large it is.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use film::Story;
use film::story::{
    Cause, CauseLine, Change, ChangeLine, Failing, LineKind, Mark, Number, Output, Proof, Question,
    Row, Tone,
};
use serde_json::json;

use crate::cli::BenchFilmArgs;
use crate::exit::Exit;
use crate::ui;

pub fn run(args: &BenchFilmArgs, json: bool) -> Result<Exit> {
    let story = story();
    let mut times = Vec::new();
    let mut film = None;
    for _run in 0..args.runs {
        let begun = Instant::now();
        film = Some(film::render(&story)?);
        times.push(begun.elapsed());
    }
    times.sort();
    let film = film.context("no run was asked for")?;
    let median = times[times.len() / 2];
    let per_second = f64::from(film.frames) / median.as_secs_f64();
    let memory_kib = peak_kib().unwrap_or(0);
    if json {
        ui::json(&json!({
            "film_ms": film.duration_ms,
            "frames": film.frames,
            "p50_ms": ms(median),
            "worst_ms": times.last().copied().map(ms),
            "frames_per_second": per_second,
            "bytes": film.mp4.len(),
            "poster_bytes": film.poster.len(),
            "peak_kib": memory_kib,
        }));
        return Ok(Exit::Ok);
    }
    let row = vec![
        format!("{:.1} s", film.duration_ms as f64 / 1_000.0),
        film.frames.to_string(),
        format!("{} ms", ms(median)),
        times.last().map_or_else(String::new, |worst| format!("{} ms", ms(*worst))),
        format!("{per_second:.0}"),
        ui::size(film.mp4.len() as u64),
        ui::size(film.poster.len() as u64),
        ui::size(memory_kib * 1_024),
    ];
    let headings = ["FILM", "FRAMES", "P50", "WORST", "FRAMES/S", "MP4", "POSTER", "PEAK MEMORY"];
    ui::out(&ui::table(&headings, &[row]));
    if cfg!(debug_assertions) {
        ui::err("bench: this is a debug build; a release build is faster");
    }
    Ok(Exit::Ok)
}

fn ms(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// The most memory that this process has had, as Linux says it.
fn peak_kib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().trim_end_matches("kB").trim().parse().ok()
}

/// A usual repair: every scene is in it, and it lasts about 15 seconds.
fn story() -> Story {
    let text = |text: &str| text.to_owned();
    let row = |name: &str, before| Row { name: text(name), before, after: Mark::Passed };
    let number =
        |value: &str, label: &str, tone| Number { value: text(value), label: text(label), tone };
    Story {
        project: text("lilt"),
        asked: text("The spring animation ends in the wrong place: find out why and fix it"),
        failing: Some(failing()),
        cause: Some(cause()),
        change: Some(change()),
        answer: None,
        proof: Some(Proof {
            rows: vec![
                row("tests/test_spring.py::test_a_spring_ends_on_its_target", Mark::Failed),
                row("tests/test_timeline.py::test_a_sprung_layer_comes_to_rest", Mark::Failed),
            ],
            more: text("and 97 other tests pass"),
            red_green: Some((3, 3)),
            mutants: Some((11, 12)),
            verdict: text("2 failing tests now pass, 97 others still do; nothing broke."),
            holds: true,
        }),
        numbers: vec![
            number("2", "fixed", Tone::Good),
            number("3/3", "red→green", Tone::Good),
            number("11/12", "mutants caught", Tone::Warn),
            number("+4 −2", "lines", Tone::Plain),
            number("low", "risk", Tone::Good),
            number("$0.04", "for models", Tone::Plain),
        ],
        question: Question {
            text: text("Merge it?"),
            about: text("Count the last part of a step"),
            left: text("Reject"),
            right: text("Approve"),
        },
    }
}

fn failing() -> Failing {
    let output = "    def test_a_spring_ends_on_its_target():
        track = spring.track()
        assert track.value_at(track.end) == spring.target
        assert 297.1142282354175 == 300
         where 297.1142282354175 = value_at(0.5166666666666667)";
    Failing {
        name: "tests/test_spring.py::test_a_spring_ends_on_its_target".into(),
        output: output
            .lines()
            .map(|line| Output { text: line.to_owned(), tells: line.contains("assert") })
            .collect(),
        others: 1,
    }
}

fn cause() -> Cause {
    let code = "def progress(time, start, end):
    \"\"\"How far a time is on its way.\"\"\"
    steps = int((time - start) / STEP)
    for _ in range(steps):
        value += pull(value)
    return value";
    let line = |(text, number): (&str, u32)| CauseLine {
        number,
        text: text.to_owned(),
        suspect: number == 23,
    };
    Cause {
        path: "lilt/timing.py".into(),
        lines: code.lines().zip(21..).map(line).collect(),
        why: "The line that failing tests run most, and passing tests least.".into(),
    }
}

fn change() -> Change {
    let diff = " def progress(time, start, end):
     \"\"\"How far a time is on its way.\"\"\"
-    steps = int((time - start) / STEP)
+    # The last part of a step counts too.
+    steps, rest = divmod(time - start, STEP)
-    for _ in range(steps):
+    for _ in range(int(steps)):
         value += pull(value)
+    value += pull(value) * rest / STEP
     return value";
    let line = |line: &str| ChangeLine {
        kind: match line.as_bytes().first() {
            Some(b'+') => LineKind::Added,
            Some(b'-') => LineKind::Removed,
            _kept => LineKind::Kept,
        },
        text: line[1..].to_owned(),
    };
    Change {
        path: "lilt/timing.py".into(),
        lines: diff.lines().map(line).collect(),
        more: "and 1 more file".into(),
    }
}
