//! Many edits of a file behind one switch: each function that is edited becomes a `match` with an
//! arm for each edit and, last, the function as it is. Which arm the compiler complains of is known
//! by place. Pure.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use syntax::Parsed;
use syntax::edit::Edit;

use super::marks::{self, Body};
use crate::languages::weave::Woven;

/// A file, ready to have arms.
#[derive(Debug)]
pub struct Schema {
    text: String,
    bodies: Vec<Body>,
    steps: Woven,
}

/// An edit with the number that switches it on; none has 0.
#[derive(Debug, Clone)]
pub struct Arm<'e> {
    pub number: usize,
    pub edit: &'e Edit,
}

/// How an arm is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// As a closure that is called at once. Of one function's returned values the compiler
    /// complains only until the first is wrong; each closure is a function of its own.
    Called,
    /// As a block, for which the rules of borrows and moves are those of the function.
    Plain,
}

/// A file with arms in it, and where they are.
#[derive(Debug)]
pub struct Switched {
    pub text: String,
    arms: Vec<(Range<usize>, usize)>,
}

impl Schema {
    pub fn new(parsed: &Parsed) -> Self {
        Self {
            text: parsed.text.clone(),
            bodies: marks::bodies(parsed),
            steps: marks::steps(parsed),
        }
    }

    /// Whether some function's body holds the whole edit.
    pub fn can(&self, edit: &Edit) -> bool {
        self.body(&edit.range()).is_some()
    }

    /// The outermost one, so that no function with arms is within another.
    fn body(&self, range: &Range<usize>) -> Option<&Body> {
        let holds = |body: &&Body| body.inside.start <= range.start && range.end <= body.inside.end;
        self.bodies.iter().filter(holds).max_by_key(|body| body.inside.len())
    }

    /// The file with all arms that can be in it.
    pub fn switched(&self, arms: &[Arm<'_>], form: Form) -> Switched {
        let mut by_body: BTreeMap<usize, (&Body, Vec<&Arm<'_>>)> = BTreeMap::new();
        for arm in arms {
            if let Some(body) = self.body(&arm.edit.range()) {
                let entry = by_body.entry(body.inside.start);
                entry.or_insert_with(|| (body, Vec::new())).1.push(arm);
            }
        }
        let mut switched = Switched { text: String::new(), arms: Vec::new() };
        let mut at = 0;
        for (body, arms) in by_body.into_values() {
            switched.text.push_str(&self.text[at..body.inside.start]);
            self.body_with(body, &arms, form, &mut switched);
            at = body.inside.end;
        }
        switched.text.push_str(&self.text[at..]);
        switched
    }

    fn body_with(&self, body: &Body, arms: &[&Arm<'_>], form: Form, switched: &mut Switched) {
        let inside = body.inside.clone();
        switched.text.push_str("match crate::__whimbrel::at(){");
        for arm in arms {
            let edited = self.steps.edited(&self.text, inside.clone(), &arm.edit.replacements);
            let Some(edited) = edited else { continue };
            let number = arm.number;
            let arm = match body.returns.as_ref().filter(|_| form == Form::Called) {
                Some(returns) => format!("{number}=>return(||->{returns}{{{edited}\n}})(),"),
                None => format!("{number}=>return{{{edited}\n}},"),
            };
            let start = switched.text.len();
            switched.text.push_str(&arm);
            switched.arms.push((start..switched.text.len(), number));
        }
        let as_it_is = self.steps.part(&self.text, inside);
        switched.text.push_str(&format!("_=>{{{as_it_is}\n}}}}"));
    }
}

impl Switched {
    /// The arm that a place of the text is in.
    pub fn arm(&self, place: usize) -> Option<usize> {
        let after = self.arms.partition_point(|(range, _)| range.start <= place);
        let (range, number) = self.arms.get(after.checked_sub(1)?)?;
        range.contains(&place).then_some(*number)
    }

    pub fn numbers(&self) -> BTreeSet<usize> {
        self.arms.iter().map(|(_, number)| *number).collect()
    }
}

#[cfg(test)]
mod tests;
