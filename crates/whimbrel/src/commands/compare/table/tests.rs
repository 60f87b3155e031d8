use domain::AttemptId;
use domain::change::{Change, FileChange, Kind};
use domain::evidence::{Finding, Mutation};
use expect_test::expect;
use store::exchange::Spent;

use super::*;

fn facts(number: u32, rank: Option<usize>) -> Facts {
    let commit = || "a".repeat(40).parse().unwrap();
    let finding = Finding {
        kind: domain::evidence::Kind::Dependency,
        weight: Weight::Warning,
        path: None,
        line: None,
        text: "one more".into(),
    };
    let evidence = rank.map(|_| Evidence {
        mutation: Mutation { possible: 9, tried: 8, caught: 7, ..Mutation::default() },
        findings: vec![finding],
        ..Evidence::new(commit(), commit())
    });
    let file =
        FileChange { path: "a.py".into(), kind: Kind::Modified, added: Some(10), removed: None };
    let change = rank.map(|_| Change {
        base: commit(),
        head: commit(),
        commits: Vec::new(),
        files: vec![file],
    });
    let spent = Spent { requests: 2, micros: 20_000, ..Spent::default() };
    Facts {
        id: AttemptId::new(&"k3v9x2ab".parse().unwrap(), number),
        number,
        rank,
        eligible: rank == Some(1),
        group: rank.map(|rank| rank - 1),
        state: if rank.is_some() { "changed".into() } else { "not needed".into() },
        evidence,
        change,
        spent,
        took_ms: rank.map(|_| 12_000),
    }
}

#[test]
fn a_narrow_terminal_has_a_column_for_each_attempt() {
    let all = [facts(2, Some(1)), facts(1, Some(2)), facts(3, None)];
    expect![[r#"
        attempt   2           1
        rank      1           2
        state     changed     changed
        holds     no          no
        checks    –           –
        fixed     0           0
        broken    0           0
        added     0           0
        mutants   7 of 8      7 of 8
        findings  1 warning   1 warning
        size      1f +10 −0   1f +10 −0
        cost      $0.02       $0.02
        time      12.0 s      12.0 s
        alike     A           B

        attempt   3
        rank      –
        state     not needed
        holds     –
        checks    –
        fixed     –
        broken    –
        added     –
        mutants   –
        findings  –
        size      –
        cost      $0.02
        time      –
        alike     –"#]]
    .assert_eq(&table(&all, 34, Paint::plain()));
    expect![[r#"
        ATTEMPT  RANK  STATE       HOLDS  CHECKS  FIXED  BROKEN  ADDED  MUTANTS  FINDINGS   SIZE       COST   TIME    ALIKE
        2        1     changed     no     –       0      0       0      7 of 8   1 warning  1f +10 −0  $0.02  12.0 s  A
        1        2     changed     no     –       0      0       0      7 of 8   1 warning  1f +10 −0  $0.02  12.0 s  B
        3        –     not needed  –      –       –      –       –      –        –          –          $0.02  –       –"#]].assert_eq(&table(&all, 120, Paint::plain()));
}
