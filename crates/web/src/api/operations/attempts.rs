//! `/attempts/{attempt}`, what is said to it, and its plan.

use domain::{AttemptId, Event, Fact};
use engine::Engine;
use engine::steer::Steered as Said;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::paging::Paging;
use crate::api::answer::{Listed, Ok200};
use crate::api::asked::{Call, Nothing};
use crate::api::operation::{Operation, get, post};
use crate::api::refusal::Refusal;
use crate::api::shape;
use crate::api::wire::attempt::{Details, Message, Plan, PlanApproval, Report, Steered};

pub fn operations() -> Vec<Operation> {
    vec![
        get("/attempts/{attempt}", "getAttempt", "An attempt, and what it made")
            .tag("attempts")
            .by(read),
        get("/attempts/{attempt}/events", "listEvents", "Its log")
            .tag("attempts")
            .says(
                "Events are numbered from 1 without gaps; texts in them are an agent's or a \
                 program's, and hostile.",
            )
            .by(events),
        post("/attempts/{attempt}/messages", "steerAttempt", "Says something to its agent")
            .tag("attempts")
            .says(
                "One at work reads it before its model is asked next. One that has ended is \
                 followed by another attempt on the same computer, which begins with it.",
            )
            .by(steer),
        get("/attempts/{attempt}/plan", "getPlan", "Its newest plan").tag("attempts").by(plan),
        post("/attempts/{attempt}/plan/approval", "approvePlan", "Lets the work begin by its plan")
            .tag("attempts")
            .by(approve),
    ]
}

async fn read(call: Call) -> Result<Ok200<Details>, Refusal> {
    let engine = &call.site.engine;
    let attempt = store::attempt::get(call.store(), &call.path.attempt()?).await?;
    let id = &attempt.id;
    let report = store::report::get(call.store(), id).await?;
    let change = store::change::get(call.store(), id).await?;
    Ok(Ok200(Details {
        report: report.map(|report| Report { title: report.title, summary: report.summary }),
        film: change.as_ref().map(|_| shape::film(id)),
        change: change.map(|change| shape::change(id, &change)),
        attempt: shape::loaded(engine, &attempt).await?,
    }))
}

#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct From {
    /// Only events after this number; a cursor counts instead of it.
    #[serde(skip_serializing)]
    #[schemars(range(min = 0, max = 9007199254740991_u64))]
    after: Option<u64>,
    #[serde(skip_serializing)]
    #[schemars(range(min = 1, max = 100))]
    limit: Option<u32>,
    /// Where the page before ended: its `next`.
    #[serde(skip_serializing)]
    #[schemars(length(max = 512))]
    cursor: Option<String>,
}

async fn events(call: Call<From>) -> Result<Listed<Event>, Refusal> {
    let id = store::attempt::get(call.store(), &call.path.attempt()?).await?.id;
    let From { after, limit, cursor } = &call.query;
    let paging = Paging::<u64>::read(format!("events {id}"), *limit, cursor.as_deref())?;
    let after = paging.after.or(*after).unwrap_or(0);
    let rows = store::event::since(call.store(), &id, after, paging.wanted()).await?;
    Ok(Listed(paging.page(rows, |event| event.seq, |event| event)))
}

async fn steer(call: Call<Nothing, Message>) -> Result<Ok200<Steered>, Refusal> {
    let (engine, id) = (call.engine(), call.path.attempt()?);
    store::attempt::get(call.store(), &id).await?;
    if let Some(said) = said_before(&engine, &call, &id).await? {
        return Ok(Ok200(said));
    }
    let steered = match engine::steer::steer(&engine, &id, &call.body.text).await? {
        Said::Told { attempt } => Steered { attempt, follows: None, kept: false },
        Said::Kept { attempt } => Steered { attempt, follows: None, kept: true },
        Said::Followed { attempt, by } => {
            Steered { attempt: by, follows: Some(attempt), kept: false }
        }
    };
    Ok(Ok200(steered))
}

/// What became of the same message under the same key, where its server died before it answered:
/// nobody is told twice.
async fn said_before(
    engine: &Engine,
    call: &Call<Nothing, Message>,
    id: &AttemptId,
) -> Result<Option<Steered>, Refusal> {
    let Some(once) = &call.once else { return Ok(None) };
    let is_it = |event: &Event| match &event.fact {
        Fact::Steered { by, text } => {
            event.at >= once.at && *by == engine.person && text.trim() == call.body.text.trim()
        }
        _other_facts_are_no_messages => false,
    };
    for attempt in store::attempt::of_task(call.store(), &id.task()).await? {
        let said = store::event::steered_since(call.store(), &attempt.id, 0, MESSAGES_MAX).await?;
        if said.iter().any(is_it) {
            let follows = attempt.follows.filter(|_| attempt.created >= once.at);
            return Ok(Some(Steered { attempt: attempt.id, follows, kept: false }));
        }
    }
    Ok(None)
}

/// Messages to one attempt that are looked through.
const MESSAGES_MAX: u32 = 1_000;

async fn plan(call: Call) -> Result<Ok200<Plan>, Refusal> {
    Ok(Ok200(planned(&call.site.engine, &call.path.attempt()?).await?))
}

async fn planned(engine: &Engine, id: &AttemptId) -> Result<Plan, Refusal> {
    let attempt = store::attempt::get(&engine.store, id).await?;
    let plan = engine::steer::plan(engine, id).await?;
    let plan = plan.ok_or_else(|| Refusal::missing(format!("plan of attempt {id}")))?;
    Ok(Plan { attempt: id.clone(), plan, waits: shape::plan_waits(&attempt) })
}

async fn approve(call: Call<Nothing, PlanApproval>) -> Result<Ok200<Plan>, Refusal> {
    let (engine, id) = (call.engine(), call.path.attempt()?);
    let attempt = store::attempt::get(call.store(), &id).await?;
    engine::steer::approve(&engine, &attempt, call.body.plan.clone()).await?;
    Ok(Ok200(planned(&engine, &id).await?))
}
