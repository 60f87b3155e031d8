//! Cross-examination of a task's attempts, in a process of its own: so that no reconciler waits for
//! it, and a task that is cancelled meanwhile is cancelled at once. Each exam is kept as it ends;
//! whoever goes on after a death repeats none. Holds one computer at a time.

use std::time::Duration;

use domain::attempt::{Outcome, State};
use domain::evidence::Outcome::{Absent, Failed, Passed};
use domain::examination::Exam;
use domain::{Attempt, AttemptId, Examination, Fact, Task, TaskId, task};
use forge::Mirror;
use proof::Candidate;
use proof::examine::{self, EXAMINED_MAX, Examinee, Hall};
use stdx::machine;

use crate::admit::{self, Decision, Demand};
use crate::offer::{self, Changed};
use crate::prepare::{self, Wish};
use crate::{Engine, Error, explain, judge, spec};

/// So many processes may end over one examination without a result; then the attempts are ranked
/// without it.
const BEGUN_MAX: u32 = 3;
/// How often a cancellation is looked for.
const LOOK: Duration = Duration::from_millis(500);
/// Tasks whose attempts have ended and of which some may be examined right now.
const TASKS_MAX: u32 = 256;

/// The examination that a ranking may use: empty where none is wanted or it isn't over.
pub(crate) async fn known(
    engine: &Engine,
    task: &TaskId,
    changed: &[Changed],
) -> Result<Examination, Error> {
    let Some(wanted) = wanted(changed) else { return Ok(Examination::default()) };
    let stored = store::examination::get(&engine.store, task, &heads(&wanted)).await?;
    Ok(stored.filter(|stored| stored.done).map_or_else(Examination::default, |s| s.examination))
}

/// Whether the task has to wait for its attempts' examination, which is begun where nobody has.
pub(crate) async fn is_awaited(engine: &Engine, task: &Task) -> Result<bool, Error> {
    if engine.fleet.is_examined(&task.id)? {
        return Ok(true);
    }
    let changed = offer::changed(engine, task).await?;
    let Some(wanted) = wanted(&changed) else { return Ok(false) };
    let heads = heads(&wanted);
    let stored = store::examination::get(&engine.store, &task.id, &heads).await?;
    match stored {
        Some(stored) if stored.done => Ok(false),
        Some(stored) if stored.begun >= BEGUN_MAX => {
            give_up(engine, &task.id, &heads, stored.examination).await?;
            Ok(false)
        }
        Some(_) | None => {
            if has_room(engine, task).await? {
                start(engine, task)?;
            }
            Ok(true)
        }
    }
}

async fn give_up(
    engine: &Engine,
    task: &TaskId,
    heads: &str,
    known: Examination,
) -> Result<(), Error> {
    let log = engine.home.engine_log();
    let note = format!(
        "the cross-examination was given up, since its process ended {BEGUN_MAX} times without a \
         result; see {}",
        log.display()
    );
    let given_up = Examination { exams: Vec::new(), notes: vec![note], ..known };
    Ok(store::examination::put(&engine.store, task, heads, &given_up, true).await?)
}

fn start(engine: &Engine, task: &Task) -> Result<(), Error> {
    let Some(lock) = engine.fleet.reserve_examination(&task.id)? else { return Ok(()) };
    engine.fleet.start_examination(&task.id, lock)
}

/// Tasks that are being examined: each holds a computer like an attempt's.
pub(crate) async fn living(engine: &Engine) -> Result<Vec<Task>, Error> {
    let mut living = Vec::new();
    for id in store::task::undecided(&engine.store, TASKS_MAX).await? {
        if engine.fleet.is_examined(&id)? {
            living.push(store::task::get(&engine.store, &id).await?);
        }
    }
    Ok(living)
}

pub(crate) fn demand(task: &Task) -> Demand<'_> {
    let memory_bytes = task.settings.limits.memory_bytes;
    Demand { person: &task.person, memory_bytes, served: None }
}

async fn has_room(engine: &Engine, task: &Task) -> Result<bool, Error> {
    let held = store::attempt::held(&engine.store).await?;
    let examined = living(engine).await?;
    let attempts = held.iter().map(|candidate| Demand {
        person: &candidate.person,
        memory_bytes: candidate.settings.limits.memory_bytes,
        served: None,
    });
    let running: Vec<Demand<'_>> = attempts.chain(examined.iter().map(demand)).collect();
    let room = machine::room(engine.home.path());
    let decisions = admit::admit(&[demand(task)], &running, &room, &engine.config.machine);
    Ok(decisions == [Decision::Start])
}

/// Who is examined: the different changes that may win, the best first. None where there are fewer
/// than two, or none of them brings tests.
fn wanted(changed: &[Changed]) -> Option<Vec<&Changed>> {
    let candidates: Vec<Candidate<'_>> = changed.iter().map(Changed::candidate).collect();
    let ranking = proof::rank(&candidates, &Examination::default());
    let mut different: Vec<&Changed> = Vec::new();
    for id in &ranking.eligible {
        let found = changed.iter().find(|one| one.attempt == *id);
        let is_new = |one: &&Changed| different.iter().all(|other| other.patch != one.patch);
        different.extend(found.filter(is_new));
    }
    different.truncate(EXAMINED_MAX);
    different.sort_by_key(|one| one.attempt.number());
    let brings_tests = different.iter().any(|one| examine::brings_tests(&one.change));
    (different.len() >= 2 && brings_tests).then_some(different)
}

fn heads(examined: &[&Changed]) -> String {
    let heads = examined.iter().map(|one| format!("{}:{}", one.attempt.number(), one.change.head));
    heads.collect::<Vec<_>>().join(" ")
}

/// Examines the task's attempts to the end, unless it is cancelled, and then moves it on. Whoever
/// calls it has the examination's lock.
pub async fn run(engine: &Engine, id: &TaskId) -> Result<(), Error> {
    let task = store::task::get(&engine.store, id).await?;
    if !is_wanted_still(&task.state) {
        return Ok(());
    }
    tokio::select! {
        examined = examine_all(engine, &task) => examined?,
        () = until_unwanted(engine, id) => return Ok(()),
    }
    Ok(())
}

fn is_wanted_still(state: &task::State) -> bool {
    match state {
        task::State::Running => true,
        task::State::Open
        | task::State::Decided { .. }
        | task::State::Offered { .. }
        | task::State::Merged { .. }
        | task::State::Closed { .. }
        | task::State::Cancelled => false,
    }
}

/// A store that can't be read for a moment says nothing.
async fn until_unwanted(engine: &Engine, id: &TaskId) {
    loop {
        tokio::time::sleep(LOOK).await;
        let task = store::task::get(&engine.store, id).await;
        if task.is_ok_and(|task| !is_wanted_still(&task.state)) {
            return;
        }
    }
}

async fn examine_all(engine: &Engine, task: &Task) -> Result<(), Error> {
    let changed = offer::changed(engine, task).await?;
    let Some(wanted) = wanted(&changed) else { return Ok(()) };
    let bundles: Vec<_> = wanted.iter().map(|one| engine.home.bundle(&one.attempt)).collect();
    let examinees: Vec<Examinee<'_>> = wanted
        .iter()
        .zip(&bundles)
        .map(|(one, bundle)| Examinee {
            attempt: &one.attempt,
            change: &one.change,
            evidence: &one.evidence,
            bundle,
        })
        .collect();
    let heads = heads(&wanted);
    let new = opened(&examinees, &changed);
    let begun = store::examination::begin(&engine.store, &task.id, &heads, &new).await?;
    if begun.done {
        return Ok(());
    }
    let mut examination = begun.examination;
    if begun.begun == 1 {
        tell_beginning(engine, &examination).await?;
    }
    hold(engine, task, &examinees, &heads, &mut examination).await?;
    examination.judgement = judge::judge(engine, task, &changed, &examination).await?;
    Ok(store::examination::put(&engine.store, &task.id, &heads, &examination, true).await?)
}

fn opened(examinees: &[Examinee<'_>], changed: &[Changed]) -> Examination {
    let mut opened = examine::opened(examinees);
    let different: std::collections::BTreeSet<&str> =
        changed.iter().map(|one| one.patch.as_str()).collect();
    if examinees.len() == EXAMINED_MAX && different.len() > EXAMINED_MAX {
        let note = format!("only the best {EXAMINED_MAX} different changes were cross-examined");
        opened.notes.push(note);
    }
    opened
}

/// One exam after the other.
async fn hold(
    engine: &Engine,
    task: &Task,
    examinees: &[Examinee<'_>],
    heads: &str,
    examination: &mut Examination,
) -> Result<(), Error> {
    if examine::next(examinees, examination).is_none() {
        return Ok(());
    }
    let project = store::project::get(&engine.store, &task.project).await?;
    let backend = engine.backend().await?;
    let mirror = Mirror::open(engine.home.path(), &project).await?;
    let environment = explain::at(&mirror, &task.base.commit).await?;
    let limits = task.settings.limits;
    let wish = Wish {
        project: &project,
        mirror: &mirror,
        commit: &task.base.commit,
        environment: &environment,
        limits,
        without_setup: task.settings.without_setup,
        renew: false,
        until: prepare::Name::Commit,
    };
    let prepared = prepare::prepare(engine, &backend, &wish, &mut |_progress| {}).await?;
    let spec = spec::of_work(engine, &environment, limits)?;
    let hall = Hall {
        backend: &backend,
        snapshot: &prepared.snapshot,
        spec: &spec,
        checks: &environment.checks,
        time: Duration::from_millis(limits.wall_ms),
    };
    while let Some((tests, code)) = examine::next(examinees, examination) {
        let exam = examine::exam(hall, tests, code).await?;
        tell(engine, &exam.code_of, words(&exam)).await?;
        examination.exams.push(exam);
        store::examination::put(&engine.store, &task.id, heads, examination, false).await?;
    }
    Ok(())
}

async fn tell_beginning(engine: &Engine, examination: &Examination) -> Result<(), Error> {
    for one in &examination.examined {
        let others = examination.examined.iter().filter(|other| other.attempt != one.attempt);
        let others: Vec<String> = others.map(|other| other.attempt.number().to_string()).collect();
        let text = format!("cross-examination with attempt {}", others.join(", "));
        tell(engine, &one.attempt, text).await?;
    }
    Ok(())
}

async fn tell(engine: &Engine, attempt: &AttemptId, text: String) -> Result<(), Error> {
    let fact = Fact::Progress { text };
    let now = engine.clock.now();
    store::event::append(&engine.store, attempt, now, &fact, None).await?;
    Ok(())
}

/// `attempt 2's tests on this code: 3 pass, 1 fails (t.py::test_zero)`
fn words(exam: &Exam) -> String {
    const NAMES_MAX: usize = 5;
    let (passed, failed, absent) = (exam.count(Passed), exam.count(Failed), exam.count(Absent));
    let mut parts = vec![format!("{passed} passed"), format!("{failed} failed")];
    if absent > 0 {
        parts.push(format!("{absent} can't be loaded with it"));
    }
    let names = exam.tests.iter().filter(|test| test.outcome == Failed).take(NAMES_MAX);
    let names: Vec<&str> = names.map(|test| test.name.as_str()).collect();
    let named = if names.is_empty() { String::new() } else { format!(" ({})", names.join(", ")) };
    let number = exam.tests_of.number();
    format!("cross-examination: attempt {number}'s tests on this code: {}{named}", parts.join(", "))
}

/// Attempts that ended with a change.
pub(crate) fn is_changed(attempt: &Attempt) -> bool {
    matches!(attempt.state, State::Ended { outcome: Outcome::Changed })
}

#[cfg(test)]
mod tests;
