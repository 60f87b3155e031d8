use expect_test::{Expect, expect};

use super::*;

fn comparison(old: &str, new: &str) -> Comparison {
    let read = |text: &str| Source::read(text.into()).unwrap();
    Comparison::new(read(old), read(new))
}

/// As git would show it.
fn shown(comparison: &Comparison, context: usize, pins: &[(Side, usize)]) -> String {
    let (hunks, last) = hunks(comparison, context, pins);
    let mut shown = String::new();
    for (gap, hunk) in hunks {
        shown.push_str(&format!("… {} at {} {}\n", gap.len, gap.old, gap.new));
        for piece in hunk.pieces {
            match piece {
                Piece::Same { old, new, len } => {
                    for at in 0..len {
                        assert_eq!(comparison.old.line(old + at), comparison.new.line(new + at));
                        shown.push_str(&format!(" {}\n", comparison.old.line(old + at)));
                    }
                }
                Piece::Changed(change) => {
                    for at in change.old {
                        shown.push_str(&format!("-{}\n", comparison.old.line(at)));
                    }
                    for at in change.new {
                        shown.push_str(&format!("+{}\n", comparison.new.line(at)));
                    }
                }
            }
        }
    }
    (shown + &format!("… {}\n", last.len)).replace('\r', "␍")
}

fn check(old: &str, new: &str, expected: &Expect) {
    expected.assert_eq(&shown(&comparison(old, new), 1, &[]));
}

#[test]
fn changes_have_lines_around_them() {
    let old = "a\nb\nc\nd\ne\nf\ng\nh\ni\nj\n";
    check(
        old,
        "a\nb\nC\nd\ne\nf\ng\nh\nI\nI\nj\n",
        &expect![[r#"
            … 0 at 0 0
             a
             b
            -c
            +C
             d
            … 3 at 4 4
             h
            -i
            +I
            +I
             j
            … 0
        "#]],
    );
    let same = comparison(old, &old.replace('b', "B"));
    expect![[r#"
        … 0 at 0 0
         a
        -b
        +B
         c
        … 3 at 3 3
         g
         h
         i
         j
        … 0
    "#]]
    .assert_eq(&shown(&same, 1, &[(Side::New, 7)]));
}

#[test]
fn files_that_come_and_go_and_ends_without_a_line_break() {
    check(
        "",
        "a\nb\n",
        &expect![[r#"
        … 0 at 0 0
        +a
        +b
        … 0
    "#]],
    );
    check(
        "a\nb",
        "a\nb\n",
        &expect![[r#"
        … 0 at 0 0
         a
        -b
        +b
        … 0
    "#]],
    );
    check(
        "a\r\nb\n",
        "a\nb\n",
        &expect![[r#"
            … 0 at 0 0
            -a␍
            +a
             b
            … 0
        "#]],
    );
    assert_eq!(comparison("", "").changes, []);
}

#[test]
fn a_new_function_begins_at_its_beginning() {
    check(
        "fn a() {\n    1\n}\n\nfn c() {\n    3\n}\n",
        "fn a() {\n    1\n}\n\nfn b() {\n    2\n}\n\nfn c() {\n    3\n}\n",
        &expect![[r#"
            … 3 at 0 0
             
            +fn b() {
            +    2
            +}
            +
             fn c() {
            … 2
        "#]],
    );
}

/// What is shown makes the new file out of the old one, for any two files; and what is said to be the
/// same is.
#[test]
fn any_comparison_is_true() {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut random = move |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state >> 33).unwrap() % below
    };
    let lines = ["a\n", "b\n", "  c\n", "\n", "}\n", "a\r\n", "d"];
    for _ in 0..2000 {
        let old: String = (0..random(20)).map(|_| lines[random(lines.len())]).collect();
        let new: String = (0..random(20)).map(|_| lines[random(lines.len())]).collect();
        let comparison = comparison(&old, &new);
        let context = random(4);
        let pins = [(Side::Old, random(20)), (Side::New, random(20))];
        let (hunks, last) = hunks(&comparison, context, &pins);
        let mut made = String::new();
        let mut push = |from: usize, len: usize| {
            for at in from..from + len {
                let end = if comparison.new.is_open_end(at) { "" } else { "\n" };
                made.push_str(comparison.new.line(at));
                made.push_str(end);
            }
        };
        for (gap, hunk) in &hunks {
            push(gap.new, gap.len);
            for piece in &hunk.pieces {
                match piece {
                    Piece::Same { old, new, len } => {
                        assert!((0..*len).all(
                            |at| comparison.old.line(old + at) == comparison.new.line(new + at)
                        ));
                        push(*new, *len);
                    }
                    Piece::Changed(change) => push(change.new.start, change.new.len()),
                }
            }
        }
        push(last.new, last.len);
        assert_eq!(made, new, "{old:?}");
    }
}

#[test]
fn words_that_changed() {
    let marked = |old: &str, new: &str| {
        let (gone, came) = changed_words(old, new, &mut Budget::default());
        let words = |line: &str, ranges: Vec<std::ops::Range<usize>>| {
            ranges.into_iter().map(|range| line[range].to_owned()).collect::<Vec<_>>().join("|")
        };
        format!("{} → {}", words(old, gone), words(new, came))
    };
    assert_eq!(marked("if a < b {", "if a <= b {"), " → =");
    assert_eq!(marked("let total = sum(x);", "let total = mean(x, 1);"), "sum → mean|, 1");
    assert_eq!(marked("return None", "print(\"something else\")"), " → ");
    assert_eq!(marked("größe = 1", "größe = 2"), "1 → 2");
}

#[test]
fn bytes_that_are_no_text() {
    assert!(Source::read(b"GIF\0".to_vec()).is_none());
    let lossy = Source::read(b"a\xffb\n".to_vec()).unwrap();
    assert!(lossy.is_lossy && lossy.line(0) == "a\u{fffd}b");
}

#[test]
fn files_that_need_no_reading() {
    assert_eq!(Fold::of_path("web/package-lock.json"), Some(Fold::Lock));
    assert_eq!(Fold::of_path("a/vendor/b.go"), Some(Fold::Vendored));
    assert_eq!(Fold::of_path("vendor"), None);
    assert_eq!(Fold::of_text("// Code generated by x. DO NOT EDIT.\n"), Some(Fold::Generated));
    assert_eq!(Fold::of_text("fn main() {}\n"), None);
}
