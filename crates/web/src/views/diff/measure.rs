//! The page of one file's change without a server around it: for measuring, and for tests.

use domain::limits::Limits;
use domain::task::{AgentName, Base, Mode, Settings, State};
use domain::{Attempt, AttemptId, ProjectId, Scopes, Task, TaskId, Timestamp, Way, attempt};

use super::asked::{Look, Raw};
use super::notes::Notes;
use super::{About, Shown, page};
use crate::Person;
use crate::diff::{Body, Comparison, File, Fold, Sheet, Source, Version};

/// From two versions of a file to the whole page, with colours, words and everything.
pub fn change_page(path: &str, old: &str, new: &str, split: bool) -> String {
    let raw = Raw::of_view(if split { "split" } else { "" });
    page::page_of(&shown(path, old, new, &raw), &person()).into_string()
}

pub(super) fn person() -> Person {
    Person { name: "ada".into(), via: Way::Cli, scopes: Scopes::all() }
}

pub(super) fn shown(path: &str, old: &str, new: &str, raw: &Raw) -> Shown {
    let id = TaskId::from_random(7);
    let first = AttemptId::new(&id, 1);
    let version = |text: &str| {
        let bytes = Some(text.len() as u64);
        (!text.is_empty()).then(|| Version { mode: 0o100_644, object: String::new(), bytes })
    };
    let read = |text: &str| Source::read(text.into()).unwrap_or_default();
    let file = File {
        number: 0,
        path: path.to_owned(),
        moved_from: None,
        old: version(old),
        new: version(new),
        fold: Fold::of_path(path),
        body: Body::Lines(Box::new(Comparison::new(read(old), read(new)))),
    };
    Shown {
        look: Look::of_change(&first, raw),
        title: "Change of attempt 1".into(),
        task: task(id),
        about: About::Change { attempt: Box::new(ended(first)) },
        sheet: Sheet { files: vec![file], unlisted: 0 },
        notes: Notes::default(),
        comments: Vec::new(),
        person: "ada".into(),
    }
}

fn task(id: TaskId) -> Task {
    let commit = "0123456789".repeat(4).parse().expect("40 digits are a commit's name");
    Task {
        id,
        project: ProjectId::from_random(7),
        person: "ada".into(),
        text: "Repair it".into(),
        mode: Mode::Code,
        settings: Settings {
            agent: AgentName::Mechanic,
            model: None,
            attempts: 1,
            limits: Limits::default(),
            seed: 0,
            without_setup: false,
            plan_first: false,
            enough: None,
        },
        base: Base { branch: "main".into(), commit },
        created: Timestamp(0),
        state: State::Open,
    }
}

fn ended(id: AttemptId) -> Attempt {
    Attempt {
        id,
        state: attempt::State::Ended { outcome: attempt::Outcome::Changed },
        created: Timestamp(0),
        started: None,
        ended: Some(Timestamp(0)),
        runs: 1,
        follows: None,
        waits: None,
    }
}
