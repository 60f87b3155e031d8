//! A few seeds of chaos and a small restart; `cargo xtask chaos --seeds 200` plays more. What is
//! done, and what must hold, is in `xtask/src/chaos.rs`.

use std::path::PathBuf;

use xtask::chaos::{self, Options};

const SEEDS: u64 = 20;
/// Seeds at once: most of a seed's time is waiting.
const JOBS: usize = 5;
const RESTARTED: u32 = 10;

fn program() -> PathBuf {
    PathBuf::from(env!("CARGO_BIN_EXE_whimbrel"))
}

#[test]
fn whatever_is_killed_and_whenever_nothing_is_lost_or_done_twice() {
    let options = Options {
        program: program(),
        from: 1,
        seeds: SEEDS,
        jobs: JOBS,
        keep: false,
        is_wordy: false,
    };
    let summary = chaos::run(&options, &|line| println!("{line}")).unwrap();
    println!("{summary}");
    assert!(summary.failed.is_empty(), "{summary}\n{}", summary.reports);
}

#[test]
fn a_restart_in_the_middle_changes_the_end_of_no_attempt() {
    println!("{}", chaos::restart(&program(), RESTARTED, false).unwrap());
}
