//! From ended attempts to one pull request: rank by evidence, decide, describe, offer.

use domain::attempt::{Outcome, State};
use domain::pull_request::{self, branch_name};
use domain::{
    Attempt, AttemptId, Change, Evidence, Examination, PullRequest, PullRequestId, Task, task,
};
use forge::{Forge, Mirror};
use proof::{Candidate, Ranking};
use sha2::{Digest, Sha256};

use crate::{Engine, Error, examine};

/// The pull request's title comes from an agent: one line, at most so long.
const TITLE_CHARS_MAX: usize = 100;
/// Of each patch, what is compared to say that two attempts made the same change.
const PATCH_BYTES_MAX: u64 = 64 * 1024 * 1024;
const SUMMARY_BYTES_MAX: usize = 16 * 1024;

/// Where a task goes whose attempts have all ended.
pub(crate) async fn decide(
    engine: &Engine,
    task: &Task,
    attempts: &[Attempt],
) -> Result<task::State, Error> {
    let ranking = rank(engine, &task.id).await?;
    match ranking.eligible.first() {
        Some(attempt) => Ok(task.state.clone().decide(attempt.clone())?),
        None => Ok(task.state.clone().close(why_nothing(attempts))?),
    }
}

/// The attempts that changed something, best first, with the reasons.
pub async fn rank(engine: &Engine, task: &domain::TaskId) -> Result<Ranking, Error> {
    Ok(ranked(engine, task).await?.0)
}

/// The same, with the cross-examination that it rests on; an empty one where there was none.
pub async fn ranked(
    engine: &Engine,
    task: &domain::TaskId,
) -> Result<(Ranking, Examination), Error> {
    let task = store::task::get(&engine.store, task).await?;
    let changed = changed(engine, &task).await?;
    let examination = examine::known(engine, &task.id, &changed).await?;
    let candidates: Vec<Candidate<'_>> = changed.iter().map(Changed::candidate).collect();
    let ranking = proof::rank(&candidates, &examination);
    Ok((ranking, examination))
}

/// All that is to be ranked: of those that follow one another, the last good one.
pub(crate) async fn changed(engine: &Engine, task: &Task) -> Result<Vec<Changed>, Error> {
    let project = store::project::get(&engine.store, &task.project).await?;
    let mirror = Mirror::open(engine.home.path(), &project).await?;
    let attempts = store::attempt::of_task(&engine.store, &task.id).await?;
    let mut changed = Vec::new();
    for attempt in attempts.iter().filter(|attempt| examine::is_changed(attempt)) {
        changed.push(Changed::load(engine, &mirror, attempt.id.clone()).await?);
    }
    let good: Vec<AttemptId> =
        changed.iter().filter(|one| one.evidence.holds()).map(|one| one.attempt.clone()).collect();
    changed.retain(|one| !good.iter().any(|later| follows(&attempts, later, &one.attempt)));
    Ok(changed)
}

/// Whether `later` goes on from `earlier`, over however many attempts. If what it came to is good,
/// it stands for both.
fn follows(attempts: &[Attempt], later: &AttemptId, earlier: &AttemptId) -> bool {
    let followed = |id: &AttemptId| {
        attempts.iter().find(|one| one.id == *id).and_then(|one| one.follows.as_ref())
    };
    std::iter::successors(followed(later), |id| followed(id)).any(|id| id == earlier)
}

/// All that is known of an attempt that changed something.
pub(crate) struct Changed {
    pub attempt: AttemptId,
    pub change: Change,
    pub evidence: Evidence,
    /// The same for attempts that made the same change.
    pub patch: String,
}

impl Changed {
    async fn load(engine: &Engine, mirror: &Mirror, attempt: AttemptId) -> Result<Self, Error> {
        let missing = |what| Error::Missing { attempt: attempt.clone(), what };
        let change = store::change::get(&engine.store, &attempt).await?;
        let change = change.ok_or_else(|| missing("change"))?;
        let evidence = store::evidence::get(&engine.store, &attempt).await?;
        let evidence = evidence.ok_or_else(|| missing("evidence"))?;
        let patch = digest(engine, mirror, &change).await?;
        Ok(Self { attempt, change, evidence, patch })
    }

    pub fn candidate(&self) -> Candidate<'_> {
        let Self { attempt, change, evidence, patch } = self;
        Candidate { attempt, change, evidence, tree: patch }
    }
}

/// What tells the change apart from others on the same base. Git makes it once.
async fn digest(engine: &Engine, mirror: &Mirror, change: &Change) -> Result<String, Error> {
    if let Some(known) = store::change::digest(&engine.store, change).await? {
        return Ok(known);
    }
    let diff = mirror.diff(&change.base, &change.head, PATCH_BYTES_MAX).await?;
    let digest = stdx::hex::of(&Sha256::digest(&diff.bytes));
    store::change::put_digest(&engine.store, change, &digest).await?;
    Ok(digest)
}

fn why_nothing(attempts: &[Attempt]) -> String {
    let answered =
        |a: &&Attempt| matches!(a.state, State::Ended { outcome: Outcome::Answered { .. } });
    if attempts.iter().any(|attempt| answered(&attempt)) {
        return "answered".into();
    }
    let changed =
        |attempt: &&Attempt| matches!(attempt.state, State::Ended { outcome: Outcome::Changed });
    let broken = attempts.iter().filter(changed).count();
    if broken > 0 {
        return format!(
            "{broken} of {} attempts changed something, but none may be offered: it broke what \
             worked, or can't be believed",
            attempts.len()
        );
    }
    let failed = |attempt: &Attempt| {
        matches!(attempt.state, State::Ended { outcome: Outcome::Failed { .. } })
    };
    if attempts.iter().all(failed) {
        return "every attempt failed".into();
    }
    "no attempt changed anything".into()
}

/// Offers the decided attempt's change. Of two processes that want to, the second waits for the
/// first and then finds it done; doing it again after a crash changes nothing.
pub(crate) async fn offer(engine: &Engine, task: &Task, attempt: &AttemptId) -> Result<(), Error> {
    let _lock = engine.home.lock(&format!("offer-{}", task.id)).await?;
    let now = store::task::get(&engine.store, &task.id).await?.state;
    if now != task.state {
        return Ok(());
    }
    let pull_request = describe(engine, task, attempt).await?;
    let project = store::project::get(&engine.store, &task.project).await?;
    let mirror = Mirror::open(engine.home.path(), &project).await?;
    let forge = forge::Local::new(mirror);
    let before = offered_before(engine, &pull_request.id).await?;
    let stored = match &before {
        None => {
            forge.offer(&pull_request.branch, &pull_request.head).await?;
            store::pull_request::create(&engine.store, &pull_request).await
        }
        Some(before) => {
            forge.renew(&pull_request.branch, &before.head, &pull_request.head).await?;
            store::pull_request::renew(&engine.store, &pull_request).await
        }
    };
    // Cancelled meanwhile: nobody wants the branch any more.
    let cancelled = matches!(stored, Err(store::Error::Conflict { found: "cancelled", .. }));
    if cancelled && before.is_none() {
        forge.close(&pull_request.branch, &pull_request.head).await?;
    }
    Ok(stored?)
}

/// The task's pull request, where a follow-up comes after it was opened: there is never a second.
pub(crate) async fn offered_before(
    engine: &Engine,
    id: &PullRequestId,
) -> Result<Option<PullRequest>, Error> {
    match store::pull_request::get(&engine.store, id).await {
        Ok(before) => Ok(Some(before)),
        Err(store::Error::Missing { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

async fn describe(engine: &Engine, task: &Task, attempt: &AttemptId) -> Result<PullRequest, Error> {
    let missing = |what| Error::Missing { attempt: attempt.clone(), what };
    let change = store::change::get(&engine.store, attempt).await?;
    let change = change.ok_or_else(|| missing("change"))?;
    let evidence = store::evidence::get(&engine.store, attempt).await?;
    let evidence = evidence.ok_or_else(|| missing("evidence"))?;
    let report = store::report::get(&engine.store, attempt).await?;
    let report = report.ok_or_else(|| missing("report"))?;
    let ranking = rank(engine, &task.id).await?;
    let made_by = made_by(attempt, &store::attempt::of_task(&engine.store, &task.id).await?);
    let key = crate::evidence::key(engine).await?.public();
    let signed = proof::markdown::Signed { attempt, key: &key };
    let section = proof::markdown::section(&evidence, Some(signed));
    let id = PullRequestId::of(&task.id);
    Ok(PullRequest {
        branch: branch_name(&task.text, &id),
        id,
        project: task.project.clone(),
        attempt: attempt.clone(),
        base_branch: task.base.branch.clone(),
        base: change.base.clone(),
        head: change.head.clone(),
        title: title(&report.title, &task.text),
        body: body(task, &made_by, &report.summary, &filmed(engine, attempt, &section), &ranking),
        created: engine.clock.now(),
        state: pull_request::State::Open,
    })
}

fn title(reported: &str, text: &str) -> String {
    let chosen = if reported.trim().is_empty() { text } else { reported };
    stdx::cut::line(chosen, TITLE_CHARS_MAX)
}

/// Which of the attempts made the change, in words.
fn made_by(attempt: &AttemptId, all: &[Attempt]) -> String {
    let number = attempt.number();
    let followed = all.iter().find(|other| other.id == *attempt);
    match followed.and_then(|found| found.follows.as_ref()) {
        Some(followed) => format!("attempt {number}, which follows attempt {}", followed.number()),
        None => format!("attempt {number} of {}", all.len()),
    }
}

/// The evidence, and where its film is to be seen if other machines reach the server.
fn filmed(engine: &Engine, attempt: &AttemptId, evidence: &str) -> String {
    let link = engine.config.server.link(&format!("/films/{attempt}.mp4"));
    let film = link.map(|link| format!("\n\n[The change as a film]({link}) (some seconds)"));
    format!("{}{}", evidence.trim(), film.unwrap_or_default())
}

fn body(task: &Task, made_by: &str, summary: &str, evidence: &str, ranking: &Ranking) -> String {
    let summary = stdx::cut::middle(summary.trim(), SUMMARY_BYTES_MAX);
    let mut body = format!("{summary}\n\n{}\n", evidence.trim());
    if task.settings.attempts > 1 {
        body.push_str("\n## Why this attempt\n\n");
        for reason in &ranking.why {
            body.push_str(&format!("- {}\n", proof::markdown::plain(reason)));
        }
    }
    let asked: Vec<String> = task.text.lines().map(|line| format!("> {line}")).collect();
    body.push_str(&format!(
        "\n---\n{}\n\nAsked of whimbrel as task {}; made by {made_by} (agent: {}). \
         The text above the evidence is the agent's; the evidence was made by whimbrel, in clean \
         computers, with the agent gone.\n",
        asked.join("\n"),
        task.id,
        task.settings.agent.as_str(),
    ));
    body
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_made_a_change_is_told_with_whom_it_follows() {
        let attempt = |number, follows: Option<&str>| Attempt {
            id: AttemptId::new(&"k3v9x2ab".parse().expect("an id"), number),
            state: State::Queued,
            created: domain::Timestamp(0),
            started: None,
            ended: None,
            runs: 0,
            follows: follows.map(|id| id.parse().expect("an id")),
            waits: None,
        };
        let all = [attempt(1, None), attempt(2, None), attempt(3, Some("k3v9x2ab.2"))];
        assert_eq!(made_by(&all[1].id, &all[..2]), "attempt 2 of 2");
        assert_eq!(made_by(&all[2].id, &all), "attempt 3, which follows attempt 2");
    }

    #[test]
    fn a_title_is_one_line_and_never_empty() {
        assert_eq!(title("Fix it\n\nmore", "text"), "Fix it");
        assert_eq!(title("  ", "The sentence"), "The sentence");
        assert_eq!(title(&"x".repeat(200), "").chars().count(), TITLE_CHARS_MAX);
    }
}
