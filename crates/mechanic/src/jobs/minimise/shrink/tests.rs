use super::*;

/// Shrinks to the end. Gives what is left and how many tries that took.
fn shrink(units: usize, holds: impl Fn(&[usize]) -> bool) -> (Units, usize) {
    let (mut shrink, mut tries) = (Shrink::new(units), 0);
    while let Some(fewer) = shrink.next() {
        assert!(fewer.len() < shrink.kept().len(), "{fewer:?} isn't fewer");
        tries += 1;
        assert!(tries < 10_000, "it doesn't end");
        let answer = holds(&fewer);
        shrink.answer(answer);
    }
    (shrink.kept().to_vec(), tries)
}

fn needs<'n>(needed: &'n [usize]) -> impl Fn(&[usize]) -> bool + 'n {
    |kept| needed.iter().all(|unit| kept.contains(unit))
}

#[test]
fn what_is_needed_is_left_and_nothing_else() {
    for needed in [&[0][..], &[7], &[15], &[3, 12], &[0, 1, 2], &[0, 5, 10, 15], &[]] {
        assert_eq!(shrink(16, needs(needed)).0, needed);
    }
}

#[test]
fn one_of_many_is_found_in_few_tries() {
    let (left, tries) = shrink(1024, needs(&[700]));
    assert_eq!(left, [700]);
    assert!(tries <= 40, "{tries}");
}

#[test]
fn where_all_are_needed_all_are_left() {
    let all: Units = (0..9).collect();
    assert_eq!(shrink(9, needs(&all)).0, all);
    assert_eq!(shrink(1, needs(&[0])).0, [0]);
    assert_eq!(shrink(0, |_| true), (vec![], 0));
}

/// Two units that only go together: neither can go while the other is there, in either order.
#[test]
fn no_single_unit_of_what_is_left_could_go() {
    let holds = |kept: &[usize]| {
        let pair = kept.contains(&4) == kept.contains(&9);
        pair && kept.contains(&2) && (kept.contains(&6) || kept.contains(&7))
    };
    let (left, _) = shrink(12, holds);
    assert!(holds(&left), "{left:?}");
    for unit in &left {
        let without: Units = left.iter().copied().filter(|one| one != unit).collect();
        assert!(!holds(&without), "{left:?} needs no {unit}");
    }
}

/// What could go only after something later went is tried again.
#[test]
fn what_could_not_go_at_first_is_tried_again() {
    let holds = |kept: &[usize]| kept.contains(&1) && (!kept.contains(&5) || kept.contains(&0));
    assert_eq!(shrink(6, holds).0, [1]);
}
