//! A home as it is after months: tasks in every state, attempts with long logs, evidence, requests
//! to models. Some attempts wait for a person, and are written to while it is measured.

use std::path::Path;
use std::sync::Arc;

use anyhow::Result;
use domain::attempt::{Outcome, Pause, State};
use domain::limits::Limits;
use domain::task::{AgentName, Base, Mode, Settings};
use domain::{
    Attempt, AttemptId, Change, Evidence, Fact, PullRequest, PullRequestId, SystemClock, Task,
    TaskId, Timestamp, pull_request, task,
};
use engine::{Engine, Home};
use store::attempt::Move;
use store::exchange::{Closing, Opening, Tokens};

use super::ground::{self, Ground};
use crate::cli::BenchServeArgs;

/// Events of one attempt, before.
const EVENTS_EACH: u32 = 100;
const ATTEMPTS_EACH: u32 = 4;
/// Tasks that are written to meanwhile.
const LIVE_TASKS: u64 = 5;
/// Every so many-th attempt asked a model, so often.
const ASKED_EVERY: u64 = 4;
const ASKED: u64 = 5;
const PROJECTS: u64 = 8;
/// Between two tasks.
const GAP_MS: i64 = 20 * 60 * 1000;

pub struct Filled {
    pub engine: Engine,
    pub tasks: Vec<TaskId>,
    /// Those that wait for a person, with the number of their newest event.
    pub live: Vec<(AttemptId, u64)>,
    grounds: Vec<Ground>,
}

pub async fn fill(path: &Path, args: &BenchServeArgs) -> Result<Filled> {
    let (program, clock) = (super::super::super::program()?, Arc::new(SystemClock));
    let engine = Engine::open(Home::at(path), program, clock, "ada".into()).await?;
    let tasks = u64::from((args.events / (EVENTS_EACH * ATTEMPTS_EACH)).max(1)) + LIVE_TASKS;
    let mut grounds = Vec::new();
    for number in 0..PROJECTS {
        grounds.push(ground::make(&engine, &path.with_file_name("repositories"), number).await?);
    }
    let mut filled = Filled { engine, tasks: Vec::new(), live: Vec::new(), grounds };
    for number in 0..tasks {
        filled.add(number, number + LIVE_TASKS >= tasks, tasks).await?;
    }
    Ok(filled)
}

impl Filled {
    /// Of the attempts that are written to.
    pub fn ids(&self) -> Vec<AttemptId> {
        self.live.iter().map(|(id, _)| id.clone()).collect()
    }

    fn ground(&self, number: u64) -> &Ground {
        &self.grounds[usize::try_from(number).unwrap_or(0) % self.grounds.len()]
    }

    async fn add(&mut self, number: u64, live: bool, tasks: u64) -> Result<()> {
        let store = &self.engine.store;
        let ground = self.ground(number);
        let ago = i64::try_from(tasks - number).unwrap_or(0) * GAP_MS;
        let task = new_task(number, ground, Timestamp(self.engine.clock.now().0 - ago));
        let attempts: Vec<Attempt> = (1..=ATTEMPTS_EACH).map(|at| queued(&task, at)).collect();
        store::task::create(store, &task, &attempts).await?;
        store::task::move_to(store, &task.id, &task::State::Open, &task::State::Running).await?;
        for attempt in &attempts {
            self.work(&task, attempt, live).await?;
        }
        if !live {
            self.end(number, &task, &attempts).await?;
        }
        self.tasks.push(task.id);
        Ok(())
    }

    async fn work(&mut self, task: &Task, attempt: &Attempt, live: bool) -> Result<()> {
        let store = &self.engine.store;
        let to = if live {
            State::Paused { until: None, why: Pause::Plan }
        } else {
            State::Ended { outcome: Outcome::Changed }
        };
        let number =
            task.created.0.unsigned_abs() / GAP_MS.unsigned_abs() + u64::from(attempt.id.number());
        if number.is_multiple_of(ASKED_EVERY) {
            self.ask(task, attempt).await?;
        }
        // The creation and the move are two more.
        let facts: Vec<Fact> = (0..EVENTS_EACH - 2).map(fact).collect();
        let at = task.created.plus_ms(10 * 60 * 1000);
        let how = Move { expected: &State::Queued, to: &to, at, holder: None };
        let newest = store::attempt::move_to(store, &attempt.id, how, &facts).await?;
        if live {
            self.live.push((attempt.id.clone(), newest));
        }
        Ok(())
    }

    async fn ask(&self, task: &Task, attempt: &Attempt) -> Result<()> {
        let (store, id) = (&self.engine.store, &attempt.id);
        let model = "lab/large".to_owned();
        let opening = Opening {
            model: model.clone(),
            estimated_input_tokens: 9_000,
            estimated_micros: Some(4_000),
        };
        for _ in 0..ASKED {
            let number =
                store::exchange::open(store, task, id, &opening, task.created, None).await?;
            let tokens = Tokens { input: 8_000, output: 400, ..Tokens::default() };
            let closing =
                Closing { model: model.clone(), answered: true, tokens, micros: Some(3_100) };
            store::exchange::close(store, id, number, &closing, None).await?;
        }
        Ok(())
    }

    /// With evidence and a pull request, which is open, merged or closed in turn.
    async fn end(&self, number: u64, task: &Task, attempts: &[Attempt]) -> Result<()> {
        let (store, best) = (&self.engine.store, &attempts[0].id);
        let change = self.ground(number).change();
        for attempt in attempts {
            let evidence = Evidence::new(change.base.clone(), change.head.clone());
            store::change::put(store, &attempt.id, &change, None).await?;
            store::evidence::put(store, &attempt.id, &evidence, None).await?;
        }
        let decided = task::State::Decided { attempt: best.clone() };
        store::task::move_to(store, &task.id, &task::State::Running, &decided).await?;
        let request = offered(task, best, &change);
        store::pull_request::create(store, &request).await?;
        let to = match number % 10 {
            0..6 => pull_request::State::Merged { commit: change.head.clone() },
            6..9 => pull_request::State::Closed { reason: "not wanted".into() },
            _waits => return Ok(()),
        };
        let at = task.created.plus_ms(3_600_000);
        let by = store::pull_request::Decided { at, person: "ada" };
        let open = pull_request::State::Open;
        Ok(store::pull_request::move_to(store, &request.id, &open, &to, by).await?)
    }
}

fn new_task(number: u64, ground: &Ground, created: Timestamp) -> Task {
    Task {
        // Far apart, so that ids are as mixed as real ones.
        id: TaskId::from_random((number + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15)),
        project: ground.project.id.clone(),
        person: format!("person-{}", number % 5),
        text: format!(
            "Find out why the spring animation {number} ends in the wrong place, and fix it"
        ),
        mode: Mode::Code,
        settings: Settings {
            agent: AgentName::Native,
            model: Some("lab/large".into()),
            attempts: ATTEMPTS_EACH,
            limits: Limits::default(),
            seed: number,
            without_setup: false,
            plan_first: false,
            enough: None,
        },
        base: Base { branch: "main".into(), commit: ground.base.clone() },
        created,
        state: task::State::Open,
    }
}

fn queued(task: &Task, number: u32) -> Attempt {
    Attempt {
        id: AttemptId::new(&task.id, number),
        state: State::Queued,
        created: task.created,
        started: None,
        ended: None,
        runs: 0,
        follows: None,
        waits: None,
    }
}

fn offered(task: &Task, best: &AttemptId, change: &Change) -> PullRequest {
    let id = PullRequestId::of(&task.id);
    PullRequest {
        branch: pull_request::branch_name(&task.text, &id),
        id,
        project: task.project.clone(),
        attempt: best.clone(),
        base_branch: "main".into(),
        base: change.base.clone(),
        head: change.head.clone(),
        title: "Let the spring end where it should".into(),
        body: "It ended in the wrong place.".into(),
        created: task.created.plus_ms(20 * 60 * 1000),
        state: pull_request::State::Open,
    }
}

/// One of a few kinds, as long as an agent's steps are.
pub fn fact(number: u32) -> Fact {
    let text = format!(
        "Step {number}: the velocity isn't damped after the last frame, so the animation overshoots. \
         Next: look at how `settle` compares the distance with the threshold."
    );
    match number % 3 {
        0 => Fact::Planned { text },
        1 => Fact::Told { text },
        _ => Fact::Steered { by: "ada".into(), text },
    }
}
