use syntax::edit::{Edit, Template};

use super::*;

fn candidate(line: u32, cost: f64) -> Candidate {
    let edit = Edit {
        replacements: Vec::new(),
        template: Template::Operator,
        cost,
        line,
        function: None,
        size: 1,
    };
    Candidate { path: "a.py".into(), edit, suspicion: 1.0, imported: false }
}

fn lines(taken: Option<(Level, usize, Vec<Candidate>)>) -> Vec<u32> {
    taken.into_iter().flat_map(|(_, _, all)| all).map(|one| one.edit.line).collect()
}

#[test]
fn what_hangs_waits_for_more_patience_until_there_is_none() {
    let mut queues = Queues::new(Level::Swapped, vec![candidate(1, 1.0), candidate(2, 9.0)]);
    let (level, hung, mut first) = queues.take(false).unwrap();
    assert_eq!((level, hung, first.len()), (Level::Swapped, 0, 2));
    queues.hung(level, hung, first.remove(0));
    queues.give_back(level, hung, first);
    let (level, hung, mut again) = queues.take(false).unwrap();
    assert_eq!((hung, again[0].edit.line), (1, 1), "its score is still less than the other's");
    queues.hung(level, hung, again.remove(0));
    let (level, hung, mut last) = queues.take(false).unwrap();
    assert_eq!(hung, 2);
    queues.hung(level, hung, last.remove(0));
    assert_eq!(lines(queues.take(false)), [2]);
    assert!(queues.take(false).is_none());
}

#[test]
fn those_to_be_swapped_can_have_their_turn() {
    let early = Candidate { imported: true, ..candidate(1, 1.0) };
    let mut queues = Queues::new(Level::Swapped, vec![early, candidate(2, 30.0)]);
    assert_eq!(lines(queues.take(true)), [2]);
    assert_eq!(lines(queues.take(true)), [1], "where nothing else waits");
}

#[test]
fn what_a_swap_cannot_show_is_tried_afresh_and_hangs_there() {
    let mut early = candidate(1, 1.0);
    early.imported = true;
    let mut queues = Queues::new(Level::Swapped, vec![early, candidate(2, 1.1), candidate(3, 1.2)]);
    assert_eq!(lines(queues.take(false)), [2, 3], "a fresh try is dear");
    queues.cold(candidate(3, 1.2));
    let (level, hung, mut fresh) = queues.take(false).unwrap();
    assert_eq!((level, hung, fresh.len()), (Level::Fresh, 0, 2));
    queues.hung(level, hung, fresh.remove(0));
    let (level, hung, _) = queues.take(false).unwrap();
    assert_eq!((level, hung), (Level::Fresh, 1), "not swapped, where it would be sent on again");
    assert!(queues.take(false).is_none());
}
