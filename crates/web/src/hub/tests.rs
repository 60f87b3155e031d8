use domain::{AttemptId, Event, Fact, Timestamp};
use store::moved::{Grown, Moved, Position};

use super::{id, notices, parse};

fn grown(position: i64, attempt: &str, seq: u64, fact: Fact) -> Grown {
    let attempt: AttemptId = attempt.parse().unwrap();
    let event = Event { attempt: attempt.clone(), seq, at: Timestamp(1), fact };
    Grown { position, attempt, seq, event: Some(event) }
}

#[test]
fn an_id_is_read_as_it_was_written_and_nothing_else_is() {
    let at = Position { event: 12, moved: 7 };
    assert_eq!(parse(&id(at)), Some(at));
    for text in ["", "-", "1", "1-", "-1-2", "1-2-3", "a-b", "99999999999999999999-1"] {
        assert_eq!(parse(text), None, "{text}");
    }
}

/// An attempt is named once, with how far it is; whoever is cut between two frames hears some of
/// them again, and misses none.
#[test]
fn notices_say_how_far_attempts_are_and_end_with_the_position_of_all() {
    let from = Position { event: 10, moved: 3 };
    let to = Position { event: 13, moved: 5 };
    let moved = |position, verdict: Option<&str>| Moved {
        position,
        task: "k3v9x2ab".parse().unwrap(),
        state: "running".into(),
        verdict: verdict.map(|id| (id.parse().unwrap(), "pending".into())),
    };
    let moves = [moved(4, None), moved(5, Some("v3rd1ct0"))];
    let working = Fact::Moved { state: domain::attempt::State::Working };
    let logs = [
        grown(11, "k3v9x2ab.1", 4, working),
        grown(12, "k3v9x2ab.2", 9, Fact::Said { text: "hm".into() }),
        grown(13, "k3v9x2ab.1", 5, Fact::Said { text: "so".into() }),
    ];
    expect_test::expect![[r#"
        event: task
        id: 10-4
        data: {"task":"k3v9x2ab","state":"running"}

        event: verdict
        id: 10-5
        data: {"task":"k3v9x2ab","verdict":"v3rd1ct0","state":"pending"}

        event: attempt
        data: {"task":"k3v9x2ab","attempt":"k3v9x2ab.1","seq":5,"state":"working"}

        event: attempt
        id: 13-5
        data: {"task":"k3v9x2ab","attempt":"k3v9x2ab.2","seq":9}

    "#]]
    .assert_eq(&notices(from, to, &moves, &logs));
}
