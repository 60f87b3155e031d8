use domain::comment::{Place, Side};
use domain::evidence::{Finding, Kind, Mutant, Weight};
use domain::{Comment, CommentId, Evidence, Timestamp};
use expect_test::expect;

use super::asked::{Line, Look, Raw};
use super::measure::{person, shown};
use super::*;

const OLD: &str = "fn main() {\n    let x = 1;\n    if a < b {}\n}\n";
const NEW: &str = "fn main() {\n    let x = 1;\n    if a <= b {}\n}\n";

fn raw(query: &[(&str, &str)]) -> Raw {
    let object: serde_json::Map<String, serde_json::Value> =
        query.iter().map(|(name, value)| ((*name).to_owned(), (*value).into())).collect();
    serde_json::from_value(object.into()).unwrap()
}

fn table(page: &str) -> String {
    let from = page.find("<table class=\"lines").unwrap();
    let to = page[from..].find("</table>").unwrap() + from;
    page[from..to].replace("</tr>", "</tr>\n")
}

#[test]
fn lines_have_numbers_colours_and_marked_words() {
    let page = page::page_of(&shown("a.rs", OLD, NEW, &Raw::default()), &person()).into_string();
    expect![[r#"
        <table class="lines lines-unified"><colgroup><col class="n"><col class="n"><col class="m"><col class="t"></colgroup><tbody><tr><td class="n"><a id="f0L1" href="?comment=0L1#f0L1">1</a></td><td class="n"><a id="f0R1" href="?comment=0R1#f0R1">1</a></td><td class="m"></td><td class="t" dir="ltr"><span class="k">fn</span> <span class="f">main</span>() {</td></tr>
        <tr><td class="n"><a id="f0L2" href="?comment=0L2#f0L2">2</a></td><td class="n"><a id="f0R2" href="?comment=0R2#f0R2">2</a></td><td class="m"></td><td class="t" dir="ltr">    <span class="k">let</span> x = <span class="d">1</span>;</td></tr>
        <tr class="del"><td class="n del"><a id="f0L3" href="?comment=0L3#f0L3">3</a></td><td class="n"></td><td class="m">−</td><td class="t del" dir="ltr">    <span class="k">if</span> a &lt; b {}</td></tr>
        <tr class="add"><td class="n"></td><td class="n add"><a id="f0R3" href="?comment=0R3#f0R3">3</a></td><td class="m">+</td><td class="t add" dir="ltr">    <span class="k">if</span> a &lt;<span class="w">=</span> b {}</td></tr>
        <tr><td class="n"><a id="f0L4" href="?comment=0L4#f0L4">4</a></td><td class="n"><a id="f0R4" href="?comment=0R4#f0R4">4</a></td><td class="m"></td><td class="t" dir="ltr">}</td></tr>
        </tbody>"#]].assert_eq(&table(&page));
}

#[test]
fn the_other_view_has_both_sides_in_a_row() {
    let page = change_page("a.txt", OLD, NEW, true);
    expect![[r#"
        <table class="lines lines-split"><colgroup><col class="n"><col class="t"><col class="n"><col class="t"></colgroup><tbody><tr><td class="n"><a id="f0L1" href="?view=split&amp;comment=0L1#f0L1">1</a></td><td class="t" dir="ltr">fn main() {</td><td class="n"><a id="f0R1" href="?view=split&amp;comment=0R1#f0R1">1</a></td><td class="t" dir="ltr">fn main() {</td></tr>
        <tr><td class="n"><a id="f0L2" href="?view=split&amp;comment=0L2#f0L2">2</a></td><td class="t" dir="ltr">    let x = 1;</td><td class="n"><a id="f0R2" href="?view=split&amp;comment=0R2#f0R2">2</a></td><td class="t" dir="ltr">    let x = 1;</td></tr>
        <tr class="both"><td class="n del"><a id="f0L3" href="?view=split&amp;comment=0L3#f0L3">3</a></td><td class="t del" dir="ltr">    if a &lt; b {}</td><td class="n add"><a id="f0R3" href="?view=split&amp;comment=0R3#f0R3">3</a></td><td class="t add" dir="ltr">    if a &lt;<span class="w">=</span> b {}</td></tr>
        <tr><td class="n"><a id="f0L4" href="?view=split&amp;comment=0L4#f0L4">4</a></td><td class="t" dir="ltr">}</td><td class="n"><a id="f0R4" href="?view=split&amp;comment=0R4#f0R4">4</a></td><td class="t" dir="ltr">}</td></tr>
        </tbody>"#]].assert_eq(&table(&page));
}

#[test]
fn hostile_names_and_lines_are_text() {
    let evil = "\"><img src=x onerror=alert(1)>\u{202e}<script>alert(1)</script>\r!\n";
    let mut shown = shown(&format!("a/{}", evil.trim()), "", evil, &Raw::default());
    shown.task.text = evil.into();
    for split in ["", "split"] {
        shown.look = Look::of_change(&"abcdefgh.1".parse().unwrap(), &raw(&[("view", split)]));
        let page = page::page_of(&shown, &person()).into_string();
        assert!(!page.contains("<img") && !page.contains("<script>alert"), "{page}");
        assert!(
            !page.contains('\u{202e}') || !page.replace("value=", "").contains("\u{202e}<"),
            "{page}"
        );
        assert!(page.contains("⟨U+202E⟩") && page.contains("⟨U+000D⟩"), "{page}");
    }
}

#[test]
fn what_is_known_and_said_of_a_line_is_at_the_line() {
    let mut shown = shown("a.rs", OLD, NEW, &raw(&[("comment", "0R3")]));
    let commit: domain::Commit = "0123456789".repeat(4).parse().unwrap();
    let mut evidence = Evidence::new(commit.clone(), commit);
    evidence.mutation.survivors.push(Mutant {
        path: "a.rs".into(),
        line: 3,
        operator: "operator".into(),
        diff: "--- a/a.rs\n+++ b/a.rs\n@@ -3 +3 @@\n-    if a <= b {}\n+    if a < b {}\n".into(),
    });
    evidence.findings.push(Finding {
        kind: Kind::Secret,
        weight: Weight::Objection,
        path: Some("a.rs".into()),
        line: Some(1),
        text: "looks like a <b>key</b>".into(),
    });
    shown.notes = Notes::of(&evidence);
    shown.comments.push(Comment {
        id: CommentId::from_random(1),
        attempt: "abcdefgh.1".parse().unwrap(),
        person: "ada".into(),
        at: Timestamp(0),
        place: Place { path: "a.rs".into(), side: Side::Old, line: 3 },
        text: "why?".into(),
        sent: None,
    });
    let page = page::page_of(&shown, &person()).into_string();
    assert!(page.contains("looks like a &lt;b&gt;key"), "{page}");
    assert!(
        page.contains(
            "<code><bdi>if a &lt;= b {}</bdi></code> → <code><bdi>if a &lt; b {}</bdi></code>"
        ),
        "{page}"
    );
    assert!(page.contains("Send 1 comment as feedback") && page.contains("why?"), "{page}");
    assert!(page.contains("name=\"line\" value=\"0R3\""), "{page}");
}

#[test]
fn addresses_keep_what_is_looked_at() {
    let id: AttemptId = "abcdefgh.1".parse().unwrap();
    let look = Look::of_change(&id, &raw(&[("view", "split"), ("file", "3"), ("context", "all")]));
    assert_eq!(look.back(), "/attempts/abcdefgh.1/diff?view=split&file=3&context=all");
    assert_eq!(look.comment_prefix(), "?view=split&file=3&context=all&comment=");
    assert_eq!(look.whole_file(5), "/attempts/abcdefgh.1/diff?view=split&file=5&context=all");
    let line = Line::parse("3R12").unwrap();
    assert_eq!((line.to_string(), line.side), ("3R12".into(), Side::New));
    for wrong in ["", "R", "3R", "3R0", "xR1", "3Q1", "-1L1"] {
        assert_eq!(Line::parse(wrong), None, "{wrong}");
    }
}

#[test]
fn long_files_and_lines_stay_short() {
    let long = "x".repeat(1 << 20);
    let page = change_page("a.rs", "", &long, false);
    assert!(page.len() < 64 * 1024 && page.contains("more characters"), "{}", page.len());
    let lines = "x\n".repeat(30_000);
    let page = change_page("a.rs", "", &lines, false);
    assert!(page.len() < 64 * 1024 && page.contains("Show this file"), "{}", page.len());
}
