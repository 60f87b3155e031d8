//! Runners that the machine of the tests has, with a change that fixes one test and adds one:
//! JavaScript's as `script/bootstrap --for test` installs them, Maven's report as it writes it.

use super::*;

const BUGGY: (&str, &str) = ("sum.js", "exports.sum = (a, b) => a - b;\n");
const FIXED: (&str, &str) = ("sum.js", "exports.sum = (a, b) => a + b;\n");
const PACKAGE: (&str, &str) = ("package.json", "{\"name\": \"sums\"}\n");

/// The program of a runner in the folder that the bootstrap installs into.
fn installed(program: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/test-runners");
    let path = folder.canonicalize().unwrap_or(folder).join("node_modules/.bin").join(program);
    assert!(path.exists(), "{} is missing; run script/bootstrap --for test", path.display());
    path.display().to_string()
}

/// Jest's and vitest's words; mocha calls a test `it`.
fn tests(imports: &str, test: &str) -> String {
    format!(
        "{imports}const assert = require('node:assert');\nconst {{ sum }} = require('./sum.js');\n\
         describe('sum', () => {{\n  {test}('nothing', () => assert.equal(sum(0, 0), 0));\n  \
         {test}('three', () => assert.equal(sum(1, 2), 3));\n  {test}('same', () => {{}});\n  \
         {test}('same', () => {{}});\n  {test}.skip('later', () => {{}});\n}});\n"
    )
}

async fn of(command: &str, name: &str, text: &str, added: &str, expected: Expect) {
    let more = name.replace("sum.", "more.");
    let (base, head) = ([PACKAGE, BUGGY, (name, text)], [FIXED, (&*more, added)]);
    let story = Story::new(&base, &head, command).await;
    let (evidence, ..) = story.prove().await.unwrap();
    let reader = evidence.checks[0].head.reader.clone().unwrap_or_default();
    expected.assert_eq(&format!("reader {reader}\n{}", shown(&evidence)));
}

fn added(test: &str) -> String {
    format!(
        "const assert = require('node:assert');\nconst {{ sum }} = require('./sum.js');\n\
         {test}('five', () => assert.equal(sum(2, 3), 5));\n"
    )
}

#[tokio::test]
async fn jest_names_its_tests() {
    let command = installed("jest");
    of(
        &command,
        "sum.test.js",
        &tests("", "test"),
        &added("test"),
        expect![[r#"
        reader jest
        test: exit 1 → exit 0
        known true, passed 3 → 5, failed 1 → 0
        fixed sum.test.js > sum > three
        added more.test.js > five passes=true RedGreen
        holds true, breaks false
    "#]],
    )
    .await;
}

#[tokio::test]
async fn vitest_names_its_tests() {
    let command = format!("{} run --globals", installed("vitest"));
    of(
        &command,
        "sum.test.js",
        &tests("", "test"),
        &added("test"),
        expect![[r#"
        reader vitest
        test: exit 1 → exit 0
        known true, passed 3 → 5, failed 1 → 0
        fixed sum.test.js > sum > three
        added more.test.js > five passes=true RedGreen
        holds true, breaks false
    "#]],
    )
    .await;
}

#[tokio::test]
async fn mocha_names_its_tests() {
    let command = format!("{} '*.spec.js'", installed("mocha"));
    of(
        &command,
        "sum.spec.js",
        &tests("", "it"),
        &added("it"),
        expect![[r#"
        reader mocha
        test: exit 1 → exit 0
        known true, passed 3 → 5, failed 1 → 0
        fixed sum.spec.js > sum > three
        added more.spec.js > five passes=true RedGreen
        holds true, breaks false
    "#]],
    )
    .await;
}

/// A tool that leaves a report where Maven's Surefire does, in its form.
#[tokio::test]
async fn a_report_in_junits_form_is_found() {
    let script = "mkdir -p target/surefire-reports\ncase $(cat sum) in good) b='';; *) b='<failure/>';; esac\n\
                  cat > target/surefire-reports/TEST-ex.SumTest.xml <<X\n<testsuite name=\"ex.SumTest\" tests=\"2\">\n\
                  <testcase classname=\"ex.SumTest\" name=\"a\"/>\n\
                  <testcase classname=\"ex.SumTest\" name=\"b\">$b</testcase></testsuite>\nX\ntest -z \"$b\"\n";
    let story = Story::new(&[("sum", "bad"), ("run", script)], &[("sum", "good")], "sh run").await;
    let (evidence, ..) = story.prove().await.unwrap();
    assert_eq!(evidence.checks[0].head.reader.as_deref(), Some("junit"));
    expect![[r#"
        test: exit 1 → exit 0
        known true, passed 1 → 2, failed 1 → 0
        fixed ex.SumTest::b
        holds true, breaks false
    "#]]
    .assert_eq(&shown(&evidence));
}

#[tokio::test]
async fn tap_is_read_from_the_log() {
    let script = "printf '1..2\\nok 1 - a\\n'; cat sum\n";
    let base = [("sum", "not ok 2 - b\n"), ("run", script)];
    let story = Story::new(&base, &[("sum", "ok 2 - b\n")], "sh run").await;
    let (evidence, ..) = story.prove().await.unwrap();
    assert_eq!(evidence.checks[0].head.reader.as_deref(), Some("tap"));
    expect![[r#"
        test: exit 0 → exit 0
        doubt at base: it ends with exit 0 although 1 of its tests fail
        known true, passed 1 → 2, failed 1 → 0
        fixed b
        holds true, breaks false
    "#]]
    .assert_eq(&shown(&evidence));
}
