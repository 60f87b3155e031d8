use super::*;

fn states() -> Vec<State> {
    let task = TaskId::from_random(7);
    let attempt = AttemptId::new(&task, 1);
    let pull_request = PullRequestId::of(&task);
    let commit: Commit = "a".repeat(40).parse().unwrap();
    vec![
        State::Open,
        State::Running,
        State::Decided { attempt: attempt.clone() },
        State::Offered { attempt, pull_request: pull_request.clone() },
        State::Merged { pull_request, commit },
        State::Closed { reason: "no".into() },
        State::Cancelled,
    ]
}

/// Every transition from every state: what is not in this table is refused.
#[test]
fn the_table_of_transitions() {
    let task = TaskId::from_random(7);
    let attempt = AttemptId::new(&task, 1);
    let commit: Commit = "a".repeat(40).parse().unwrap();
    let mut table = String::new();
    for state in states() {
        let from = state.name();
        let moves = [
            state.clone().start(),
            state.clone().decide(attempt.clone()),
            state.clone().offer(PullRequestId::of(&task)),
            state.clone().merge(commit.clone()),
            state.clone().close("no".into()),
            state.cancel(),
        ];
        let reached: Vec<&str> = moves.iter().flatten().map(State::name).collect();
        table.push_str(&format!("{from}: {}\n", reached.join(" ")));
    }
    expect_test::expect![[r"
        open: running cancelled
        running: decided closed cancelled
        decided: offered closed cancelled
        offered: merged closed
        merged: 
        closed: 
        cancelled: 
    "]]
    .assert_eq(&table);
}

#[test]
fn a_state_survives_its_stored_form() {
    for state in states() {
        let stored = serde_json::to_string(&state).unwrap();
        assert_eq!(serde_json::from_str::<State>(&stored).unwrap(), state, "{stored}");
    }
}
