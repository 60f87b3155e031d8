use domain::evidence::{AddedTest, Check, Exit, Risk, Run};
use domain::{Change, Evidence, change};

use super::*;

fn commit(digit: char) -> Commit {
    digit.to_string().repeat(40).parse().expect("a commit")
}

fn change(files: &[(&str, u64, u64)]) -> Change {
    let file = |&(path, added, removed): &(&str, u64, u64)| change::FileChange {
        path: path.into(),
        kind: change::Kind::Modified,
        added: Some(added),
        removed: Some(removed),
    };
    let files = files.iter().map(file).collect();
    Change { base: commit('a'), head: commit('b'), commits: vec!["Fix it".into()], files }
}

fn proven() -> Evidence {
    let run = Run {
        exit: Exit::Code { code: 0 },
        duration_ms: 1,
        log: "test.log".into(),
        reader: None,
        doubt: None,
        cached: false,
    };
    let mut evidence = Evidence::new(commit('a'), commit('b'));
    evidence.checks =
        vec![Check { name: "test".into(), command: "true".into(), base: run.clone(), head: run }];
    evidence.tests.fixed = vec!["t".into()];
    evidence.risk = Risk { level: domain::evidence::Level::Low, reasons: vec![] };
    evidence
}

fn known(attempt: &str, change: Change, evidence: Evidence) -> Known {
    Known {
        attempt: attempt.parse().expect("an id"),
        follows: None,
        ended: Some(Timestamp(1_000)),
        change,
        evidence,
        title: "Fix the spring".into(),
        summary: "It overshot. Now it rests.".into(),
        micros: None,
        patch: None,
    }
}

fn waiting(task: &str, text: &str) -> Waiting {
    let id: TaskId = task.parse().expect("an id");
    let settings = task::Settings {
        agent: task::AgentName::Native,
        model: None,
        attempts: 1,
        limits: domain::limits::Limits::default(),
        seed: 0,
        without_setup: false,
        plan_first: false,
        enough: None,
    };
    Waiting {
        task: Task {
            project: "k3v9x2ab".parse().expect("an id"),
            person: "ada".into(),
            text: text.into(),
            mode: task::Mode::Code,
            settings,
            base: task::Base { branch: "main".into(), commit: commit('a') },
            created: Timestamp(0),
            state: task::State::Decided { attempt: AttemptId::new(&id, 1) },
            id,
        },
        origin: domain::project::Origin::Path("/srv/lilt".into()),
        settings: domain::project::Settings { approval: Approval::Offer },
    }
}

fn shown(task: &str, known: &Known) -> Card {
    card(waiting(task, "Fix it"), known, None, Vec::new(), Timestamp(1_000))
}

#[test]
fn what_is_trusted_and_small_comes_before_what_is_doubtful_and_large() {
    let small = known("aaaaaaa1.1", change(&[("a.py", 2, 1)]), proven());
    let large = known("aaaaaaa2.1", change(&[("a.py", 400, 90)]), proven());
    let doubtful = Evidence::new(commit('a'), commit('b'));
    let doubtful = known("aaaaaaa3.1", change(&[("a.py", 2, 1)]), doubtful);
    let found = [("aaaaaaa2", &large), ("aaaaaaa3", &doubtful), ("aaaaaaa1", &small)];
    let found = found.map(|(task, known)| (shown(task, known), None)).to_vec();
    let order: Vec<String> =
        order::ordered(found).into_iter().map(|card| card.attempt.to_string()).collect();
    assert_eq!(order, ["aaaaaaa1.1", "aaaaaaa3.1", "aaaaaaa2.1"]);
}

#[test]
fn of_the_same_patch_in_one_project_one_card_is_shown_and_the_older_of_equals() {
    let one = known("aaaaaaa1.1", change(&[("a.py", 2, 1)]), proven());
    let same = known("aaaaaaa2.1", change(&[("a.py", 2, 1)]), proven());
    let patch = || Some("abc".to_owned());
    let found = vec![(shown("aaaaaaa2", &same), patch()), (shown("aaaaaaa1", &one), patch())];
    let order = order::ordered(found);
    assert_eq!(order.len(), 1);
    assert_eq!(order[0].attempt, one.attempt);
}

#[test]
fn a_day_of_waiting_moves_a_card_forward() {
    let one = known("aaaaaaa1.1", change(&[("a.py", 2, 1)]), proven());
    let now = |ms| card(waiting("aaaaaaa1", "Fix it"), &one, None, Vec::new(), Timestamp(ms));
    assert!(now(86_400_000).score.weight() > now(1_000).score.weight());
}

#[test]
fn what_was_rejected_is_known_by_its_patch_and_where_unwanted_by_its_sentence() {
    let again = Known {
        patch: Some("abc".into()),
        ..known("aaaaaaa2.1", change(&[("a.py", 2, 1)]), proven())
    };
    let task = waiting("aaaaaaa2", "Fix it ").task;
    let rejected = |reason, patch: Option<&str>, text: &str| Rejected {
        project: task.project.clone(),
        attempt: "aaaaaaa1.1".parse().expect("an id"),
        text: text.into(),
        reason,
        patch: patch.map(str::to_owned),
    };
    assert!(is_same(&rejected(Reason::Style, Some("abc"), "Other"), &task, &again));
    assert!(!is_same(&rejected(Reason::Style, Some("abd"), "Fix it"), &task, &again));
    assert!(!is_same(&rejected(Reason::Style, None, "Fix it"), &task, &again));
    assert!(is_same(&rejected(Reason::Unwanted, None, "Fix it"), &task, &again));
    assert!(!is_same(&rejected(Reason::Unwanted, None, "Other"), &task, &again));
}

#[test]
fn a_follow_up_says_what_was_said_and_what_changed() {
    let before = known("aaaaaaa1.1", change(&[("a.py", 2, 1)]), proven());
    let mut better = proven();
    better.tests.added = vec![AddedTest {
        name: "n".into(),
        passes: true,
        on_base: domain::evidence::OnBase::RedGreen,
    }];
    let mut now = known("aaaaaaa1.2", change(&[("a.py", 2, 1), ("t.py", 5, 0)]), better);
    now.change.head = commit('c');
    now.follows = Some(before.attempt.clone());
    let id: TaskId = "aaaaaaa1".parse().expect("an id");
    let verdict = Verdict {
        id: domain::VerdictId::from_random(1),
        task: id,
        attempt: before.attempt.clone(),
        person: "ada".into(),
        via: domain::verdict::Via::Feed,
        at: Timestamp(1),
        due: Timestamp(2),
        said: Said::Feedback { text: "Test it too".into() },
        state: State::CarriedOut { outcome: Outcome::Followed { attempt: now.attempt.clone() } },
    };
    let card =
        card(waiting("aaaaaaa1", "Fix it"), &now, Some(&before), vec![&verdict], Timestamp(2_000));
    let since = card.since_last.expect("it follows");
    assert_eq!(since.feedback.expect("given").text, "Test it too");
    let expected = ["also changes t.py", "+2 −1 → +7 −1 lines", "red→green 0/0 → 1/1"];
    assert_eq!(since.differences, expected);
}
