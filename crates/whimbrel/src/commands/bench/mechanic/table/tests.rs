use std::sync::Arc;

use super::*;
use crate::commands::bench::mechanic::bugs::Bug;
use crate::commands::bench::mechanic::corpus::PROGRAMS;

fn trial(sort: Sort, verdict: Verdict, first_ms: Option<u64>, tried: usize) -> Trial {
    let bug = Bug {
        program: PROGRAMS[0],
        sort,
        words: "a constant in line 3".into(),
        source: String::new(),
        expected: Arc::new(Vec::new()),
    };
    Trial {
        bug,
        verdict,
        took: Duration::from_secs(2),
        first: first_ms.map(Duration::from_millis),
        effort: Effort { tried, ..Effort::default() },
        diff: String::new(),
    }
}

#[test]
fn figures_are_of_each_sort_and_of_all() {
    let plausible = |correct| Verdict::Plausible { correct };
    let trials = [
        trial(Sort::Mutant, plausible(true), Some(400), 10),
        trial(Sort::Mutant, plausible(false), Some(1_200), 90),
        trial(Sort::Mutant, Verdict::NotRepaired { reason: "no".into() }, None, 5_000),
        trial(Sort::Written, plausible(true), Some(800), 30),
    ];
    let rows: Vec<_> = groups(&trials).iter().map(Group::row).collect();
    let text =
        ui::table(&["LANGUAGE", "BUGS", "", "PLAUSIBLE", "CORRECT", "FIRST", "TRIED"], &rows);
    expect_test::expect![[r#"
        LANGUAGE  BUGS               PLAUSIBLE  CORRECT    FIRST  TRIED
        Python    3     by mutation  2 (66 %)   1 (33 %)   0.4    10
        Python    1     by hand      1 (100 %)  1 (100 %)  0.8    30
        Python    4     all          3 (75 %)   2 (50 %)   0.8    30"#]]
    .assert_eq(&text);
}

#[test]
fn what_is_unsupported_has_no_figures() {
    let trials = [trial(Sort::Written, Verdict::Unsupported { why: "no".into() }, None, 0)];
    let groups = groups(&trials);
    assert_eq!(groups[0].row()[3..], ["unsupported"]);
    assert_eq!(groups[0].object()["supported"], false);
}

#[test]
fn the_median_is_one_of_the_values() {
    assert_eq!(median(vec![3, 1, 2]), Some(2));
    assert_eq!(median(vec![4, 1, 3, 2]), Some(2));
    assert_eq!(median(Vec::<u32>::new()), None);
}
