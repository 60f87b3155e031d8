use expect_test::{Expect, expect};

use super::*;

fn refused(patch: &str, expected: &Expect) {
    expected.assert_eq(&parse(patch).unwrap_err());
}

#[test]
fn every_kind_of_edit_is_read() {
    let patch = "```\n*** Begin Patch\n*** Update File: a.py\n@@ def f():\n x\n-y\n+z\n\n*** End of File\n\
                 *** Add File: b.py\n+new\n+\n*** Delete File: c.py\n*** End Patch\n```";
    let hunk = Hunk {
        anchor: Some("def f():".into()),
        lines: vec![
            Line::Stays("x".into()),
            Line::Goes("y".into()),
            Line::Comes("z".into()),
            Line::Stays(String::new()),
        ],
    };
    let expected = [
        Edit::Update { path: "a.py".into(), hunks: vec![hunk] },
        Edit::Add { path: "b.py".into(), lines: vec!["new".into(), String::new()] },
        Edit::Delete { path: "c.py".into() },
    ];
    assert_eq!(parse(patch).unwrap(), expected);
}

#[test]
fn the_headers_of_diffs_are_understood() {
    assert_eq!(read_anchor(" -1,3 +1,4 @@ def f():"), Some("def f():".into()));
    assert_eq!(read_anchor(" -1,3 +1,4 @@"), None);
    assert_eq!(read_anchor(""), None);
    assert_eq!(read_anchor(" class A: @@"), Some("class A:".into()));
}

#[test]
fn what_is_no_patch_is_told_what_is_right() {
    let within = |body: &str| format!("*** Begin Patch\n{body}\n*** End Patch");
    refused("--- a/x\n+++ b/x", &expect!["the patch must begin with the line *** Begin Patch"]);
    refused("*** Begin Patch\n*** Update File: a\n", &expect!["the patch must end with the line *** End Patch"]);
    refused(&within("+x"), &expect![[r#"line 2 of the patch ("+x"): a patch begins with a line like *** Update File: path"#]]);
    refused(&within("*** Rename File: a"), &expect![[r#"line 2 of the patch ("*** Rename File: a"): only Add File, Update File and Delete File are known"#]]);
    refused(&within("*** Update File: a\nx = 1"), &expect![[r#"line 3 of the patch ("x = 1"): a line begins with a space (stays), - (goes), + (comes) or @@"#]]);
    refused(&within("*** Add File: a\nx = 1"), &expect![[r#"line 3 of the patch ("x = 1"): each line of a new file begins with +"#]]);
    refused(&within("*** Update File: a\n x"), &expect!["the update of a has no line that goes or comes"]);
    refused("*** Begin Patch\n*** End Patch", &expect!["the patch is empty"]);
    refused("*** End Patch\n*** Begin Patch", &expect!["*** End Patch stands before *** Begin Patch"]);
}
