use super::*;

fn file(path: &str, before: Option<&str>, after: Option<&str>) -> File {
    let text = |text: Option<&str>| text.map(str::to_owned);
    File { path: path.into(), before: text(before), after: text(after), is_whole: false }
}

fn composed(file: &File, parts: &[Part], kept: impl Fn(usize) -> bool) -> Option<String> {
    let parts: Vec<&Part> =
        parts.iter().enumerate().filter(|(i, _)| kept(*i)).map(|(_, part)| part).collect();
    compose(file, 0, &parts)
}

const BEFORE: &str = "a\nb\nc\nd\ne\n";
const AFTER: &str = "A\nb\nc\nc2\nd\nE\nF";

#[test]
fn all_parts_are_the_whole_and_none_are_nothing() {
    let files = [file("a.py", Some(BEFORE), Some(AFTER))];
    let hunks = hunks(&files);
    assert_eq!(hunks.len(), 3);
    for parts in [&hunks, &lines(&hunks)] {
        assert_eq!(composed(&files[0], parts, |_| true).as_deref(), Some(AFTER));
        assert_eq!(composed(&files[0], parts, |_| false).as_deref(), Some(BEFORE));
    }
}

#[test]
fn a_part_alone_changes_its_place_alone() {
    let files = [file("a.py", Some(BEFORE), Some(AFTER))];
    let hunks = hunks(&files);
    let only = |n: usize| composed(&files[0], &hunks, |i| i == n).unwrap();
    assert_eq!(only(0), "A\nb\nc\nd\ne\n");
    assert_eq!(only(1), "a\nb\nc\nc2\nd\ne\n");
    assert_eq!(only(2), "a\nb\nc\nd\nE\nF");
    let single = lines(&hunks);
    assert_eq!(single.iter().map(Part::lines).sum::<usize>(), 2 + 1 + 3);
    let added = |i: usize| matches!(single[i], Part::Lines { edit: Edit { added: 1, .. }, .. });
    assert_eq!(composed(&files[0], &single, added).unwrap(), "a\nA\nb\nc\nc2\nd\ne\nE\nF");
}

#[test]
fn files_come_and_go_with_their_parts() {
    let new = [file("new.py", None, Some("x\ny\n"))];
    let parts = lines(&hunks(&new));
    assert_eq!(composed(&new[0], &parts, |_| false), None);
    assert_eq!(composed(&new[0], &parts, |i| i == 1).as_deref(), Some("y\n"));
    let gone = [file("gone.py", Some("x\n"), None)];
    let parts = hunks(&gone);
    assert_eq!(parts, [Part::Whole { file: 0 }]);
    assert_eq!(composed(&gone[0], &parts, |_| true), None);
    assert_eq!(composed(&gone[0], &parts, |_| false).as_deref(), Some("x\n"));
    assert_eq!(hunks(&[file("__init__.py", None, Some(""))]), [Part::Whole { file: 0 }]);
}

#[test]
fn tests_are_known_by_file_and_by_line() {
    let test_of = |path: &str, after: &str| {
        let files = [file(path, Some("a\n"), Some(after))];
        is_test(&files, &hunks(&files)[0])
    };
    for path in ["tests/a.rs", "src/__tests__/a.js", "test_a.py", "a_test.go", "a.test.ts"] {
        assert!(test_of(path, "a\nb\n"), "{path}");
    }
    assert!(test_of("src/lib.rs", "a\n    #[tokio::test]\n    async fn x() {}\n"));
    assert!(test_of("src/lib.rs", "a\n#[cfg(test)]\nmod tests {}\n"));
    for after in ["a\nlatest(1)\n", "a\nb\n", "a\nsplit(1)\n"] {
        assert!(!test_of("src/lib.rs", after), "{after}");
    }
    assert!(!test_of("contest.py", "a\nb\n"));
}
