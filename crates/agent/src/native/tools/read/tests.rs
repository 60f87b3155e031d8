use super::super::super::tests::computer_with;
use super::*;

async fn read(files: &[(&str, &str)], arguments: &str) -> Answer {
    let computer = computer_with(files).await;
    let read: Read = serde_json::from_str(arguments).unwrap();
    read.run(computer.as_ref()).await.unwrap()
}

#[tokio::test]
async fn lines_have_their_numbers() {
    let files = [("a.py", "one\ntwo\nthree\n")];
    let answer = read(&files, r#"{"path": "a.py", "first_line": 2, "last_line": 9}"#).await;
    assert_eq!(answer, Answer::good("     2\ttwo\n     3\tthree\n"));
}

#[tokio::test]
async fn what_cannot_be_read_is_told() {
    let files = [("a.py", "one\n"), ("b.bin", "\0")];
    for (arguments, says) in [
        (r#"{"path": "no.py"}"#, "No such file"),
        (r#"{"path": "b.bin"}"#, "no text file"),
        (r#"{"path": "a.py", "first_line": 2}"#, "has 1 lines"),
        (r#"{"path": "../a.py"}"#, "without .."),
    ] {
        let answer = read(&files, arguments).await;
        assert!(!answer.ok && answer.text.contains(says), "{answer:?}");
    }
}

#[tokio::test]
async fn long_files_and_lines_are_cut_with_a_note() {
    let lines = "x\n".repeat(LINES_MAX + 3);
    let answer = read(&[("a", &lines)], r#"{"path": "a"}"#).await;
    assert!(answer.text.ends_with("[… 3 more lines: go on from first_line 1001 …]\n"));
    let line = "ä".repeat(LINE_BYTES_MAX);
    let answer = read(&[("a", &line)], r#"{"path": "a"}"#).await;
    assert!(answer.text.ends_with("ä [… the line goes on …]\n"));
}
