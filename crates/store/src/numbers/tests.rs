use domain::attempt::{Outcome, Stage, State};
use domain::verdict::{Reason, Said as Says, Via};
use domain::{
    Attempt, AttemptId, Evidence, PullRequest, TaskId, Verdict, VerdictId, pull_request, task,
    verdict,
};

use super::*;
use crate::attempt::Move;
use crate::exchange::{Opening, open};
use crate::sample::{commit, open_pull_request, open_task, queued, store_with_task};
use crate::{attempt, evidence, exchange, pull_request as requests};

const DAY: i64 = 20_000;

/// In the middle of a day, so many minutes later.
fn at(day: i64, minutes: i64) -> Timestamp {
    Timestamp(Day(day).begins().0 + 12 * 3_600_000 + minutes * 60_000)
}

fn range(days: i64, project: Option<&ProjectId>) -> Range<'_> {
    Range { since: Day(DAY).begins(), until: Day(DAY + days).begins(), project }
}

struct Sample {
    store: Store,
    project: ProjectId,
    _home: tempfile::TempDir,
}

impl Sample {
    async fn new() -> Self {
        let (_home, store, first) = store_with_task(1).await;
        let project = task::State::Open;
        assert_eq!(crate::task::get(&store, &first).await.unwrap().state, project);
        let project = crate::task::get(&store, &first).await.unwrap().project;
        Self { store, project, _home }
    }

    /// A task with one attempt, which has ended.
    async fn attempt(&self, number: u64, person: &str, ended: Timestamp, how: Outcome) -> Attempt {
        let id = TaskId::from_random(number);
        let mut task = open_task(&id, &self.project);
        task.person = person.into();
        task.created = ended;
        crate::task::create(&self.store, &task, &[queued(&id, 1)]).await.unwrap();
        let first = AttemptId::new(&id, 1);
        let to = State::Ended { outcome: how };
        let how = Move { expected: &State::Queued, to: &to, at: ended, holder: None };
        attempt::move_to(&self.store, &first, how, &[]).await.unwrap();
        attempt::get(&self.store, &first).await.unwrap()
    }

    async fn changed(&self, number: u64, person: &str, ended: Timestamp) -> PullRequest {
        let attempt = self.attempt(number, person, ended, Outcome::Changed).await;
        let id = attempt.id.task();
        let decided = task::State::Decided { attempt: attempt.id.clone() };
        let step = async |from: &task::State, to: &task::State| {
            crate::task::move_to(&self.store, &id, from, to).await.unwrap();
        };
        step(&task::State::Open, &task::State::Running).await;
        step(&task::State::Running, &decided).await;
        let mut new = open_pull_request(&attempt.id);
        new.created = ended;
        requests::create(&self.store, &new).await.unwrap();
        new
    }

    async fn decide(&self, request: &PullRequest, when: Timestamp, to: pull_request::State) {
        let decided = requests::Decided { at: when, person: "ada" };
        let open = pull_request::State::Open;
        requests::move_to(&self.store, &request.id, &open, &to, decided).await.unwrap();
    }
}

fn merged() -> pull_request::State {
    pull_request::State::Merged { commit: commit('c') }
}

fn closed() -> pull_request::State {
    pull_request::State::Closed { reason: "no".into() }
}

#[tokio::test]
async fn pull_requests_are_counted_on_the_days_they_were_opened_and_decided() {
    let sample = Sample::new().await;
    let first = sample.changed(2, "ada", at(DAY, 0)).await;
    let second = sample.changed(3, "ada", at(DAY, 5)).await;
    let third = sample.changed(4, "bo", at(DAY + 1, 0)).await;
    let late = sample.changed(5, "bo", at(DAY + 9, 0)).await;
    sample.decide(&first, at(DAY, 30), merged()).await;
    sample.decide(&second, at(DAY + 2, 5), closed()).await;
    sample.decide(&late, at(DAY + 9, 1), merged()).await;
    let store = &sample.store;

    let found = offered(store, range(3, None)).await.unwrap();
    let shown: Vec<_> =
        found.iter().map(|row| (row.person.as_str(), row.day - DAY, row.count)).collect();
    assert_eq!(shown, [("ada", 0, 2), ("bo", 1, 1)]);

    let task = crate::task::get(store, &first.id.task()).await.unwrap();
    let opening =
        Opening { model: "lab/one".into(), estimated_input_tokens: 1, estimated_micros: Some(70) };
    let asked = open(store, &task, &first.attempt, &opening, at(DAY, 1), None);
    asked.await.unwrap();
    let found = decided(store, range(3, Some(&sample.project))).await.unwrap();
    let shown: Vec<_> = found.iter().map(|row| (row.merged, row.ended - row.created)).collect();
    assert_eq!(shown, [(false, 2 * Day::MS), (true, 30 * 60_000)]);
    assert_eq!((found[1].agent.as_str(), found[1].micros), ("mechanic", 70));
    assert_eq!(third.state, pull_request::State::Open);

    let elsewhere = ProjectId::from_random(99);
    assert_eq!(offered(store, range(3, Some(&elsewhere))).await.unwrap(), []);
    assert_eq!(decided(store, range(3, Some(&elsewhere))).await.unwrap(), []);
}

#[tokio::test]
async fn attempts_are_counted_by_how_they_ended_and_whether_their_evidence_holds() {
    let sample = Sample::new().await;
    let broke = Outcome::Failed { stage: Stage::Work, reason: "no key".into() };
    sample.attempt(2, "ada", at(DAY, 0), broke).await;
    let changed = sample.attempt(3, "ada", at(DAY, 1), Outcome::Changed).await;
    sample.attempt(4, "ada", at(DAY + 1, 1), Outcome::Changed).await;
    sample.attempt(5, "ada", at(DAY - 1, 1), Outcome::Changed).await;
    let proof = Evidence::new(commit('a'), commit('b'));
    evidence::put(&sample.store, &changed.id, &proof, None).await.unwrap();

    let found = ended(&sample.store, range(2, None)).await.unwrap();
    let shown: Vec<_> =
        found.iter().map(|row| (row.outcome.as_str(), row.holds, row.count)).collect();
    assert_eq!(shown, [("changed", None, 1), ("changed", Some(false), 1), ("failed", None, 1)]);
}

#[tokio::test]
async fn costs_are_of_the_requests_that_left_in_the_range() {
    let sample = Sample::new().await;
    let task = crate::task::get(&sample.store, &TaskId::from_random(1)).await.unwrap();
    let id = AttemptId::new(&task.id, 1);
    for (day, micros) in [(DAY - 1, Some(1)), (DAY, Some(20)), (DAY, None), (DAY + 1, Some(300))] {
        let opening = Opening {
            model: "lab/one".into(),
            estimated_input_tokens: 1,
            estimated_micros: micros,
        };
        open(&sample.store, &task, &id, &opening, at(day, 0), None).await.unwrap();
    }
    let found = costs(&sample.store, range(2, Some(&sample.project))).await.unwrap();
    let agent = "mechanic".to_owned();
    assert_eq!(found, [Cost { agent, model: None, micros: 320, requests: 3, unpriced: 1 }]);
    assert_eq!(exchange::of_attempt(&sample.store, &id).await.unwrap().len(), 4);
}

#[tokio::test]
async fn what_was_taken_back_was_not_said() {
    let sample = Sample::new().await;
    let ended = sample.attempt(2, "ada", at(DAY, 0), Outcome::Changed).await;
    let reject = Says::Reject { reason: Reason::TooBig, words: String::new() };
    let done = verdict::State::CarriedOut { outcome: verdict::Outcome::Closed };
    let given = [
        (Says::Approve, done.clone()),
        (reject.clone(), done.clone()),
        (reject, verdict::State::Withdrawn),
        (Says::Feedback { text: "smaller".into() }, done),
    ];
    for (number, (said, state)) in given.into_iter().enumerate() {
        let verdict = Verdict {
            id: VerdictId::from_random(number as u64),
            task: ended.id.task(),
            attempt: ended.id.clone(),
            person: "ada".into(),
            via: Via::Cli,
            at: at(DAY, 1),
            due: at(DAY, 1),
            said,
            state,
        };
        crate::verdict::put(&sample.store, &verdict).await.unwrap();
    }
    let found = said(&sample.store, range(1, None)).await.unwrap();
    let shown: Vec<_> =
        found.iter().map(|row| (row.kind.as_str(), row.reason.as_deref(), row.count)).collect();
    assert_eq!(
        shown,
        [("approve", None, 1), ("feedback", None, 1), ("reject", Some("too_big"), 1)]
    );
}

#[tokio::test]
async fn a_project_says_how_busy_it_is() {
    let sample = Sample::new().await;
    let request = sample.changed(2, "ada", at(DAY, 0)).await;
    sample.changed(3, "ada", at(DAY + 1, 0)).await;
    sample.decide(&request, at(DAY, 30), merged()).await;
    let found = activity(&sample.store).await.unwrap();
    let expected = Activity {
        project: sample.project,
        tasks: 3,
        running: 0,
        queued: 1,
        open: 1,
        merged: 1,
        closed: 0,
        last: Some(at(DAY + 1, 0)),
    };
    assert_eq!(found, [expected]);
}
