use super::*;

/// A history from its newest commit: `-` bad, `+` good, `?` can't be told. Gives what was found
/// and how many commits were looked at besides the newest.
fn hunt(history: &str) -> (Found, usize) {
    let seen = |c| match c {
        '-' => Seen::Bad,
        '+' => Seen::Good,
        _ => Seen::Unknown,
    };
    let history: Vec<Seen> = history.chars().map(seen).collect();
    let (mut hunt, mut looks) = (Hunt::new(history.len()), 0);
    loop {
        match hunt.next() {
            Next::Found(found) => return (found, looks),
            Next::Look(commit) => {
                assert!(hunt.seen[commit].is_none(), "{commit} was looked at before");
                looks += 1;
                hunt.note(commit, history[commit]);
            }
        }
    }
}

#[test]
fn every_border_of_every_short_history_is_found() {
    for commits in 2..40 {
        for bad in 1..commits {
            let history = "-".repeat(bad) + &"+".repeat(commits - bad);
            let (found, looks) = hunt(&history);
            assert_eq!(found, Found::Culprit(bad - 1), "{history}");
            assert!(looks <= 12, "{history} took {looks}");
        }
    }
}

#[test]
fn a_thousand_commits_take_few_looks() {
    let history = "-".repeat(700) + &"+".repeat(324);
    let (found, looks) = hunt(&history);
    assert_eq!(found, Found::Culprit(699));
    assert!(looks <= 20, "{looks}");
}

#[test]
fn commits_that_can_not_be_told_are_gone_around() {
    assert_eq!(hunt("----?--++").0, Found::Culprit(6));
    assert_eq!(hunt("--??++++").0, Found::OneOf { newest: 1, oldest: 3 });
    assert_eq!(hunt("-?+").0, Found::OneOf { newest: 0, oldest: 1 });
    assert_eq!(hunt("---+????????????").0, Found::Culprit(2));
    assert_eq!(hunt("--?+?").0, Found::OneOf { newest: 1, oldest: 2 });
    assert_eq!(hunt("--?????++????????").0, Found::OneOf { newest: 1, oldest: 6 });
    let (found, looks) = hunt(&("-".to_owned() + &"?".repeat(5_000)));
    assert!(found == Found::NeverGood && looks <= 40, "{found:?} {looks}");
}

#[test]
fn what_was_never_good_has_no_culprit() {
    for history in ["-", "--", "-------", "---???", "-?", "-?????????"] {
        assert_eq!(hunt(history).0, Found::NeverGood, "{history}");
    }
}

/// Broken, repaired, broken again: some border between good and bad is found, and it is one.
#[test]
fn with_several_borders_a_real_one_is_found() {
    for history in ["-++--+++", "---+--+-+-++", "-+-+-+-+"] {
        let (found, _) = hunt(history);
        let Found::Culprit(culprit) = found else { panic!("{history}: {found:?}") };
        assert_eq!(&history[culprit..culprit + 2], "-+", "{history}");
    }
}

#[test]
fn a_number_that_is_none_changes_nothing() {
    let mut hunt = Hunt::new(0);
    hunt.note(9, Seen::Good);
    assert_eq!(hunt.next(), Next::Found(Found::NeverGood));
}
