//! What a snapshot is made from, as names and values: two that are made from the same are the same
//! snapshot, and where they aren't, the names say in words what is different. Pure.

use std::collections::BTreeMap;

use computer::SnapshotId;
use environment::{Environment, Inputs};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Part of every key; another number forgets all snapshots, as a changed way to make them must.
const RECIPE_VERSION: &str = "2";

/// What every setup has, and no snapshot without one.
const NETWORK: &str = "the network policy";

/// Differences that a reason names; more are counted.
const NAMED_MAX: usize = 3;

/// Everything that a setup's snapshot is made from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Ingredients(BTreeMap<String, String>);

impl Ingredients {
    /// Those that every snapshot of a project has.
    pub fn new(project: &str, isolation: &str, generation: u64) -> Self {
        let platform = format!("{} {}", std::env::consts::OS, std::env::consts::ARCH);
        let mut ingredients = Self::default();
        ingredients.add("whimbrel's recipe", RECIPE_VERSION);
        ingredients.add("the project", project);
        ingredients.add("the platform", &platform);
        ingredients.add("the kind of computer", isolation);
        ingredients.add("the generation (--no-cache)", &generation.to_string());
        ingredients
    }

    pub fn add(&mut self, name: &str, value: &str) {
        self.0.insert(name.to_owned(), value.to_owned());
    }

    pub fn extend(&mut self, more: BTreeMap<String, String>) {
        self.0.extend(more);
    }

    /// What only a setup makes use of. `objects` are the names of the inputs' contents.
    pub fn add_setup(&mut self, environment: &Environment, inputs: &Inputs, objects: &[String]) {
        for (number, script) in environment.setup.iter().enumerate() {
            let place = script.folder.as_deref().unwrap_or(".");
            let value = format!("{number} {place} {:?} {}", script.variables, script.command);
            self.add(&format!("the script {}", script.name), &value);
        }
        for (name, value) in &environment.variables {
            self.add(&format!("the variable {name}"), value);
        }
        self.add(NETWORK, &environment.network.to_string());
        self.add("the secrets' names", &environment.secrets.join(" "));
        if inputs.whole_tree {
            self.add("the tree", &digest(objects.iter().map(String::as_str)));
        } else {
            for (path, object) in inputs.files.iter().zip(objects) {
                self.add(path, object);
            }
        }
    }

    /// The key of the setup's snapshot.
    pub fn id(&self) -> SnapshotId {
        id(self.0.iter().flat_map(|(name, value)| [name.as_str(), value.as_str()]))
    }

    /// Whether scripts have a part in it.
    pub fn has_setup(&self) -> bool {
        self.0.contains_key(NETWORK)
    }

    /// What is another than in `other`, a few words each.
    pub fn differences(&self, other: &Self) -> Vec<String> {
        let names = self.0.keys().chain(other.0.keys().filter(|name| !self.0.contains_key(*name)));
        names.filter_map(|name| difference(name, self.0.get(name), other.0.get(name))).collect()
    }
}

/// The first of them, and how many more; none where there is no difference.
pub fn in_words(differences: &[String]) -> Option<String> {
    let more = differences.len().saturating_sub(NAMED_MAX);
    let named = differences[..differences.len() - more].join(", ");
    match (differences.len(), more) {
        (0, _) => None,
        (_, 0) => Some(named),
        _ => Some(format!("{named} and {more} more")),
    }
}

fn difference(name: &str, now: Option<&String>, before: Option<&String>) -> Option<String> {
    match (now, before) {
        (Some(now), Some(before)) => (now != before).then(|| format!("{name} changed")),
        (Some(_), None) => Some(format!("{name} is new")),
        (None, Some(_)) => Some(format!("{name} is gone")),
        (None, None) => None,
    }
}

/// The key of a commit's snapshot that lies on the setup's.
pub fn of_commit(setup: &SnapshotId, commit: &str, environment: &Environment) -> SnapshotId {
    let maintenance = environment.maintenance.as_ref().map_or("", |script| &script.command);
    id(["commit", setup.as_str(), commit, maintenance].into_iter())
}

fn id<'a>(parts: impl Iterator<Item = &'a str>) -> SnapshotId {
    SnapshotId::from_digest(&hash(parts).finalize())
}

pub fn digest<'a>(parts: impl Iterator<Item = &'a str>) -> String {
    SnapshotId::from_digest(&hash(parts).finalize()).to_string()
}

/// Each part with its length, so that no two lists are one text.
fn hash<'a>(parts: impl Iterator<Item = &'a str>) -> Sha256 {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(pairs: &[(&str, &str)]) -> Ingredients {
        let mut ingredients = Ingredients::new("p", "namespaces", 0);
        pairs.iter().for_each(|(name, value)| ingredients.add(name, value));
        ingredients
    }

    #[test]
    fn the_same_ingredients_are_the_same_snapshot() {
        let one = with(&[("poetry.lock", "a"), ("the script setup", "make")]);
        assert_eq!(one.id(), with(&[("the script setup", "make"), ("poetry.lock", "a")]).id());
        assert_ne!(one.id(), with(&[("poetry.lock", "b"), ("the script setup", "make")]).id());
        assert_ne!(with(&[("a", "bc")]).id(), with(&[("ab", "c")]).id());
        assert_eq!(in_words(&one.differences(&one)), None);
    }

    #[test]
    fn what_is_different_is_told_in_words() {
        let before = with(&[("poetry.lock", "a"), ("Makefile", "x"), ("gone", "x")]);
        let now = with(&[("poetry.lock", "b"), ("Makefile", "x"), ("new", "x")]);
        let said = in_words(&now.differences(&before)).unwrap();
        assert_eq!(said, "new is new, poetry.lock changed, gone is gone");
        let many: Vec<_> = ["a", "b", "c", "d", "e"].map(|name| (name, "1")).to_vec();
        let said = in_words(&with(&many).differences(&with(&[]))).unwrap();
        assert_eq!(said, "a is new, b is new, c is new and 2 more");
    }
}
