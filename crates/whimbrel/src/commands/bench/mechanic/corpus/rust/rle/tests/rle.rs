//! What run lengths are to do.

use program::{decode, encode, longest, runs, saved_percent, Problem};

#[test]
fn encodes() {
    assert_eq!(encode("aaab"), "3ab");
    assert_eq!(encode("abc"), "abc");
    assert_eq!(encode(""), "");
}

#[test]
fn escapes_digits() {
    assert_eq!(encode("a11b"), "a2\\1b");
    assert_eq!(encode("\\\\"), "2\\\\");
}

#[test]
fn finds_runs() {
    assert_eq!(runs("xxyx"), [('x', 2), ('y', 1), ('x', 1)]);
}

#[test]
fn decodes() {
    assert_eq!(decode("3ab").unwrap(), "aaab");
    assert_eq!(decode("12x").unwrap(), "x".repeat(12));
    assert_eq!(decode("2\\12\\\\").unwrap(), "11\\\\");
}

#[test]
fn there_and_back() {
    for text in ["", "a", "aaaaaaaaaaaaab", "1112", "\\\\a\\", "äää", "2 3  4"] {
        assert_eq!(decode(&encode(text)).as_deref(), Ok(text), "{text}");
    }
}

#[test]
fn a_number_alone_is_refused() {
    assert_eq!(decode("a3"), Err(Problem::NothingRepeated { at: 2 }));
    assert_eq!(decode("a\\"), Err(Problem::NothingRepeated { at: 1 }));
}

#[test]
fn zero_times_is_refused() {
    assert_eq!(decode("ab0c"), Err(Problem::ZeroTimes { at: 2 }));
    assert_eq!(decode("10a").unwrap().len(), 10);
}

#[test]
fn too_long_is_refused() {
    assert_eq!(decode("10000a").unwrap().len(), 10_000);
    assert_eq!(decode("10000ab"), Err(Problem::TooLong));
    assert_eq!(decode("99999999999999999999999999a"), Err(Problem::TooLong));
}

#[test]
fn the_longest_run() {
    assert_eq!(longest("aabbb"), Some(('b', 3)));
    assert_eq!(longest("aabb"), Some(('a', 2)));
    assert_eq!(longest(""), None);
}

#[test]
fn savings() {
    assert_eq!(saved_percent("aaaaaaaa"), 75);
    assert_eq!(saved_percent("abc"), 0);
    assert_eq!(saved_percent("111"), 0);
    assert_eq!(saved_percent(""), 0);
}
