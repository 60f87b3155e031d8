//! The bench alone, over a computer without isolation and the machine's node.

use computer::fake::Fake;
use computer::{Backend, Spec, WORKSPACE};

use syntax::edit::{Edit, Replacement, Template};

use super::*;
use crate::bench::{Outcome, Verdict};
use crate::candidate::Candidate;

const COMMAND: &str = "node --test";

async fn project(files: &[(&str, &str)]) -> Box<dyn Computer> {
    let fake = Fake::new();
    let computer = fake.fork(&fake.bare(), &Spec::default()).await.unwrap();
    for (path, text) in files {
        let path = std::path::Path::new(WORKSPACE).join(path);
        computer.write(&path, text.as_bytes(), 0o644).await.unwrap();
    }
    let git =
        "git init -q -b main && git add -A && git -c user.name=t -c user.email=t@t commit -qm 1";
    assert!(computer.run(Exec::shell(git)).await.unwrap().status.is_success());
    computer
}

/// Puts `new` in the place of the only `old` there is.
fn edit(path: &str, text: &str, old: &str, new: &str) -> Candidate {
    assert_eq!(text.matches(old).count(), 1, "{old}");
    let same = |(a, b): &(u8, u8)| a == b;
    let front = old.bytes().zip(new.bytes()).take_while(same).count();
    let start = text.find(old).unwrap() + front;
    let range = start..start + old.len() - front;
    let edit = Edit {
        replacements: vec![Replacement { range, text: new[front..].into() }],
        template: Template::Operator,
        cost: 1.0,
        line: 1,
        function: None,
        size: 1,
    };
    Candidate { path: path.into(), edit, suspicion: 1.0, imported: false }
}

async fn verdicts(
    bench: &dyn Bench,
    level: Level,
    tests: &[&str],
    candidates: &[Candidate],
) -> (Option<Vec<usize>>, Vec<Verdict>) {
    let batch = Batch {
        level,
        tests: tests.to_vec(),
        candidates: candidates.iter().collect(),
        patience: 5.0,
        stop_at_failure: false,
        dedupe: false,
        failing: false,
        time: Duration::from_secs(30),
    };
    let answers = bench.try_batch(&batch).await.unwrap();
    let without = answers.without_edit.map(|answer| answer.passed);
    (without, answers.each.into_iter().map(|answer| answer.verdict).collect())
}

const CLAMP: &str = "\
const LIMIT = 100;

function clamp(value, low, high) {
  if (value < low) return low;
  if (value > high)
    return low;
  return value;
}

function count(n) {
  let seen = 0;
  while (seen < n) { seen += 1; }
  return seen;
}

module.exports = { clamp, count, LIMIT };
";

const CLAMP_TEST: &str = "\
const { test, describe, it } = require('node:test');
const assert = require('node:assert');
const { clamp, count, LIMIT } = require('../src/clamp.js');

test('below', () => assert.strictEqual(clamp(-5, 0, 10), 0));
test('above', () => assert.strictEqual(clamp(15, 0, 10), 10));
describe('others', () => {
  it('inside', async () => { await null; assert.strictEqual(clamp(5, 0, 10), 5); });
  it('counts', () => assert.strictEqual(count(3), 3));
  it('has a limit', { skip: true }, () => assert.fail());
  it('has a large limit', () => assert.ok(LIMIT > 50));
});
";

#[tokio::test]
async fn a_run_notes_the_lines_of_each_test() {
    let files = [("src/clamp.js", CLAMP), ("test/clamp.test.js", CLAMP_TEST)];
    let computer = project(&files).await;
    let bench = open(&*computer, COMMAND);
    let recorded = bench.record(Duration::from_secs(60)).await.unwrap();
    assert!(!recorded.exited.status.is_success());
    let noted: Vec<String> = recorded
        .tests
        .iter()
        .map(|test| format!("{} {:?} {:?}", test.id, test.outcome, test.lines))
        .collect();
    expect_test::expect![[r#"
        test/clamp.test.js > below Passed {"src/clamp.js": [4]}
        test/clamp.test.js > above Failed {"src/clamp.js": [4, 5, 6]}
        test/clamp.test.js > others > inside Passed {"src/clamp.js": [4, 5, 7]}
        test/clamp.test.js > others > counts Passed {"src/clamp.js": [11, 12, 13]}
        test/clamp.test.js > others > has a limit Skipped {}
        test/clamp.test.js > others > has a large limit Passed {}"#]]
    .assert_eq(&noted.join("\n"));
    let above = recorded.with(Outcome::Failed).next().unwrap();
    assert!(above.error.contains("actual: 0\nexpected: 10"), "{}", above.error);
    let status = computer.run(Exec::shell("git status --porcelain")).await.unwrap();
    assert_eq!(status.text(), "", "the work tree was touched");
}

#[tokio::test]
async fn bodies_are_swapped_and_files_are_edited() {
    let files = [("src/clamp.js", CLAMP), ("test/clamp.test.js", CLAMP_TEST)];
    let computer = project(&files).await;
    let bench = open(&*computer, COMMAND);
    bench.record(Duration::from_secs(60)).await.unwrap();
    let path = "src/clamp.js";
    let candidates = [
        edit(path, CLAMP, "    return low;", "    return high;"),
        edit(path, CLAMP, "value > high", "value < high"),
        edit(path, CLAMP, "seen += 1", "seen -= 1"),
        edit(path, CLAMP, "LIMIT = 100", "LIMIT = 10"),
        edit(path, CLAMP, "    return low;", "    return (high;"),
        edit(path, CLAMP, "  return seen;", "  process.exit(0);"),
    ];
    let tests = [
        "test/clamp.test.js > above",
        "test/clamp.test.js > others > counts",
        "test/clamp.test.js > others > has a large limit",
    ];
    let (without, swapped) = verdicts(&*bench, Level::Swapped, &tests, &candidates).await;
    assert_eq!(without, Some(vec![1, 2]));
    use Verdict::{Cold, Failed, Passed, Timeout};
    assert_eq!(swapped, [Passed, Failed, Timeout, Cold, Failed, Failed]);
    let (without, fresh) = verdicts(&*bench, Level::Fresh, &tests, &candidates).await;
    assert_eq!(without, Some(vec![1, 2]));
    assert_eq!(fresh, [Passed, Failed, Timeout, Failed, Failed, Failed]);
}

/// Whatever the project's own tools are, they are there when they are needed: here they are made up
/// of what node has itself.
#[tokio::test]
async fn a_module_with_imports_and_a_test_that_leaves_traces() {
    let module = "\
let calls = 0;
export function next() {
  calls += 1;
  return calls;
}
export const half = async (n) => n / 3;
";
    let test = "\
import test from 'node:test';
import assert from 'node:assert';
import { half, next } from '../lib/half.mjs';
test('first', () => assert.equal(next(), 1));
test('half', async () => assert.equal(await half(4), 2));
";
    let files = [("lib/half.mjs", module), ("test/half.test.mjs", test)];
    let computer = project(&files).await;
    let bench = open(&*computer, COMMAND);
    let recorded = bench.record(Duration::from_secs(60)).await.unwrap();
    assert_eq!(recorded.with(Outcome::Failed).count(), 1);
    let candidates = [
        edit("lib/half.mjs", module, "n / 3", "n / 2"),
        edit("lib/half.mjs", module, "n / 3", "n - 3"),
        edit("lib/half.mjs", module, "calls += 1", "calls -= 1"),
    ];
    let tests = ["test/half.test.mjs > first", "test/half.test.mjs > half"];
    let (without, swapped) = verdicts(&*bench, Level::Swapped, &tests, &candidates).await;
    assert_eq!(without, Some(vec![0]));
    use Verdict::{Failed, Passed};
    assert_eq!(swapped, [Passed, Failed, Failed]);
}

/// As `script/bootstrap --for test` installs tsx.
async fn typescript(files: &[(&str, &str)]) -> Box<dyn Computer> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/test-runners");
    let modules = folder.canonicalize().unwrap_or(folder).join("node_modules");
    let tsx = modules.join("tsx");
    assert!(tsx.exists(), "{} is missing; run script/bootstrap --for test", tsx.display());
    let around = [("package.json", "{ \"type\": \"module\" }\n"), (".gitignore", "node_modules\n")];
    let computer = project(&[&around, files].concat()).await;
    let link = format!("ln -s '{}' node_modules", modules.display());
    assert!(computer.run(Exec::shell(&link)).await.unwrap().status.is_success());
    computer
}

#[tokio::test]
async fn typescript_is_swapped_behind_its_transpiler() {
    let module = "\
type Named<T> = { readonly name: string; readonly value: T };
const UNITS: Record<'g' | 'kg', number> = { g: 1, kg: 1000 };
export class Scale {
  private readonly all: Named<number>[] = [];
  constructor(private readonly most: number = 10) {}
  put(name: string, value: number, unit: keyof typeof UNITS = 'g'): this {
    const one: Named<number> = { name, value: value / UNITS[unit]! };
    if (one.value > (this.most as number)) throw new RangeError(name);
    this.all.push(one);
    return this;
  }
  names(): string[] {
    return this.all.map((one: Named<number>): string => one.name.toLowerCase());
  }
  total = (): number => this.all.reduce<number>((sum, { value }) => sum + value, 0);
}
";
    let test = "\
import assert from 'node:assert';
import { test } from 'node:test';
import { Scale } from '../scale.ts';
const one = (): Scale => new Scale(5000).put('A', 3).put('b', 2, 'kg');
test('total', () => assert.equal(one().total(), 2003));
test('names', () => assert.deepEqual(one().names(), ['a', 'b']));
test('most', () => assert.throws(() => new Scale(1).put('c', 2), RangeError));
";
    let computer = typescript(&[("scale.ts", module), ("test/scale.test.ts", test)]).await;
    let bench = open(&*computer, "node --import tsx --test test/*.test.ts");
    let recorded = bench.record(Duration::from_secs(120)).await.unwrap();
    let failing: Vec<&Test> = recorded.with(Outcome::Failed).collect();
    let [total] = failing[..] else { panic!("{recorded:?}") };
    assert_eq!(
        (&*total.id, &total.lines["scale.ts"]),
        ("test/scale.test.ts > total", &vec![7, 8, 9, 10, 15])
    );
    let candidates = [
        edit("scale.ts", module, "value / UNITS", "value * UNITS"),
        edit("scale.ts", module, "value / UNITS", "value - UNITS"),
        edit("scale.ts", module, "sum + value, 0", "sum + value, 1"),
        edit("scale.ts", module, "one.value > (this", "one.value >= (this"),
        edit("scale.ts", module, "Named<number>): string", "Named<Wrong>): string"),
        edit("scale.ts", module, "this.all.push(one)", "this.all.push(one"),
    ];
    let tests = ["test/scale.test.ts > total", "test/scale.test.ts > names"];
    let (without, swapped) = verdicts(&*bench, Level::Swapped, &tests, &candidates).await;
    assert_eq!(without, Some(vec![1]));
    use Verdict::{Failed, Passed, Syntax};
    assert_eq!(swapped, [Passed, Failed, Failed, Failed, Failed, Syntax], "none is cold");
    let (without, fresh) = verdicts(&*bench, Level::Fresh, &tests, &candidates[..2]).await;
    assert_eq!((without, &fresh[..]), (Some(vec![1]), &[Passed, Failed][..]));
}

#[tokio::test]
async fn a_test_that_never_ends_and_a_runner_that_is_not_known() {
    let module = "exports.down = (n) => { while (n > 0) n += 0; return n; };\n";
    let test = "const { test } = require('node:test');\nconst { down } = require('../down.js');\n\
                test('down', () => down(3));\ntest('zero', () => down(0));\n";
    let computer = project(&[("down.js", module), ("test/down.test.js", test)]).await;
    let bench = open(&*computer, COMMAND);
    let recorded = bench.record(Duration::from_secs(60)).await.unwrap();
    let hung: Vec<bool> = recorded.tests.iter().map(|test| test.hung).collect();
    assert_eq!(hung, [true, false]);
    let candidates = [edit("down.js", module, "n += 0", "n -= 1")];
    let (_, swapped) =
        verdicts(&*bench, Level::Swapped, &["test/down.test.js > down"], &candidates).await;
    assert_eq!(swapped, [Verdict::Passed]);

    let bench = open(&*computer, "echo jest: FAIL test/down.test.js; false");
    let recorded = bench.record(Duration::from_secs(60)).await.unwrap();
    let [whole] = &recorded.tests[..] else { panic!("{recorded:?}") };
    assert_eq!((whole.outcome, &whole.lines["down.js"]), (Outcome::Failed, &vec![1]));
    let (without, _) = verdicts(&*bench, Level::Fresh, &[&whole.id], &candidates).await;
    assert_eq!(without, None, "only the command as it is can tell");

    let bench = open(&*computer, "false");
    let recorded = bench.record(Duration::from_secs(60)).await.unwrap();
    assert!(recorded.tests.is_empty());
    let CantRun { why, .. } = bench.why_none(&recorded);
    assert!(why.contains("node's own runner or mocha"), "{why}");
}
