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
        steered("Leave y alone"),
        approved("- [ ] Do it", false),
        approved("- [ ] Do it", true),
        plan_shown(),
        plan_changed(),
        summarize(),
        compacted(&summary("I did much.", Some("- [ ] Do it"), &heard, " M a.py")),
        summary("I did much.", None, &[], ""),
        removed(),
    ];
    expect![[r#"
        That was no tool call, and nobody reads what you write here. Go on with the work by calling a tool. If the work is done, or can't be done, call `finish`.
        ---
        That was no tool call, and nobody reads what you write here. Go on with the work by calling a tool. If the work is done, or can't be done, call `plan`.
        ---
        That was no tool call, and nobody reads what you write here. Go on with the work by calling a tool. If the work is done, or can't be done, call `answer`.
        ---
        Only 4 turns and 3 minutes are left. Bring what you have into a state that holds, run the checks once more, and call `finish`.
        ---
        Only 4 turns and 3 minutes are left. Call `answer` with what you know, and say what you couldn't find out.
        ---
        You have made the same call of `shell` 5 times with the same result. Doing it again will not help: try something else, or call `finish` and say what stands in the way.
        ---
        The work was interrupted here and goes on now. Shell sessions and background processes are gone; files are as they were left. 3 minutes are left.
        ---
        The computer that you worked on is gone, and the work goes on on a new one. The change that you had finished, if you had one, is in its repository; nothing else is there that you made, installed or started. 3 minutes are left.
        ---
        There is no result: the work was interrupted while this ran. It may or may not have had its effect. Shell sessions and background processes are gone; files are as they were left.
        ---
        This was not run: the work was interrupted before.
        ---
        This was not run: the work was over.
        ---
        This was not run: the plan is to be approved first.
        ---
        A person who follows the work says:

        Leave y alone
        ---
        A person has approved the plan. Go by it now; you may change files:

        - [ ] Do it
        ---
        A person has approved the plan after editing it. Go by it now; you may change files:

        - [ ] Do it
        ---
        The plan is shown to a person now. The work goes on when it is approved.
        ---
        The plan was not taken: the repository's files differ from how they were at the start, and nothing may be changed before the plan is approved. Put them back (see `git status`), then call `plan` again.
        ---
        The conversation is about to be shortened, because it nearly fills your window. Call no tool now. Write down, for yourself, all that you need to go on without it: what the task asks for, what you found out and where (files, functions, lines), what you decided and why, what you tried that didn't work, what is done, which commands you ran and what they showed, and what is still to do. Be exact and brief. The task, the plan, what persons said, the state of the repository and your last steps are kept anyway.
        ---
        [The conversation up to here was shortened. Its summary:]

        I did much.

        # The plan

        - [ ] Do it

        # What persons said meanwhile

        - Leave y alone

        # The repository now, as git shows it

         M a.py
        ---
        I did much.
        ---
        [This result was left out.]"#]].assert_eq(&notes.join("\n---\n"));
}
