use expect_test::{ExpectFile, expect, expect_file};

use super::*;
use crate::native::tools;

fn file(path: &str, text: &str) -> File {
    File { path: path.into(), text: text.into() }
}

fn bare() -> Situation {
    Situation {
        mode: Mode::Code,
        plan_first: false,
        network: Policy::None,
        checks: Vec::new(),
        time: Duration::from_secs(1800),
        instructions: Vec::new(),
        nested: Vec::new(),
        skills: Vec::new(),
        template: None,
    }
}

fn full() -> Situation {
    let check = |name: &str, command: &str| Check { name: name.into(), command: command.into() };
    let skill = |name: &str, description: &str| Skill {
        name: name.into(),
        description: description.into(),
        path: format!(".agents/skills/{name}/SKILL.md"),
    };
    Situation {
        network: Policy::Packages,
        checks: vec![check("test", "pytest -q"), check("lint", "ruff check .")],
        time: Duration::from_secs(61),
        instructions: vec![file("AGENTS.md", "Use tabs. {{ not_a_template }}")],
        nested: vec!["web/AGENTS.md".into()],
        skills: vec![skill("release", "How a release is made."), skill("bare", "")],
        template: Some(file(".github/pull_request_template.md", "## What\n## Why")),
        ..bare()
    }
}

/// All that stands before the first turn, except for the wire format.
fn request(situation: &Situation) -> String {
    let tools = tools::specs(situation.mode).into_iter().map(|spec| {
        let parameters = serde_json::to_string_pretty(&spec.parameters).unwrap();
        format!("--- tool: {}\n{}\n\n{parameters}\n", spec.name, spec.description)
    });
    let system = system(situation);
    let task = task("Make x two");
    format!("--- system\n{system}\n--- user\n{task}\n{}", tools.collect::<String>())
}

fn check(situation: &Situation, expected: &ExpectFile) {
    expected.assert_eq(&request(situation));
}

#[test]
fn a_bare_repository_gets_the_rules() {
    check(&bare(), &expect_file!["snapshots/code.txt"]);
}

#[test]
fn checks_instructions_skills_and_the_template_are_told() {
    check(&full(), &expect_file!["snapshots/code-full.txt"]);
}

#[test]
fn a_plan_may_come_first() {
    check(&Situation { plan_first: true, ..full() }, &expect_file!["snapshots/plan-first.txt"]);
}

#[test]
fn a_question_is_told_so() {
    check(&Situation { mode: Mode::Ask, ..bare() }, &expect_file!["snapshots/ask.txt"]);
    check(&Situation { mode: Mode::Ask, ..full() }, &expect_file!["snapshots/ask-full.txt"]);
}

#[test]
fn the_network_is_told_as_it_is() {
    let only = |list: &[&str]| {
        let list: Vec<String> = list.iter().map(|&rule| rule.to_owned()).collect();
        serde_json::from_value(serde_json::json!(list)).unwrap()
    };
    let policies = [Policy::None, Policy::Packages, Policy::All, only(&["crates.io", "GET a.org"])];
    let told = policies.map(|policy| network(&policy));
    expect![[r#"
        There is no network. What isn't installed can't be installed.
        The network reaches the package registries of the common languages, nothing else.
        The network reaches public addresses.
        The network reaches only this: crates.io, GET a.org."#]]
    .assert_eq(&told.join("\n"));
}

#[test]
fn notes_are_short() {
    let left = Duration::from_secs(150);
    let heard = ["Leave y alone".to_owned()];
    let notes = [
        remind(Mode::Code, false),
        remind(Mode::Code, true),
        remind(Mode::Ask, false),
        wrap_up(Mode::Code, 4, left),
        wrap_up(Mode::Ask, 4, left),
        repeated(Mode::Code, "shell", 5),
        resumed(left, false),
        resumed(left, true),
        interrupted(),
        not_begun(NotBegun::Interrupted),
        not_begun(NotBegun::Over),
        not_begun(NotBegun::PlanShown),
        not_begun(NotBegun::Heard),
        steered("Leave y alone"),
        approved("- [ ] Do it", false),
        approved("- [ ] Do it", true),
        plan_shown(),
        plan_changed(),
        over(),
        goes_on(),
        summarize(),
        compacted(&summary("I did much.", Some("- [ ] Do it"), &heard, " M a.py")),
        summary("I did much.", None, &[], ""),
        removed(),
    ];
    expect_file!["snapshots/notes.txt"].assert_eq(&notes.join("\n---\n"));
}
