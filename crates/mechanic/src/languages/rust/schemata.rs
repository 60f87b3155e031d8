//! Many edits of a file behind one switch: each function that is edited becomes a `match` with an
//! arm for each edit and, last, the function as it is. Which arm the compiler complains of is known
//! by place. Pure.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use syntax::Parsed;
use syntax::edit::Edit;

use super::marks;
use crate::languages::weave::Woven;

/// A file, ready to have arms.
#[derive(Debug)]
pub struct Schema {
    text: String,
    bodies: Vec<Range<usize>>,
    steps: Woven,
}

/// An edit with the number that switches it on; none has 0.
#[derive(Debug, Clone)]
pub struct Arm<'e> {
    pub number: usize,
    pub edit: &'e Edit,
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
    fn body(&self, range: &Range<usize>) -> Option<&Range<usize>> {
        let holds = |body: &&Range<usize>| body.start <= range.start && range.end <= body.end;
        self.bodies.iter().filter(holds).max_by_key(|body| body.len())
    }

    /// The file with all arms that can be in it.
    pub fn switched(&self, arms: &[Arm<'_>]) -> Switched {
        let mut by_body: BTreeMap<(usize, usize), Vec<&Arm<'_>>> = BTreeMap::new();
        for arm in arms {
            if let Some(body) = self.body(&arm.edit.range()) {
                by_body.entry((body.start, body.end)).or_default().push(arm);
            }
        }
        let mut switched = Switched { text: String::new(), arms: Vec::new() };
        let mut at = 0;
        for ((start, end), arms) in by_body {
            switched.text.push_str(&self.text[at..start]);
            self.body_with(start..end, &arms, &mut switched);
            at = end;
        }
        switched.text.push_str(&self.text[at..]);
        switched
    }

    fn body_with(&self, body: Range<usize>, arms: &[&Arm<'_>], switched: &mut Switched) {
        switched.text.push_str("match crate::__whimbrel::at(){");
        for arm in arms {
            let Some(edited) = self.steps.edited(&self.text, body.clone(), &arm.edit.replacements)
            else {
                continue;
            };
            let start = switched.text.len();
            switched.text.push_str(&format!("{}=>{{{edited}\n}}", arm.number));
            switched.arms.push((start..switched.text.len(), arm.number));
        }
        let as_it_is = self.steps.part(&self.text, body);
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
