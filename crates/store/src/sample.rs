//! Sample data for tests: a store in a temporary home, and a task with attempts in it.

use domain::attempt;
use domain::limits::Limits;
use domain::project::Origin;
use domain::task::{AgentName, Base, Mode, Settings, State};
use domain::{
    Attempt, AttemptId, Commit, ProjectId, PullRequest, PullRequestId, Task, TaskId, Timestamp,
    pull_request,
};
use tempfile::TempDir;

use crate::lease::Holder;
use crate::{Store, project, task};

pub(crate) const NOW: Timestamp = Timestamp(1_000_000);

pub(crate) async fn store() -> (TempDir, Store) {
    let home = tempfile::tempdir().unwrap();
    let store = Store::open(home.path()).await.unwrap();
    (home, store)
}

/// A store with one task of `attempts` attempts.
pub(crate) async fn store_with_task(attempts: u32) -> (TempDir, Store, TaskId) {
    let (home, store) = store().await;
    let id = TaskId::from_random(1);
    add_task(&store, &id, attempts).await;
    (home, store, id)
}

pub(crate) async fn add_task(store: &Store, id: &TaskId, attempts: u32) {
    let origin = Origin::Path("/srv/ease".into());
    let project =
        project::find_or_create(store, &origin, &ProjectId::from_random(7)).await.unwrap();
    let attempts: Vec<_> = (1..=attempts).map(|number| queued(id, number)).collect();
    task::create(store, &open_task(id, &project.id), &attempts).await.unwrap();
}

pub(crate) fn open_task(id: &TaskId, project: &ProjectId) -> Task {
    Task {
        id: id.clone(),
        project: project.clone(),
        person: "ada".into(),
        text: "Find out why — and fix it 🦆".into(),
        mode: Mode::Code,
        settings: Settings {
            agent: AgentName::Mechanic,
            model: None,
            attempts: 4,
            limits: Limits::default(),
            seed: u64::MAX,
            without_setup: false,
            plan_first: false,
            enough: None,
        },
        base: Base { branch: "main".into(), commit: commit('a') },
        created: NOW,
        state: State::Open,
    }
}

pub(crate) fn queued(task: &TaskId, number: u32) -> Attempt {
    Attempt {
        id: AttemptId::new(task, number),
        state: attempt::State::Queued,
        created: NOW,
        started: None,
        ended: None,
        runs: 0,
        follows: None,
        waits: None,
    }
}

pub(crate) fn commit(digit: char) -> Commit {
    digit.to_string().repeat(40).parse().unwrap()
}

pub(crate) fn holder(process: u32) -> Holder {
    Holder { process, nonce: 42 }
}

pub(crate) fn open_pull_request(attempt: &AttemptId) -> PullRequest {
    let id = PullRequestId::of(&attempt.task());
    PullRequest {
        branch: format!("whimbrel/fix-{id}"),
        id,
        project: ProjectId::from_random(7),
        attempt: attempt.clone(),
        base_branch: "main".into(),
        base: commit('a'),
        head: commit('b'),
        title: "Fix the spring".into(),
        body: "It ended in the wrong place.".into(),
        created: NOW,
        state: pull_request::State::Open,
    }
}
