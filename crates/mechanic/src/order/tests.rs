use std::collections::BTreeMap;

use super::*;
use crate::bench::Test;
use crate::rank::Ranking;

const TEXT: &str =
    "LIMIT = 3\n\ndef f(a, b=2):\n    if a < LIMIT:\n        return a + b\n    return a\n";

fn planned(seed: u64) -> Vec<Candidate> {
    mentioning("", seed)
}

fn mentioning(text: &str, seed: u64) -> Vec<Candidate> {
    let source = Parsed::new("a.py", TEXT.to_owned()).unwrap();
    let test: Test = serde_json::from_str(
        r#"{"test":"t","path":null,"outcome":"failed","seconds":0.0,"lines":{"a.py":[4,5]}}"#,
    )
    .unwrap();
    let baseline = Baseline {
        failing: vec!["t".into()],
        passing: Vec::new(),
        ranking: Ranking::of(&[test], &BTreeSet::new()),
        imported: BTreeMap::new(),
        mixed: BTreeSet::new(),
        main: None,
        took: std::time::Duration::ZERO,
        tests: Vec::new(),
    };
    let (mentions, hints) = (Mentions::of(text), Hints::default());
    let sources = [source];
    let clues =
        Clues { sources: &sources, baseline: &baseline, mentions: &mentions, hints: &hints };
    plan(&clues, seed)
}

#[test]
fn attempts_with_different_seeds_search_different_places_first() {
    let first = |seed| planned(seed).into_iter().take(20).collect::<Vec<_>>();
    assert_eq!(first(0), first(0));
    assert_eq!(first(7), first(7));
    assert_ne!(first(0), first(7));
    assert_ne!(first(7), first(8));
}

#[test]
fn what_runs_only_once_is_suspected_for_those_who_use_it() {
    let plan = planned(0);
    let of_line = |line| plan.iter().filter(|candidate| candidate.edit.line == line).count();
    assert!(of_line(1) > 0, "a constant that a failing test's line uses");
    assert!(of_line(3) > 0, "the default of a parameter");
    assert_eq!(of_line(6), 0, "a line that no failing test runs");
    assert!(plan.is_sorted_by(|a, b| a.score() <= b.score()));
}

#[test]
fn what_the_text_names_is_tried_sooner() {
    let score = |text| mentioning(text, 0).first().unwrap().score();
    assert!(score("fix a.py") < score(""));
    assert_eq!(score("f is wrong"), score(""), "too short to be no word of English");
}

#[test]
fn an_unlucky_seed_costs_no_more_than_twice() {
    let strict = planned(0);
    let shaken = planned(7);
    assert_eq!(shaken.len(), strict.len(), "each edit is there, and once");
    for (index, candidate) in strict.iter().enumerate() {
        let position = shaken.iter().position(|other| key(other) == key(candidate)).unwrap();
        assert!(position <= 2 * index + 1, "{candidate:?} is {position}th instead of {index}th");
    }
}
