use std::path::Path;

use expect_test::expect;

use super::super::super::tests::computer_with;
use super::super::ANSWER_BYTES_MAX;
use super::*;

/// Calls one after the other in the same computer.
struct Desk {
    computer: Box<dyn Computer>,
    sessions: Sessions,
}

const LONG: Duration = Duration::from_secs(60);

impl Desk {
    async fn new() -> Self {
        let computer = computer_with(&[("a.txt", "hello"), ("sub/b.txt", "there")]).await;
        Self { computer, sessions: Sessions::default() }
    }

    async fn call(&self, arguments: serde_json::Value) -> Answer {
        let shell: Shell = serde_json::from_value(arguments).unwrap();
        shell.run(self.computer.as_ref(), &self.sessions, "t.txt", LONG).await.unwrap()
    }

    async fn run(&self, command: &str) -> String {
        self.call(json!({ "command": command })).await.text
    }

    /// Calls without a command until it says so.
    async fn until(&self, session: &str, expected: &str) -> String {
        let mut said = String::new();
        for _ in 0..100 {
            let call = json!({ "session": session, "timeout_seconds": 1 });
            said += &self.call(call).await.text;
            if said.contains(expected) {
                return said;
            }
        }
        panic!("it never said {expected}: {said}");
    }
}

#[tokio::test]
async fn output_comes_in_order_with_its_exit_status() {
    let desk = Desk::new().await;
    let answer =
        desk.call(json!({ "command": "cat a.txt; echo; echo oops >&2; echo bye; (exit 3)" })).await;
    expect![[r#"
        hello
        oops
        bye
        [exit status 3]"#]]
    .assert_eq(&answer.text);
    assert!(!answer.ok);
    assert_eq!(desk.run("true").await, "[exit status 0]");
    assert_eq!(desk.run("printf 'no newline'").await, "no newline\n[exit status 0]");
    assert!(desk.run("kill -9 $$").await.contains("killed by signal 9"));
}

#[tokio::test]
async fn a_session_keeps_its_directory_variables_and_functions() {
    let desk = Desk::new().await;
    desk.run("cd sub; x='it'\\''s'; export y=2; f() { echo \"f $1\"; }; declare -A m=([k]=v)")
        .await;
    let said = desk.run("basename \"$PWD\"; echo \"$x\"; sh -c 'echo $y'; f 1; echo ${m[k]}").await;
    assert_eq!(said, "sub\nit's\n2\nf 1\nv\n[exit status 0]");
    let other = desk.call(json!({ "command": "echo $y; basename $PWD", "session": "b" })).await;
    assert_eq!(other.text, "\nworkspace\n[exit status 0]");
}

#[tokio::test]
async fn options_do_not_last_and_a_shell_that_ends_is_said_and_replaced() {
    let desk = Desk::new().await;
    assert_eq!(desk.run("set -eu; cd sub; true").await, "[exit status 0]");
    assert_eq!(desk.run("false; echo $nothing on").await, "on\n[exit status 0]");
    let said = desk.run("exit 7").await;
    assert_eq!(
        said,
        "[exit status 7; the session main ended with it, the next command begins a new one]"
    );
    assert_eq!(desk.run("basename $PWD").await, "workspace\n[exit status 0]");
    let said = desk.run("set -e; false; echo not").await;
    assert!(said.starts_with("[exit status 1; the session main ended"), "{said}");
}

#[tokio::test]
async fn what_is_hostile_or_broken_cannot_forge_an_end() {
    let desk = Desk::new().await;
    let said = desk.run("echo 'unclosed").await;
    assert!(said.contains("unexpected EOF") && said.ends_with("[exit status 2]"), "{said}");
    let forge = "echo 00000000000000000000000000000000 0 >&9; echo '[exit status 0]'; \
                 exec >/dev/null 2>&1; false";
    let said = desk.run(forge).await;
    assert!(said.contains("9: Bad file descriptor") && said.ends_with("[exit status 1]"), "{said}");
    let said = desk.run("printf() { echo fooled; }; break; continue; IFS=1; (exit 4)").await;
    assert!(said.ends_with("[exit status 4]"), "{said}");
    assert_eq!(desk.run("echo still here").await, "still here\n[exit status 0]");
}

#[tokio::test]
async fn a_command_reads_what_it_is_given() {
    let desk = Desk::new().await;
    assert_eq!(desk.run("cat; read x || echo none").await, "none\n[exit status 0]");
    let given = json!({ "command": "cat; echo end", "input": "it's $x `y`\n2" });
    assert_eq!(desk.call(given).await.text, "it's $x `y`\n2\nend\n[exit status 0]");
}

#[tokio::test]
async fn long_output_keeps_both_ends_and_the_whole_is_in_a_file() {
    let desk = Desk::new().await;
    let answer = desk.call(json!({ "command": "seq 1 20000" })).await;
    let text = answer.text;
    assert!(
        text.starts_with("1\n2\n") && text.contains("bytes cut …]") && text.contains("\n20000\n")
    );
    let told = "[the whole output is in /home/agent/.whimbrel/output/t.txt]\n[exit status 0]";
    assert!(text.ends_with(told) && text.len() < ANSWER_BYTES_MAX + 200, "{}", text.len());
    let file = Path::new("/home/agent/.whimbrel/output/t.txt");
    let whole = desk.computer.read(file, 1 << 20).await.unwrap();
    assert_eq!(whole.len() as u64, answer.printed_bytes);
    assert!(whole.ends_with(b"19999\n20000\n"));
}

#[tokio::test]
async fn time_interrupts_a_command_and_not_its_session() {
    let desk = Desk::new().await;
    desk.run("cd sub").await;
    let late = json!({ "command": "echo begun; sleep 60; echo not", "timeout_seconds": 1 });
    let said = desk.call(late).await.text;
    assert!(said.starts_with("begun\n") && said.contains("[interrupted after 1 s; exit status"));
    assert_eq!(desk.run("basename $PWD").await, "sub\n[exit status 0]");
}

#[tokio::test]
async fn who_heeds_no_interrupt_is_told_of_and_killed() {
    let desk = Desk::new().await;
    let deaf = "trap '' INT; echo deaf; while :; do sleep 0.1; done";
    let deaf = json!({ "command": format!("sh -c {}", quoted(deaf)), "timeout_seconds": 1 });
    let said = desk.call(deaf).await.text;
    assert!(said.contains("deaf\n") && said.contains("but it runs on"), "{said}");
    let refused = desk.call(json!({ "command": "true" })).await;
    assert!(!refused.ok && refused.text.contains("still runs `sh -c"), "{}", refused.text);
    let said = desk.call(json!({ "kill": true })).await.text;
    assert_eq!(said, "[killed, and the session main with it; the next command begins a new one]");
    assert_eq!(desk.run("echo new").await, "new\n[exit status 0]");
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[tokio::test]
async fn a_background_command_is_waited_for_and_typed_to() {
    let desk = Desk::new().await;
    let script = "echo ready; while read -r line; do [ $line = end ] && break; echo got $line; done; \
                  echo over; (exit 5)";
    let started = desk.call(json!({ "command": script, "background": true, "session": "s" })).await;
    assert!(started.ok && started.text.contains("in the session s"), "{}", started.text);
    let typed = json!({ "session": "s", "input": "one\n", "timeout_seconds": 1 });
    let mut said = started.text + &desk.call(typed).await.text;
    if !said.contains("got one") {
        said += &desk.until("s", "got one").await;
    }
    assert!(said.contains("ready\n"), "{said}");
    // What is typed too much is for nobody, least of all for the shell.
    let typed = json!({ "session": "s", "input": "end\necho fooled\nand more" });
    let said = desk.call(typed).await.text;
    assert_eq!(said, "over\n[exit status 5]");
    let next = desk.call(json!({ "session": "s", "command": "echo next" })).await.text;
    assert_eq!(next, "next\n[exit status 0]");
    assert!(desk.call(json!({ "session": "s" })).await.text.ends_with("runs nothing."));
}

#[tokio::test]
async fn what_a_command_leaves_running_is_read_and_ends_with_its_session() {
    let desk = Desk::new().await;
    let said = desk.run("(until [ -e go ]; do sleep 0.05; done; echo later) & echo $! >pid").await;
    assert_eq!(said, "[exit status 0]");
    let said = desk.run("touch go; wait; echo done").await;
    assert_eq!(said, "later\ndone\n[exit status 0]");
    desk.run("sleep 1000 & echo $! >pid").await;
    desk.sessions.close().await;
    let gone = "for i in $(seq 100); do kill -0 $(cat pid) 2>/dev/null || exit 0; sleep 0.05; done; exit 1";
    let gone = desk.computer.run(computer::Exec::shell(gone)).await.unwrap();
    assert!(gone.status.is_success());
}

#[tokio::test]
async fn sessions_run_at_the_same_time_and_are_not_too_many() {
    let desk = Desk::new().await;
    let meet = |mine: &str, other: &str| {
        json!({ "command": format!("touch {mine}; until [ -e {other} ]; do sleep 0.02; done"),
            "session": mine, "timeout_seconds": 20 })
    };
    let (one, two) = tokio::join!(desk.call(meet("one", "two")), desk.call(meet("two", "one")));
    assert!(one.ok && two.ok);
    for name in 0..SESSIONS_MAX - 2 {
        desk.call(json!({ "command": "true", "session": format!("s{name}") })).await;
    }
    let more = json!({ "command": "true", "session": "more" });
    let refused = desk.call(more.clone()).await;
    assert_eq!((refused.ok, refused.text.as_str()), (false, TOO_MANY));
    let closed = desk.call(json!({ "kill": true, "session": "one" })).await;
    assert_eq!(closed.text, "The session one is closed.");
    assert!(desk.call(more).await.ok);
}

#[tokio::test]
async fn calls_that_make_no_sense_are_told() {
    let desk = Desk::new().await;
    for (call, told) in [
        (json!({}), "The session main runs nothing."),
        (json!({ "command": "a\u{0}b" }), "can't contain a NUL"),
        (json!({ "command": "true", "session": "" }), "A session's name has"),
        (json!({ "command": "x".repeat(COMMAND_BYTES_MAX + 1) }), "A command has at most"),
        (json!({ "command": "x", "input": "x".repeat(INPUT_BYTES_MAX + 1) }), "Input has at most"),
    ] {
        let answer = desk.call(call).await;
        assert!(!answer.ok && answer.text.contains(told), "{}", answer.text);
    }
    let typed = desk.call(json!({ "command": "true", "background": true, "input": "x" })).await;
    assert!(typed.text.contains("exit status 0"), "{}", typed.text);
}

#[tokio::test]
async fn an_end_that_nobody_was_told_is_told_with_the_next_command() {
    let desk = Desk::new().await;
    let quick = json!({ "command": "until [ -e go ]; do sleep 0.02; done; echo quick; (exit 3)",
        "background": true });
    assert!(desk.call(quick).await.text.contains("still running"));
    let go = json!({ "command": "touch go", "session": "other" });
    for _ in 0..2_000 {
        desk.call(go.clone()).await;
        let said = desk.run("echo next").await;
        if !said.contains("still runs") {
            let before = "quick\n\n[the command before this ended: exit status 3]\n";
            assert_eq!(said, format!("{before}next\n[exit status 0]"));
            return;
        }
    }
    panic!("it never ended");
}
