use expect_test::expect;

use super::*;

#[test]
fn every_kind_of_edit_is_read() {
    let patch = "```\n*** Begin Patch\n*** Update File: a.py\n*** Move to: d.py\n@@ def f():\n x\n-y\n+z\n\n*** End of File\n\
                 *** Add File: b.py\n+new\n+\n*** Delete File: c.py\n*** End Patch\n```";
    let hunk = Hunk {
        anchor: Some("def f():".into()),
        lines: vec![
            Line::Stays("x".into()),
            Line::Goes("y".into()),
            Line::Comes("z".into()),
            Line::Stays(String::new()),
        ],
        at_end: true,
    };
    let expected = [
        Edit::Update { path: "a.py".into(), to: Some("d.py".into()), hunks: vec![hunk] },
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
    let within = |body: &str| {
        format!(
            "*** Begin Patch
{body}
*** End Patch"
        )
    };
    let patches = [
        "--- a/x
+++ b/x"
            .to_owned(),
        "*** Begin Patch
*** Update File: a
"
        .to_owned(),
        "*** End Patch
*** Begin Patch"
            .to_owned(),
        "*** Begin Patch
*** End Patch"
            .to_owned(),
        within("+x"),
        within("*** Rename File: a"),
        within(
            "*** Add File: a
*** Move to: b",
        ),
        within(
            "*** Update File: a
*** End of File",
        ),
        within(
            "*** Update File: a
x = 1",
        ),
        within(
            "*** Add File: a
x = 1",
        ),
        within(
            "*** Update File: a
 x",
        ),
    ];
    let told = patches.map(|patch| parse(&patch).unwrap_err());
    expect![[r#"
        the patch must begin with the line *** Begin Patch
        the patch must end with the line *** End Patch
        *** End Patch stands before *** Begin Patch
        the patch is empty
        line 2 of the patch ("+x"): a patch begins with a line like *** Update File: path
        line 2 of the patch ("*** Rename File: a"): only Add File, Update File, Move to, Delete File and End of File are known
        line 3 of the patch ("*** Move to: b"): Move to follows directly upon Update File, once
        line 3 of the patch ("*** End of File"): End of File follows upon the lines of an update
        line 3 of the patch ("x = 1"): a line begins with a space (stays), - (goes), + (comes) or @@
        line 3 of the patch ("x = 1"): each line of a new file begins with +
        the update of a has no line that goes or comes"#]].assert_eq(&told.join(
        "
",
    ));
}
