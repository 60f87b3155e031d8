//! What a shell is told, for bash and any other `sh`. Pure.
//!
//! A command is evaluated in the shell itself, so that its directory and variables last, with
//! descriptors that it can't take from us: 8 is the output, 9 tells how commands end. When it is
//! over its exit status goes to 9, and a mark that nobody can guess to 8, after all that it wrote.

/// A bash, or an `sh` where there is none, that reads what it is to do from its input.
pub(super) const START: &str = "if command -v bash >/dev/null 2>&1; \
    then exec bash --noprofile --norc -s; else exec sh -s; fi";

/// The first thing that it is told. An interrupt ends a command and not the shell.
pub(super) const FIRST: &str = "exec 8>&1 9>&2 2>&1; trap : INT\n";

/// Where a command's input comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum From<'a> {
    Nothing,
    Text(&'a str),
    /// The shell's own, while the command runs.
    Shell,
}

/// The lines that make a shell evaluate `command`. `mark` is new for each.
pub(super) fn lines(command: &str, from: From<'_>, mark: &str) -> String {
    let (input, after, text) = match from {
        From::Nothing => ("</dev/null".to_owned(), String::new(), String::new()),
        From::Text(text) => (format!("<<'{mark}'"), String::new(), format!("{text}\n{mark}\n")),
        // What the command didn't read isn't for the shell.
        From::Shell => (
            String::new(),
            format!("; while IFS= read -r __w && [ \"$__w\" != {mark} ]; do :; done"),
            String::new(),
        ),
    };
    let quoted = quoted(command);
    format!(
        "command eval {quoted} {input} >&8 2>&1 8>&- 9>&-; \
         {{ __w=$?; set +eux; ${{BASH_VERSION:+set +o pipefail}}; }} 2>/dev/null; \
         command printf '%s %s\\n' {mark} \"$__w\" >&9; command printf '%s\\n' {mark} >&8{after}\n\
         {text}"
    )
}

/// Ends the input of a command that had [`From::Shell`] and is over.
pub(super) fn end_of_input(mark: &str) -> String {
    format!("\n{mark}\n")
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use computer::{Exec, Stdin};
    use expect_test::expect;

    use super::super::super::super::tests::computer_with;
    use super::*;

    #[test]
    fn a_command_is_quoted_whole() {
        expect![[r#"
            command eval 'echo '\''it'\''
            exit' </dev/null >&8 2>&1 8>&- 9>&-; { __w=$?; set +eux; ${BASH_VERSION:+set +o pipefail}; } 2>/dev/null; command printf '%s %s\n' m1 "$__w" >&9; command printf '%s\n' m1 >&8
        "#]]
        .assert_eq(&lines("echo 'it'\nexit", From::Nothing, "m1"));
        assert!(lines("cat", From::Text("a"), "m1").ends_with(">&8\na\nm1\n"));
    }

    /// What `/bin/sh` is differs among images: bash is only asked for first.
    #[tokio::test]
    async fn every_shell_understands_it() {
        let script = [
            FIRST.to_owned(),
            lines("cd /usr; x='a b'; echo \"unclosed", From::Nothing, "m1"),
            lines("cd /usr; x='a b'", From::Nothing, "m2"),
            lines("pwd; echo $x; cat; exec >/dev/null; (exit 7)", From::Text("it's\n$x"), "m3"),
            lines("echo on; cat", From::Nothing, "m4"),
        ];
        let computer = computer_with(&[]).await;
        for shell in ["bash --noprofile --norc -s", "sh -s"] {
            let exec = Exec::new(shell.split(' ')).stdin(Stdin::Bytes(script.concat().into()));
            let said = computer.run(exec).await.unwrap();
            assert_eq!(said.stderr.text(), "m1 2\nm2 0\nm3 7\nm4 0\n", "{shell}");
            let said = said.stdout.text();
            let (_complaint, said) = said.split_once("m1\n").unwrap();
            assert_eq!(said, "m2\n/usr\na b\nit's\n$x\nm3\non\nm4\n", "{shell}");
        }
    }
}
