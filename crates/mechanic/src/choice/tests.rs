use syntax::edit::{Edit, Template};

use super::*;

fn candidates(costs: &[f64]) -> Vec<Candidate> {
    let edit = |(line, cost): (u32, &f64)| Edit {
        replacements: Vec::new(),
        template: Template::Operator,
        cost: *cost,
        line,
        function: None,
        size: 1,
    };
    let candidate = |edit| Candidate { path: "a.py".into(), edit, suspicion: 1.0, imported: false };
    (1..).zip(costs).map(edit).map(candidate).collect()
}

fn chosen(costs: &[f64], does: &[&str]) -> (u32, Ambiguity) {
    let each = does.iter().map(|does| (*does != "?").then(|| (*does).to_owned())).collect();
    let choice = Choice::of(candidates(costs), &Behaviour { inputs: 40, each });
    (choice.ranked[0].edit.line, choice.ambiguity(0))
}

#[test]
fn the_only_one_is_said_to_be() {
    let (line, said) = chosen(&[2.0], &["a"]);
    assert_eq!((line, said.others, said.why), (1, 0, Why::Only));
}

#[test]
fn a_larger_group_outweighs_a_little_more_cost() {
    let (line, said) = chosen(&[1.8, 2.0, 2.1, 2.2], &["a", "b", "b", "b"]);
    assert_eq!((line, said.why), (2, Why::LargerGroup));
    assert_eq!((said.others, said.ways, said.alike, said.inputs), (3, 2, 2, 40));
    let (line, said) = chosen(&[1.0, 2.0, 2.1, 2.2], &["a", "b", "b", "b"]);
    assert_eq!((line, said.why, said.alike), (1, Why::Cheapest, 0));
}

#[test]
fn what_is_not_known_is_not_said() {
    let (line, said) = chosen(&[2.0, 1.9], &["?", "?"]);
    assert_eq!((line, said.why, said.ways, said.alike), (2, Why::Cheapest, 0, 0));
    let (_, said) = chosen(&[2.0, 1.9, 2.5], &["a", "a"]);
    assert_eq!((said.ways, said.alike), (2, 1), "the third is one of its own");
}
