//! From a sentence on the page to a merged branch in the real repository; and then every page of a
//! home in which something has happened.

use std::time::Duration;

use llm::fake::Turn;

use super::Site;
use crate::scripted::{Scripted, finish, shell};
use crate::watching::shown;

/// Time for a page to be looked at while the attempts are at work.
const PAUSE: Duration = Duration::from_secs(2);
const ZERO: &str = "\\n    def test_zero(self):\\n        self.assertEqual(double(0), 0)\\n";

/// Repairs it; and when it is spoken to once more, adds a test.
fn script() -> Vec<Turn> {
    vec![
        shell("sed -i 's/x + 2/x * 2/' double.py").after(PAUSE),
        finish("Multiply", "Doubling is times two.").after(PAUSE),
        shell(&format!("printf '{ZERO}' >> test_double.py")),
        finish("Cover zero", "Zero is covered by a test of its own."),
    ]
}

#[test]
fn from_a_sentence_to_a_merged_branch_with_a_mouse_and_with_a_finger() {
    let world = Scripted::for_each(script());
    let (desktop, phone) = (world.buggy("double"), world.buggy("twice"));
    let path =
        |repository: &crate::repository::Repository| repository.path().to_str().unwrap().to_owned();
    let site = Site::of(&world);
    let facts = [("desktop", path(&desktop)), ("phone", path(&phone))];
    let facts = facts.each_ref().map(|(name, value)| (*name, value.as_str()));
    let tasks = site.plays("delegating", &facts);
    for (size, repository) in [("desktop", &desktop), ("phone", &phone)] {
        assert!(repository.at("main", "double.py").contains("x * 2"), "{size}");
        assert!(repository.at("main", "test_double.py").contains("test_zero"), "{size}");
        let task = shown(&world, tasks[size].as_str().unwrap());
        assert_eq!(task["state"], "merged", "{task:#}");
        assert_eq!(task["attempts"].as_array().unwrap().len(), 3, "{task:#}");
    }

    let task = tasks["desktop"].as_str().unwrap().to_owned();
    let attempt = format!("{task}.3");
    site.plays("looking", &[("task", &task), ("attempt", &attempt)]);
}
