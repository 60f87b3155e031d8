use expect_test::expect;

use super::super::parse::parse;
use super::*;

/// Applies the body of a patch to `a.py`.
fn apply_to(text: &str, body: &str) -> Result<Option<String>, Failure> {
    let edits = parse(&format!("*** Begin Patch\n{body}\n*** End Patch")).unwrap();
    let before = edits.iter().map(|edit| (edit.path().to_owned(), None));
    let mut before: Texts = before.collect();
    before.insert("a.py".into(), Some(text.into()));
    Ok(apply(&edits, &before)?.after.remove("a.py").flatten())
}

fn updated(text: &str, hunks: &str) -> String {
    apply_to(text, &format!("*** Update File: a.py\n{hunks}")).unwrap().unwrap()
}

fn refused(hunks: &str) -> String {
    apply_to(
        TWICE,
        &format!(
            "*** Update File: a.py
{hunks}"
        ),
    )
    .unwrap_err()
}

const TWICE: &str = "def f():\n    return 1\n\ndef g():\n    return 1\n";

#[test]
fn lines_come_go_and_stay() {
    assert_eq!(updated("a\nb\nc\n", "@@\n a\n-b\n+B\n+BB\n c"), "a\nB\nBB\nc\n");
    assert_eq!(updated("a\nb\nc\n", "-a\n@@\n-c"), "b\n");
    assert_eq!(updated("a\n", "+end"), "a\nend\n", "without old lines it goes to the end");
    assert_eq!(updated("", "+first"), "first\n");
}

#[test]
fn an_anchor_chooses_the_place() {
    let hunk = "@@ def g():\n-    return 1\n+    return 2";
    assert_eq!(updated(TWICE, hunk), "def f():\n    return 1\n\ndef g():\n    return 2\n");
    assert_eq!(
        updated("class A:\n    x = 1\n", "@@ class A:\n+    y = 2"),
        "class A:\n    y = 2\n    x = 1\n"
    );
    let with_itself = "@@ def g():\n def g():\n-    return 1\n+    return 2";
    assert_eq!(updated(TWICE, with_itself), "def f():\n    return 1\n\ndef g():\n    return 2\n");
}

#[test]
fn the_files_own_line_ends_and_white_space_stay() {
    assert_eq!(updated("a  \nb\n", " a\n-b\n+c"), "a  \nc\n");
    assert_eq!(updated("a\r\nb\r\n", " a\n-b\n+c"), "a\r\nc\r\n");
    assert_eq!(updated("a\nb", "-b\n+c"), "a\nc", "no newline at the end before, none after");
}

#[test]
fn a_part_may_be_said_to_be_at_the_end() {
    assert_eq!(updated("x\ny\nx\n", "-x\n+z\n*** End of File"), "x\ny\nz\n");
    assert_eq!(updated("x\n", "@@ x\n+z\n*** End of File"), "x\nz\n");
    assert!(apply_to("x\ny\n", "*** Update File: a.py\n-x\n*** End of File").is_err());
}

#[test]
fn what_is_not_exact_is_noted() {
    let edits = parse("*** Begin Patch\n*** Update File: a.py\n-x \n+y\n*** End Patch").unwrap();
    let before = Texts::from([("a.py".to_owned(), Some("w\nx\n".to_owned()))]);
    let applied = apply(&edits, &before).unwrap();
    assert_eq!(applied.notes, ["a.py: from line 2 the white space at lines' ends differed"]);
}

#[test]
fn files_move() {
    let body = "*** Update File: a.py\n*** Move to: b.py\n-x\n+y";
    let edits = parse(&format!("*** Begin Patch\n{body}\n*** End Patch")).unwrap();
    let before = |b: Option<&str>| {
        let text = |text: &str| Some(text.to_owned());
        Texts::from([("a.py".into(), text("x\n")), ("b.py".into(), b.and_then(text))])
    };
    let applied = apply(&edits, &before(None)).unwrap();
    let after = Texts::from([("a.py".into(), None), ("b.py".into(), Some("y\n".into()))]);
    assert_eq!(applied.after, after);
    assert_eq!(applied.moved["b.py"], "a.py");
    let failure = apply(&edits, &before(Some("there"))).unwrap_err();
    assert_eq!(failure, "a.py can't be moved: b.py is already there");
}

#[test]
fn what_does_not_fit_is_shown() {
    let told = [
        refused(
            "-    return 1
+    return 2",
        ),
        refused(
            "@@ def h():
-    return 1",
        ),
        refused(
            " def g():
-  return 1
+  return 2",
        ),
        refused("-nowhere"),
        refused(
            "-def g():
@@
-def f():",
        ),
    ];
    expect![[r#"
        a.py: the lines fit in 2 places (from line 2, 5): give more lines around the change, or a line above it after @@
        ---
        a.py: no line begins with "def h():"
        ---
        a.py: these lines are not in the file:
        def g():
          return 1
        The nearest is lines 4 to 5:
        def g():
            return 1
        ---
        a.py: these lines are not in the file:
        nowhere
        ---
        a.py: these lines are not in the file after line 4, where the part before it ended:
        def f():"#]].assert_eq(&told.join(
        "
---
",
    ));
}

#[test]
fn files_are_added_and_deleted() {
    assert_eq!(
        apply_to(
            "x
",
            "*** Delete File: a.py"
        ),
        Ok(None)
    );
    let two_steps = "*** Delete File: a.py
*** Add File: a.py
+y";
    assert_eq!(
        apply_to(
            "x
", two_steps
        ),
        Ok(Some(
            "y
"
            .into()
        ))
    );
    let impossible = [
        "*** Add File: a.py
+y",
        "*** Delete File: b.py",
        "*** Update File: b.py
+y",
    ];
    let told = impossible.map(|body| {
        apply_to(
            "x
", body,
        )
        .unwrap_err()
    });
    expect![[r#"
        a.py is already there; change it with Update File
        there is no file b.py
        there is no file b.py"#]]
    .assert_eq(&told.join(
        "
",
    ));
}
