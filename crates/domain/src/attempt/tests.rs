use super::*;

fn states() -> Vec<State> {
    vec![
        State::Queued,
        State::Preparing,
        State::Working,
        State::Paused { until: Some(Timestamp(5)), why: Pause::Plan },
        State::Proving,
        State::Ended { outcome: Outcome::OutOfTime },
    ]
}

/// Every transition from every state: what is not in this table is refused.
#[test]
fn the_table_of_transitions() {
    let mut table = String::new();
    for state in states() {
        let from = state.name();
        let moves = [
            ("prepare", state.clone().prepare()),
            ("work", state.clone().work()),
            ("pause", state.clone().pause(None, Pause::Plan)),
            ("go on", state.clone().go_on(Timestamp(9))),
            ("prove", state.clone().prove()),
            ("end", state.clone().end(Outcome::Cancelled)),
            ("change", state.end(Outcome::Changed)),
        ];
        let allowed: Vec<&str> =
            moves.iter().filter(|(_, to)| to.is_ok()).map(|(verb, _)| *verb).collect();
        table.push_str(&format!("{from}: {}\n", allowed.join(" ")));
    }
    expect_test::expect![[r"
        queued: prepare end
        preparing: prepare work end
        working: prepare pause prove end
        paused: prepare work go on end
        proving: prove end change
        ended: 
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
