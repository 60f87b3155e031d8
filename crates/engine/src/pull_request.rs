//! What a person decides about a pull request: merge or close.

use std::time::Duration;

use domain::audit::Action;
use domain::pull_request::State;
use domain::task::Base;
use domain::{Commit, Evidence, Project, PullRequest, Task};
use forge::{Forge, Identity, Merge, Mirror, Prepared};

use crate::kept::AtBase;
use crate::prepare::{self, Wish};
use crate::{Engine, Error, audit, explain, home, spec};

/// How often a merge is tried again because the base moved while its checks ran.
const TRIES_MAX: u32 = 3;

/// What happens meanwhile, for the person who waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// The base moved since the evidence was made; the checks run on the merge itself.
    Proving { base: Commit },
}

/// Merges, when it is a merge that holds: no conflict, and where the base has moved, checks that
/// still pass on the merge commit.
///
/// # Errors
/// [`Error::MergeRefused`] with the reason; nothing has changed then.
pub async fn merge(
    engine: &Engine,
    pull_request: &PullRequest,
    tell: &mut (dyn FnMut(Progress) + Send),
) -> Result<Commit, Error> {
    // The transition first, so that a closed pull request isn't merged after all.
    pull_request.state.clone().merge(pull_request.head.clone())?;
    let task = store::task::get(&engine.store, &pull_request.id.task()).await?;
    is_at_rest(&task)?;
    let project = store::project::get(&engine.store, &pull_request.project).await?;
    let by = forge::identity::of_user().await?;
    for _ in 0..TRIES_MAX {
        let mirror = Mirror::open(engine.home.path(), &project).await?;
        mirror.fetch().await?;
        let forge = forge::Local::new(mirror);
        let merge = wanted(engine, pull_request, by.clone());
        let prepared = forge.prepare_merge(&merge).await.map_err(refused)?;
        if needs_proof(&prepared) {
            tell(Progress::Proving { base: prepared.base_tip.clone() });
            prove_again(engine, &task, &project, pull_request, &prepared).await?;
        }
        is_as_it_was(engine, pull_request).await?;
        match forge.publish_merge(&prepared).await {
            Ok(()) => return merged(engine, pull_request, prepared.commit).await,
            Err(forge::Error::BaseMoved { .. }) => {}
            Err(error) => return Err(refused(error)),
        }
    }
    let branch = &pull_request.base_branch;
    Err(Error::MergeRefused { reason: format!("{branch} moves faster than its checks run") })
}

/// Its checks took their time: meanwhile somebody may have closed it, or asked for more.
async fn is_as_it_was(engine: &Engine, pull_request: &PullRequest) -> Result<(), Error> {
    is_at_rest(&store::task::get(&engine.store, &pull_request.id.task()).await?)?;
    let now = store::pull_request::get(&engine.store, &pull_request.id).await?;
    now.state.clone().merge(now.head.clone())?;
    match now.head == pull_request.head {
        true => Ok(()),
        false => Err(Error::MergeRefused { reason: "its change was renewed meanwhile".into() }),
    }
}

/// Where the base has the change already, because somebody merged it by hand, there is nothing
/// left to judge.
fn needs_proof(prepared: &Prepared) -> bool {
    prepared.moved && prepared.commit != prepared.base_tip
}

/// Closes without merging, and deletes the branch where it is still ours.
pub async fn close(engine: &Engine, pull_request: &PullRequest, reason: &str) -> Result<(), Error> {
    is_at_rest(&store::task::get(&engine.store, &pull_request.id.task()).await?)?;
    close_now(engine, pull_request, reason).await
}

/// The same, also where a follow-up's change is decided on but not offered yet.
pub(crate) async fn close_now(
    engine: &Engine,
    pull_request: &PullRequest,
    reason: &str,
) -> Result<(), Error> {
    let closed = pull_request.state.clone().close(reason.to_owned())?;
    let project = store::project::get(&engine.store, &pull_request.project).await?;
    let forge = forge::Local::new(Mirror::open(engine.home.path(), &project).await?);
    forge.close(&pull_request.branch, &pull_request.head).await?;
    let open = &pull_request.state;
    store::pull_request::move_to(&engine.store, &pull_request.id, open, &closed, decided(engine))
        .await?;
    audit::record(engine, Action::Closed, &pull_request.id, reason).await
}

fn decided(engine: &Engine) -> store::pull_request::Decided<'_> {
    store::pull_request::Decided { at: engine.clock.now(), person: &engine.person }
}

/// A follow-up renews the pull request, so nothing is decided of it meanwhile.
fn is_at_rest(task: &Task) -> Result<(), Error> {
    let id = &task.id;
    match task.state.is_moving() {
        false => Ok(()),
        true => Err(Error::Unusable(format!(
            "an attempt that follows is at work on it: wait until it has ended, or end it with \
             `whimbrel cancel {id}`; the pull request stays as it is then"
        ))),
    }
}

async fn merged(
    engine: &Engine,
    pull_request: &PullRequest,
    commit: Commit,
) -> Result<Commit, Error> {
    let to = State::Merged { commit: commit.clone() };
    let open = &pull_request.state;
    store::pull_request::move_to(&engine.store, &pull_request.id, open, &to, decided(engine))
        .await?;
    let details = format!("{} into {}", commit.short(), pull_request.base_branch);
    audit::record(engine, Action::Merged, &pull_request.id, &details).await?;
    Ok(commit)
}

fn wanted(engine: &Engine, pull_request: &PullRequest, by: Identity) -> Merge {
    let PullRequest { branch, base_branch, title, .. } = pull_request;
    Merge {
        base: Base { branch: base_branch.clone(), commit: pull_request.base.clone() },
        head: pull_request.head.clone(),
        message: format!("Merge {branch}\n\n{title}\n\nApproved-by: {}\n", engine.person),
        by,
        at: engine.clock.now(),
    }
}

/// Conflicts and the like are refusals with a reason; anything else is a failure.
fn refused(error: forge::Error) -> Error {
    match error {
        forge::Error::Conflicts { .. } | forge::Error::CheckedOut { .. } => {
            Error::MergeRefused { reason: error.to_string() }
        }
        other => other.into(),
    }
}

/// The merge commit's own evidence, on the newest base.
async fn prove_again(
    engine: &Engine,
    task: &Task,
    project: &Project,
    pull_request: &PullRequest,
    prepared: &Prepared,
) -> Result<(), Error> {
    let evidence = merge_evidence(engine, task, project, pull_request, prepared).await?;
    let held = store::evidence::get(&engine.store, &pull_request.attempt)
        .await?
        .is_some_and(|evidence| evidence.holds());
    if evidence.breaks() || (held && !evidence.holds()) {
        let reasons = evidence.objections().join("; ");
        let branch = &pull_request.base_branch;
        let reason = format!("{branch} has moved, and merged with it the checks fail: {reasons}");
        return Err(Error::MergeRefused { reason });
    }
    Ok(())
}

async fn merge_evidence(
    engine: &Engine,
    task: &Task,
    project: &Project,
    pull_request: &PullRequest,
    prepared: &Prepared,
) -> Result<Evidence, Error> {
    let backend = engine.backend().await?;
    let mirror = Mirror::open(engine.home.path(), project).await?;
    let environment = explain::at(&mirror, &prepared.base_tip).await?;
    let limits = task.settings.limits;
    let spec = spec::of_work(engine, &environment, limits)?;
    let tip = &prepared.base_tip;
    let wish = Wish {
        project,
        mirror: &mirror,
        commit: tip,
        environment: &environment,
        limits,
        without_setup: task.settings.without_setup,
        renew: false,
        until: prepare::Name::Commit,
    };
    let ready = prepare::prepare(engine, &backend, &wish, &mut |_progress| {}).await?;
    let bundle = engine.home.attempt(&pull_request.attempt).join("merge.bundle");
    let change = mirror.export(tip, &prepared.commit, &bundle).await?;
    let job = proof::Job {
        base: change.base.clone(),
        head: change.head.clone(),
        change: &change,
        bundle: &bundle,
        checks: &environment.checks,
        time: Duration::from_millis(spec.limits.wall_ms),
        proving: environment.proving,
        summary: "",
        width: 1,
        kept: Some(&AtBase::of(&engine.home)),
    };
    let (evidence, logs) =
        proof::prove(&backend, &ready.snapshot, &spec, &job, &mut |_progress| {}).await?;
    for log in logs {
        let file = format!("merge-{}", log.name);
        home::write_file(&engine.home.attempt(&pull_request.attempt).join(file), &log.bytes)?;
    }
    Ok(evidence)
}
