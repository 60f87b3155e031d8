//! What preparing would do, without doing it: each step, whether it was made before, and why it
//! fits or doesn't.

use computer::Backend;
use serde::Serialize;

use super::plan::{self, Plan};
use super::record::{self, Record};
use super::step::{Name, Step};
use super::{Wish, base, effective, plan_of};
use crate::{Engine, Error, explain};

/// One step, as it would go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Look {
    pub name: Name,
    /// None where it depends on something that isn't here yet.
    pub key: Option<String>,
    #[serde(flatten)]
    pub state: State,
    /// How it was made, where it was.
    pub made: Option<Step>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum State {
    Hit {
        why: String,
    },
    /// It would be made.
    Miss {
        why: String,
    },
    /// There is nothing to do.
    Skipped {
        why: String,
    },
}

/// The steps of `wish`.
pub async fn look(
    engine: &Engine,
    backend: &dyn Backend,
    wish: &Wish<'_>,
) -> Result<Vec<Look>, Error> {
    let environment = effective(wish);
    let image = &environment.image;
    let Some(identity) = base::known(engine, image).await? else {
        return Ok(unknown(&format!("{image} isn't here yet")));
    };
    let tree = explain::tree(wish.mirror, wish.commit).await?;
    let isolation = format!("{:?}", backend.isolation());
    let plan = plan_of(engine, wish, tree, &environment, &identity, &isolation)?;
    let base = Look {
        name: Name::Base,
        key: Some(identity.as_str().to_owned()),
        state: State::Hit { why: base::words(image, &identity) },
        made: None,
    };
    let made = record::get(&engine.home, plan.setup.as_str());
    let is_there = backend.find(&plan.setup).is_some();
    let state = if is_there {
        State::Hit { why: plan.why_hit(&environment, made.as_ref()) }
    } else {
        State::Miss { why: plan.why_missed(&engine.home, wish.project)? }
    };
    let setup = Look {
        name: Name::Setup,
        key: Some(plan.setup.to_string()),
        state,
        made: made.as_ref().map(|record| record.step.clone()),
    };
    let commit = commit(engine, backend, wish, &plan, made.as_ref().filter(|_| is_there));
    Ok(vec![base, setup, commit])
}

fn commit(
    engine: &Engine,
    backend: &dyn Backend,
    wish: &Wish<'_>,
    plan: &Plan,
    setup: Option<&Record>,
) -> Look {
    let made = record::get(&engine.home, plan.commit.as_str());
    let at_setup = setup.is_some_and(|record| record.commit == *wish.commit);
    let state = if at_setup {
        State::Skipped { why: "the setup was made at this commit".into() }
    } else if backend.find(&plan.commit).is_some() {
        State::Hit { why: format!("{} was prepared before", wish.commit.short()) }
    } else if setup.is_none() {
        State::Skipped { why: "the setup would be made at this commit".into() }
    } else {
        State::Miss { why: plan::why_commit(wish.commit, setup.map(|record| &record.commit)) }
    };
    let key = Some(plan.commit.to_string());
    Look { name: Name::Commit, key, state, made: made.map(|record| record.step) }
}

fn unknown(why: &str) -> Vec<Look> {
    let miss = |name, why: &str| {
        let state = State::Miss { why: why.to_owned() };
        Look { name, key: None, state, made: None }
    };
    vec![
        miss(Name::Base, why),
        miss(Name::Setup, "what it lies on isn't here yet"),
        miss(Name::Commit, "what it lies on isn't here yet"),
    ]
}
