//! Small Rust programs, each with one bug.

use super::Program;

const MANIFEST: (&str, &str) =
    ("Cargo.toml", "[package]\nname = \"ranges\"\nversion = \"0.1.0\"\nedition = \"2021\"\n");

const RANGES: &str = "\
//! Numbers, and what is between them.

use std::collections::BTreeMap;

pub fn clamp(value: i32, low: i32, high: i32) -> i32 {
    if value < low {
        return low;
    }
    if value > high {
        return high;
    }
    value
}

pub fn mean(values: &[f64]) -> Option<f64> {
    if values.is_empty() {
        return None;
    }
    let sum: f64 = values.iter().sum();
    Some(sum / values.len() as f64)
}

pub fn pairs<T: Copy>(values: &[T]) -> Vec<(T, T)> {
    let mut found = Vec::new();
    let mut i = 0;
    while i + 1 < values.len() {
        found.push((values[i], values[i + 1]));
        i += 1;
    }
    found
}

#[derive(Debug, Clone)]
pub struct Spring {
    rest: i64,
    stiffness: i64,
    length: i64,
}

impl Spring {
    pub fn new(rest: i64, stiffness: i64) -> Self {
        Self { rest, stiffness, length: rest }
    }

    pub fn force(&self) -> i64 {
        self.stiffness * (self.rest - self.length)
    }

    pub fn pull(&mut self, by: i64) -> &mut Self {
        self.length += by;
        self
    }
}

pub fn gcd(mut a: u64, mut b: u64) -> u64 {
    while b != 0 {
        let rest = a % b;
        a = b;
        b = rest;
    }
    a
}

pub fn counts(text: &str) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        *counts.entry(word.to_lowercase()).or_insert(0) += 1;
    }
    counts
}

pub fn binary_search(values: &[u32], wanted: u32) -> Option<usize> {
    let mut low = 0;
    let mut high = values.len();
    while low < high {
        let middle = (low + high) / 2;
        match values[middle].cmp(&wanted) {
            std::cmp::Ordering::Equal => return Some(middle),
            std::cmp::Ordering::Less => low = middle + 1,
            std::cmp::Ordering::Greater => high = middle,
        }
    }
    None
}

pub fn is_leap(year: u32) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}
";

const RANGES_TEST: &str = "\
use ranges::*;

#[test]
fn clamp_keeps_what_is_inside() {
    assert_eq!(clamp(5, 0, 10), 5);
}

#[test]
fn clamp_from_below() {
    assert_eq!(clamp(-5, 0, 10), 0);
}

#[test]
fn clamp_from_above() {
    assert_eq!(clamp(15, 0, 10), 10);
    assert_eq!(clamp(1500, -3, 7), 7);
}

#[test]
fn means() {
    assert_eq!(mean(&[1.0, 2.0, 3.0]), Some(2.0));
    assert_eq!(mean(&[]), None);
}

#[test]
fn all_pairs() {
    assert_eq!(pairs(&[1, 2, 3]), [(1, 2), (2, 3)]);
    assert_eq!(pairs(&[1]), []);
}

#[test]
fn a_spring_rests() {
    assert_eq!(Spring::new(10, 3).force(), 0);
}

#[test]
fn a_spring_pulls_back() {
    assert_eq!(Spring::new(10, 3).pull(2).force(), -6);
    assert_eq!(Spring::new(10, 3).pull(-4).pull(1).force(), 9);
}

#[test]
fn greatest_common_divisors() {
    assert_eq!(gcd(12, 18), 6);
    assert_eq!(gcd(7, 5), 1);
}

#[test]
fn words_are_counted() {
    let counts = counts(\"a  B A\");
    assert_eq!(counts[\"a\"], 2);
    assert_eq!(counts[\"b\"], 1);
    assert_eq!(counts.len(), 2);
}

#[test]
fn a_search_finds_all_and_no_others() {
    let values = [2, 3, 5, 7, 11, 13];
    for (index, value) in values.iter().enumerate() {
        assert_eq!(binary_search(&values, *value), Some(index));
    }
    assert_eq!(binary_search(&values, 4), None);
    assert_eq!(binary_search(&values, 20), None);
}

#[test]
fn leap_years() {
    assert!(is_leap(2024) && is_leap(2000));
    assert!(!is_leap(1900) && !is_leap(2023));
}
";

/// A plain function, a method, a map's entry, and one whose edits never end.
const BUGS: [(&str, &str); 4] = [
    ("        return high;", "        return low;"),
    ("self.length += by", "self.length -= by"),
    ("or_insert(0) += 1", "or_insert(1) += 1"),
    ("low = middle + 1", "low = middle"),
];

#[tokio::test]
async fn most_small_bugs_of_a_rust_program_are_repaired() {
    let program = Program {
        test_command: "cargo test --no-fail-fast",
        files: &[("src/lib.rs", RANGES), MANIFEST, ("tests/ranges.rs", RANGES_TEST)],
    };
    let (right, plausible) = program.repairs(&BUGS).await;
    assert!(plausible >= 3 && right >= 2, "{right} right, {plausible} plausible");
}
