use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use super::*;

/// What the shells of this machine make of a plan, with `input` behind it.
fn follow(plan: &[u8], input: &[u8]) -> Vec<Output> {
    let shells: [&[&str]; 3] = [&["/bin/dash"], &["/bin/bash", "--posix"], &["/bin/busybox", "sh"]];
    let there = shells.into_iter().filter(|shell| PathBuf::from(shell[0]).exists());
    let outputs: Vec<_> = there.map(|shell| one(shell, plan, input)).collect();
    assert!(!outputs.is_empty(), "this machine has no shell");
    outputs
}

fn one(shell: &[&str], plan: &[u8], input: &[u8]) -> Output {
    #[expect(clippy::disallowed_methods, reason = "a shell is what is tried here")]
    let mut command = Command::new(shell[0]);
    command.args(&shell[1..]).args(["-c", FOLLOW]).stdin(Stdio::piped());
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    // A program that reads nothing may have ended before.
    let _unread = stdin.write_all(plan).and_then(|()| stdin.write_all(input));
    drop(stdin);
    child.wait_with_output().unwrap()
}

/// The first line, and what came after it.
fn split(output: &Output) -> (Begun, Vec<u8>) {
    let end = output.stdout.iter().position(|&byte| byte == b'\n').unwrap();
    (Begun::parse(&output.stdout[..end]), output.stdout[end + 1..].to_vec())
}

#[test]
fn any_word_and_any_input_arrive_as_they_are() {
    let words =
        ["a b", "'", "\"$HOME\"", "`id`", "line\n\nbreaks\n", "\\", "ä\t", "", "--", "-n", "*"];
    let argv = ["printf", "%s|"].iter().chain(&words).copied();
    let exec = Exec::new(argv).cwd("/").env("WORD", "it's\n\"so\"\n");
    for output in follow(&run(&exec), b"") {
        let expected: String = words.iter().map(|word| format!("{word}|")).collect();
        let (begun, said) = split(&output);
        assert!(matches!(begun, Begun::Running { .. }));
        assert_eq!(String::from_utf8(said).unwrap(), expected);
    }
    let exec = Exec::shell("printf %s \"$WORD\"; cat").cwd("/").env("WORD", "it's\n\"so\"\n");
    for output in follow(&run(&exec), b"line\n\0\xff\n") {
        assert_eq!(split(&output).1, b"it's\n\"so\"\nline\n\0\xff\n");
    }
}

#[test]
fn what_cannot_begin_says_why() {
    let begun = |exec: Exec| {
        let all: Vec<_> = follow(&run(&exec), b"").iter().map(|output| split(output).0).collect();
        assert!(all.iter().all(|begun| *begun == all[0]), "{all:?}");
        all[0]
    };
    assert_eq!(begun(Exec::new(["true"]).cwd("/nowhere\n")), Begun::NoFolder);
    assert_eq!(begun(Exec::new(["no-such-program"]).cwd("/")), Begun::Missing);
    assert_eq!(begun(Exec::new(["/no/such/program"]).cwd("/")), Begun::Missing);
    assert_eq!(begun(Exec::new(Vec::<String>::new()).cwd("/")), Begun::Missing);
    assert_eq!(begun(Exec::new(["/etc/passwd"]).cwd("/")), Begun::Denied);
    assert_eq!(begun(Exec::new(["/usr"]).cwd("/")), Begun::Denied);
    let elsewhere = Exec::new(["python3", "-c", ""]).cwd("/").env("PATH", "/nowhere");
    assert_eq!(begun(elsewhere), Begun::Missing);
}

#[test]
fn files_are_replaced_and_read_and_nothing_else_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a folder/it's\na file");
    for output in follow(&write(&path, 0o640), b"\0bytes") {
        assert!(output.status.success(), "{output:?}");
        assert_eq!(std::fs::read(&path).unwrap(), b"\0bytes");
    }
    for output in follow(&read(&path, 3), b"") {
        assert_eq!(split(&output).1, b"\0byt", "one more shows that there was more");
    }
    let code = |plan: Vec<u8>| follow(&plan, b"").iter().map(|o| o.status.code().unwrap()).max();
    assert_eq!(code(read(&folder.path().join("nothing"), 9)), Some(MISSING));
    assert_eq!(code(read(folder.path(), 9)), Some(NO_FILE));
    assert_eq!(code(write(folder.path(), 0o644)), Some(NO_FILE));
    assert_eq!(code(write(&path.join("below a file"), 0o644)), Some(FAILED));
}

#[test]
fn a_first_line_that_is_none_begins_nothing() {
    for line in ["", "=", "=17", "=1 0", "=-2 0", "=0 0", "=99999999999 0", "=17 -1", "!", "ready"]
    {
        assert_eq!(Begun::parse(line.as_bytes()), Begun::Garbled, "{line}");
    }
    assert_eq!(Begun::parse(b"=17 3"), Begun::Running { group: 17, memory_kills: 3 });
}

#[test]
fn names_that_a_shell_can_export() {
    assert!(is_variable("PATH") && is_variable("_a1"));
    assert!(!["", "1a", "a-b", "a=b", "a b", "ä", "a\n"].into_iter().any(is_variable));
}

#[test]
fn the_first_process_is_a_script_that_every_shell_can_read() {
    for shell in [["/bin/dash", "-n"], ["/bin/bash", "-n"]] {
        #[expect(clippy::disallowed_methods, reason = "a shell is what is tried here")]
        let output = Command::new(shell[0]).args([shell[1], "-c", &first()]).output().unwrap();
        assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    }
}
