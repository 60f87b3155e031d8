//! What a commit's snapshot is made from, before anything is made: its keys, and in words why
//! something that was made before fits or doesn't.

use std::collections::BTreeMap;

use computer::SnapshotId;
use domain::{Commit, Project};
use environment::{Environment, Image, Inputs};

use super::key::{self, Ingredients};
use super::record::{self, Record};
use super::{base, host};
use crate::explain::Tree;
use crate::{Error, Home};

/// Inputs that a reason names.
const INPUTS_NAMED_MAX: usize = 4;

pub struct Plan {
    pub inputs: Inputs,
    pub ingredients: Ingredients,
    /// Of the setup's snapshot.
    pub setup: SnapshotId,
    /// Of the commit's, where the setup was made at another one.
    pub commit: SnapshotId,
}

impl Plan {
    pub fn make(
        home: &Home,
        project: &Project,
        tree: &Tree,
        environment: &Environment,
        base: &base::Identity,
        isolation: &str,
    ) -> Result<Self, Error> {
        let generation = record::generation(home, &project.id);
        let mut ingredients = Ingredients::new(project.id.as_str(), isolation, generation);
        ingredients.add("the base", &environment.image.to_string());
        ingredients.add("the base's content", base.as_str());
        let inputs = environment::inputs::find(environment, tree);
        if !environment.setup.is_empty() {
            let objects = tree.objects(&inputs.files);
            ingredients.add_setup(environment, &inputs, &objects);
            ingredients.extend(tools(&environment.image));
        }
        let setup = ingredients.id();
        let commit = key::of_commit(&setup, tree.commit().as_str(), environment);
        Ok(Self { inputs, ingredients, setup, commit })
    }

    /// Why the setup has to be made.
    pub fn why_missed(&self, home: &Home, project: &Project) -> Result<String, Error> {
        let all = record::all(home)?;
        let of_project = all.iter().filter(|record| record.project == project.id);
        let setups = of_project.filter_map(|record| Some((record, record.setup()?)));
        let alike = setups.filter(|(_, before)| before.has_setup() == self.ingredients.has_setup());
        // The newest of those that are most like this one.
        let nearest = alike
            .map(|(record, before)| (record, self.ingredients.differences(before)))
            .min_by_key(|(_, changes)| changes.len());
        let Some((record, changes)) = nearest else {
            return Ok("nothing like it was prepared for this project yet".into());
        };
        let commit = record.commit.short();
        Ok(match key::in_words(&changes) {
            Some(changes) => format!("{changes} since the snapshot of {commit}"),
            None => format!("the snapshot of {commit} was removed"),
        })
    }

    /// Why the setup that is there fits.
    pub fn why_hit(&self, environment: &Environment, made: Option<&Record>) -> String {
        let at = made.map(|record| format!(", made at {}", record.commit.short()));
        let at = at.unwrap_or_default();
        if environment.setup.is_empty() {
            return format!("nothing to set up{at}");
        }
        format!("same base, script and {}{at}", self.inputs_in_words())
    }

    fn inputs_in_words(&self) -> String {
        let files = &self.inputs.files;
        if self.inputs.whole_tree {
            return "tree (nothing says which files it reads)".into();
        }
        let named: Vec<&str> = files.iter().take(INPUTS_NAMED_MAX).map(String::as_str).collect();
        let more = if files.len() > named.len() { ", …" } else { "" };
        let noun = if files.len() == 1 { "input" } else { "inputs" };
        format!("{} {noun} ({}{more})", files.len(), named.join(", "))
    }
}

/// An image brings its own.
fn tools(image: &Image) -> BTreeMap<String, String> {
    match image {
        Image::Host => host::fingerprint(),
        Image::Registry(_) | Image::Oci(_) | Image::Tar(_) => BTreeMap::new(),
    }
}

/// Why the commit has to be brought in.
pub fn why_commit(commit: &Commit, at: Option<&Commit>) -> String {
    match at {
        Some(at) => format!("{} lies on the setup made at {}", commit.short(), at.short()),
        None => format!("{} lies on a setup made earlier", commit.short()),
    }
}
