//! `/tasks`

use std::collections::HashMap;

use domain::{AttemptId, ProjectId, TaskId, Timestamp};
use engine::Engine;
use engine::delegate::Request;
use forge::Mirror;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::task::{Cursor, Wanted, summaries};

use super::paging::Paging;
use crate::api::answer::{Created, Listed, Ok200};
use crate::api::asked::{Call, Nothing};
use crate::api::operation::{Operation, get, post};
use crate::api::refusal::{Kind, Refusal};
use crate::api::wire::comparison::{Compared, Comparison, Difference};
use crate::api::wire::task::{Delegated, Details, NewTask, Task};
use crate::api::{PREFIX, shape};

/// The longest difference that is given.
const DIFF_BYTES_MAX: u64 = 8 * 1024 * 1024;
const MS_PER_MINUTE: f64 = 60_000.0;
const MICROS: f64 = 1e6;

pub fn operations() -> Vec<Operation> {
    vec![
        get("/tasks", "listTasks", "Tasks, newest first").tag("tasks").by(list),
        post("/tasks", "createTask", "Delegates a task")
            .tag("tasks")
            .says(
                "Stores it with its attempts; the server starts them. With an idempotency key it \
                 is made once, also where the server dies in the middle.",
            )
            .by(create),
        get("/tasks/{task}", "getTask", "A task with all of its attempts").tag("tasks").by(read),
        post("/tasks/{task}/cancellation", "cancelTask", "Cancels a task")
            .tag("tasks")
            .says("Agents at work are told, and end within seconds. What has ended stays.")
            .by(cancel),
        get("/tasks/{task}/comparison", "compareTask", "Its attempts beside each other")
            .tag("tasks")
            .says("Ranked by evidence, with the reasons.")
            .by(compare),
        get("/tasks/{task}/difference", "diffTask", "What tells two attempts' results apart")
            .tag("tasks")
            .by(difference),
    ]
}

#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Which {
    /// Only this project's.
    project: Option<ProjectId>,
    /// Only those in this state.
    state: Option<StateName>,
    /// Only what this person asked for.
    #[schemars(length(max = 256))]
    person: Option<String>,
    /// Only those in whose sentence this is.
    #[schemars(length(max = 256))]
    text: Option<String>,
    #[serde(skip_serializing)]
    #[schemars(range(min = 1, max = 100))]
    limit: Option<u32>,
    /// Where the page before ended: its `next`.
    #[serde(skip_serializing)]
    #[schemars(length(max = 512))]
    cursor: Option<String>,
}

#[derive(Deserialize, Serialize, JsonSchema, Clone, Copy)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "TaskState")]
enum StateName {
    Open,
    Running,
    Decided,
    Offered,
    Merged,
    Closed,
    Cancelled,
}

impl StateName {
    fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Running => "running",
            Self::Decided => "decided",
            Self::Offered => "offered",
            Self::Merged => "merged",
            Self::Closed => "closed",
            Self::Cancelled => "cancelled",
        }
    }
}

async fn list(call: Call<Which>) -> Result<Listed<Task>, Refusal> {
    let Which { project, state, person, text, limit, cursor } = &call.query;
    let filter = format!("tasks {}", serde_json::to_string(&call.query).unwrap_or_default());
    let paging = Paging::<(i64, TaskId)>::read(filter, *limit, cursor.as_deref())?;
    let after = paging.after.clone().map(|(at, id)| Cursor { created: Timestamp(at), id });
    let states: Vec<&str> = state.iter().map(|state| state.as_str()).collect();
    let wanted = Wanted {
        project: project.as_ref(),
        person: person.as_deref(),
        text: text.as_deref(),
        states: &states,
        after: after.as_ref(),
    };
    let rows = summaries(call.store(), wanted, paging.wanted()).await?;
    let mut projects = HashMap::new();
    for row in &rows {
        let id = &row.task.project;
        if !projects.contains_key(id) {
            projects.insert(id.clone(), store::project::get(call.store(), id).await?);
        }
    }
    let position = |row: &store::task::Summary| (row.task.created.0, row.task.id.clone());
    let page = paging.page(rows, position, |row| shape::listed(&row, &projects[&row.task.project]));
    Ok(Listed(page))
}

async fn create(call: Call<Nothing, NewTask>) -> Result<Created<Delegated>, Refusal> {
    let engine = call.engine();
    let repo = repo(&call).await?;
    let id = call.once.as_ref().map(|once| TaskId::from_random(once.random("task")));
    let request = request(&call.body, repo, id)?;
    let delegated = engine::delegate::delegate(&engine, request).await?;
    let task = shape::task(&engine, &delegated.task).await?;
    let at = format!("{PREFIX}/tasks/{}", task.id);
    Ok(Created { at, made: Delegated { task, notes: delegated.notes } })
}

/// Where the repository is. One that is no project yet is somebody's with more rights to open.
async fn repo(call: &Call<Nothing, NewTask>) -> Result<String, Refusal> {
    match (&call.body.project, &call.body.repo) {
        (Some(id), None) => {
            let found = store::project::get(call.store(), id).await;
            let project = found.map_err(|error| match error {
                store::Error::Missing { .. } => {
                    Refusal::field(Kind::Unprocessable, "project", format!("there is no {id}"))
                }
                other => other.into(),
            })?;
            Ok(project.origin.as_str().to_owned())
        }
        (None, Some(repo)) => {
            call.person.may_open(&call.site, repo).await?;
            Ok(repo.clone())
        }
        (Some(_), Some(_)) | (None, None) => {
            Err(Refusal::field(Kind::Unprocessable, "project", "name either a project or a repo"))
        }
    }
}

fn request(body: &NewTask, repo: String, id: Option<TaskId>) -> Result<Request, Refusal> {
    let texts = [("base", &body.base), ("repo", &body.repo), ("model", &body.model)];
    for (field, text) in texts {
        if text.as_ref().is_some_and(|text| text.contains('\0')) {
            return Err(Refusal::field(Kind::Unprocessable, field, "it has a NUL in it"));
        }
    }
    Ok(Request {
        text: body.text.clone(),
        repo,
        base: body.base.clone(),
        attempts: body.attempts,
        agent: body.agent,
        model: body.model.clone(),
        wall_ms: body.minutes.map(|minutes| (minutes * MS_PER_MINUTE).ceil() as u64),
        memory_bytes: body.memory_bytes,
        seed: body.seed,
        without_setup: body.without_setup,
        mode: body.mode,
        plan_first: body.plan,
        enough: body.enough,
        with_changes: body.with_changes,
        usd_micros: body.usd.map(|usd| (usd * MICROS).round() as u64),
        tokens: body.tokens,
        id,
    })
}

async fn read(call: Call) -> Result<Ok200<Details>, Refusal> {
    let task = store::task::get(call.store(), &call.path.task()?).await?;
    Ok(Ok200(shape::details(&call.site.engine, &task).await?))
}

async fn cancel(call: Call) -> Result<Ok200<Task>, Refusal> {
    let (engine, id) = (call.engine(), call.path.task()?);
    engine::cancel::cancel(&engine, &id).await?;
    let task = store::task::get(call.store(), &id).await?;
    Ok(Ok200(shape::task(&engine, &task).await?))
}

async fn compare(call: Call) -> Result<Ok200<Comparison>, Refusal> {
    let (engine, id) = (&call.site.engine, call.path.task()?);
    let task = store::task::get(call.store(), &id).await?;
    let (ranking, examination) = engine::ranked(engine, &id).await?;
    let mut compared = Vec::new();
    for attempt in store::attempt::of_task(call.store(), &task.id).await? {
        let place = |ids: &[AttemptId]| ids.iter().position(|ranked| *ranked == attempt.id);
        let number = |place: usize| u32::try_from(place).unwrap_or(u32::MAX);
        let change = store::change::get(call.store(), &attempt.id).await?;
        let took = attempt.started.zip(attempt.ended);
        let group = ranking.groups.iter().position(|group| group.contains(&attempt.id));
        compared.push(Compared {
            rank: place(&ranking.order).map(|place| number(place + 1)),
            eligible: place(&ranking.eligible).is_some(),
            group: group.map(number),
            took_ms: took.map(|(from, to)| to.since_ms(from)),
            change: change.map(|change| shape::change(&attempt.id, &change)),
            attempt: shape::loaded(engine, &attempt).await?,
        });
    }
    compared.sort_by_key(|one| (one.rank.unwrap_or(u32::MAX), one.attempt.number));
    Ok(Ok200(Comparison {
        ranking: ranking.order,
        eligible: ranking.eligible,
        groups: ranking.groups,
        why: ranking.why,
        compared,
        examination,
        being_examined: engine.fleet.is_examined(&id)?,
        task: id,
    }))
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Pair {
    /// An attempt's number.
    #[schemars(range(min = 1, max = 999999999))]
    from: u32,
    /// Another's.
    #[schemars(range(min = 1, max = 999999999))]
    to: u32,
}

async fn difference(call: Call<Pair>) -> Result<Ok200<Difference>, Refusal> {
    let engine = call.engine();
    let task = store::task::get(call.store(), &call.path.task()?).await?;
    let (from, a) = head(&engine, &task.id, call.query.from).await?;
    let (to, b) = head(&engine, &task.id, call.query.to).await?;
    let project = store::project::get(call.store(), &task.project).await?;
    let mirror = Mirror::open(engine.home.path(), &project).await?;
    let diff = mirror.diff(&a, &b, DIFF_BYTES_MAX).await?;
    let text = String::from_utf8_lossy(&diff.bytes).into_owned();
    Ok(Ok200(Difference { task: task.id, from, to, diff: text, cut: diff.cut }))
}

async fn head(
    engine: &Engine,
    task: &TaskId,
    number: u32,
) -> Result<(AttemptId, domain::Commit), Refusal> {
    let missing = || Refusal::missing(format!("change of attempt {number} of task {task}"));
    let attempts = store::attempt::of_task(&engine.store, task).await?;
    let attempt = attempts.into_iter().find(|attempt| attempt.id.number() == number);
    let id = attempt.ok_or_else(missing)?.id;
    let change = store::change::get(&engine.store, &id).await?.ok_or_else(missing)?;
    Ok((id, change.head))
}
