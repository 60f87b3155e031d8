use expect_test::expect;

use super::super::super::tests::computer_with;
use super::*;

async fn run(arguments: &str, left: Duration) -> Answer {
    let computer = computer_with(&[("a.txt", "hello")]).await;
    let shell: Shell = serde_json::from_str(arguments).unwrap();
    shell.run(computer.as_ref(), left).await.unwrap()
}

const LONG: Duration = Duration::from_secs(60);

#[tokio::test]
async fn output_comes_with_its_exit_status() {
    let answer =
        run(r#"{"command": "cat a.txt; echo; echo oops >&2; echo bye; exit 3"}"#, LONG).await;
    expect![[r#"
        hello
        oops
        bye
        [exit status 3]"#]]
    .assert_eq(&answer.text);
    assert!(!answer.ok);
    assert_eq!(run(r#"{"command": "true"}"#, LONG).await, Answer::good("[exit status 0]"));
}

#[tokio::test]
async fn long_output_keeps_both_ends() {
    let text = run(r#"{"command": "seq 1 200000"}"#, LONG).await.text;
    assert!(text.starts_with("1\n2\n") && text.ends_with("200000\n[exit status 0]"));
    assert!(text.contains("bytes cut …]") && text.len() < OUTPUT_BYTES_MAX + 100, "{}", text.len());
}

#[tokio::test]
async fn a_command_has_no_more_time_than_is_left() {
    let answer = run(r#"{"command": "sleep 60"}"#, Duration::from_millis(50)).await;
    assert_eq!((answer.ok, answer.text.as_str()), (false, "[killed after 0 s]"));
}

#[test]
fn nothing_is_lost_at_the_border_of_head_and_tail() {
    let mut ends = Ends::default();
    for _ in 0..OUTPUT_BYTES_MAX / 8 {
        ends.push(b"abcdefgh");
    }
    assert_eq!(ends.text(), "abcdefgh".repeat(OUTPUT_BYTES_MAX / 8) + "\n");
}
