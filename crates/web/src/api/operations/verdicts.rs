//! `/verdicts`

use domain::verdict::{Said, Via};
use domain::{AttemptId, TaskId, Timestamp, Verdict, VerdictId};
use engine::verdict::{GRACE_MS, Wish};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::page::{After, Verdicts};

use super::paging::Paging;
use crate::Scope;
use crate::api::PREFIX;
use crate::api::answer::{Created, Listed, Ok200};
use crate::api::asked::{Call, Nothing};
use crate::api::operation::{Operation, delete, get, post};
use crate::api::refusal::{Kind as Problem, Refusal};
use crate::api::wire::verdict::{Kind, NewVerdict};

pub fn operations() -> Vec<Operation> {
    vec![
        get("/verdicts", "listVerdicts", "Verdicts, newest first").tag("verdicts").by(list),
        post("/verdicts", "giveVerdict", "Decides about an attempt's change")
            .tag("verdicts")
            .says(
                "Kept at once, and carried out when its grace is over: an approval does what the \
                 project's settings say, a rejection closes, feedback starts a follow-up. Follow \
                 it where Location says.",
            )
            .needs(Scope::Decide)
            .by(give),
        get("/verdicts/{verdict}", "getVerdict", "A verdict, and what came of it")
            .tag("verdicts")
            .by(read),
        delete("/verdicts/{verdict}", "withdrawVerdict", "Takes a verdict back")
            .tag("verdicts")
            .says("While its grace lasts, by whoever gave it.")
            .by(withdraw),
    ]
}

#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Which {
    /// Only those about this task.
    task: Option<TaskId>,
    /// Only those about this attempt.
    attempt: Option<AttemptId>,
    /// Only this person's.
    #[schemars(length(max = 256))]
    person: Option<String>,
    /// Only those in this state.
    state: Option<StateName>,
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
#[schemars(rename = "VerdictState")]
enum StateName {
    Pending,
    Withdrawn,
    CarriedOut,
    Failed,
}

impl StateName {
    fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Withdrawn => "withdrawn",
            Self::CarriedOut => "carried_out",
            Self::Failed => "failed",
        }
    }
}

async fn list(call: Call<Which>) -> Result<Listed<Verdict>, Refusal> {
    let Which { task, attempt, person, state, limit, cursor } = &call.query;
    let filter = format!("verdicts {}", serde_json::to_string(&call.query).unwrap_or_default());
    let paging = Paging::<(i64, VerdictId)>::read(filter, *limit, cursor.as_deref())?;
    let after = paging.after.as_ref();
    let wanted = Verdicts {
        task: task.as_ref(),
        attempt: attempt.as_ref(),
        person: person.as_deref(),
        state: state.map(StateName::as_str),
        after: after.map(|(at, id)| After { at: Timestamp(*at), id: id.as_str() }),
    };
    let rows = store::page::verdicts(call.store(), wanted, paging.wanted()).await?;
    Ok(Listed(paging.page(rows, |one| (one.at.0, one.id.clone()), |one| one)))
}

async fn give(call: Call<Nothing, NewVerdict>) -> Result<Created<Verdict>, Refusal> {
    let said = said(&call.body)?;
    let grace_ms = call.body.grace_ms.unwrap_or(GRACE_MS);
    let made = given(&call, call.body.attempt.clone(), said, grace_ms).await?;
    Ok(Created { at: address(&made), made })
}

fn said(body: &NewVerdict) -> Result<Said, Refusal> {
    let wrong = |field, words| Err(Refusal::field(Problem::Unprocessable, field, words));
    let text = body.text.clone().unwrap_or_default();
    match (body.kind, body.reason) {
        (Kind::Approve, None) if text.is_empty() => Ok(Said::Approve),
        (Kind::Approve, None) => wrong("text", "an approval has no text"),
        (Kind::Reject, Some(reason)) => Ok(Said::Reject { reason, words: text }),
        (Kind::Reject, None) => wrong("reason", "a rejection needs a reason"),
        (Kind::Feedback, None) if text.trim().is_empty() => {
            wrong("text", "feedback needs a text that says what is to be changed")
        }
        (Kind::Feedback, None) => Ok(Said::Feedback { text }),
        (Kind::Approve | Kind::Feedback, Some(_)) => {
            wrong("reason", "only a rejection has a reason")
        }
    }
}

/// Under an idempotency key once, also where the server died in the middle.
pub async fn given<Q, B>(
    call: &Call<Q, B>,
    attempt: AttemptId,
    said: Said,
    grace_ms: u64,
) -> Result<Verdict, Refusal> {
    let engine = call.engine();
    store::attempt::get(call.store(), &attempt).await?;
    let wish = Wish { attempt, said, via: Via::Api, grace_ms };
    let verdict = match &call.once {
        Some(once) => {
            let key = format!("api-{:016x}", once.random("verdict"));
            engine::verdict::give_once(&engine, wish, &key).await?
        }
        None => engine::verdict::give(&engine, wish).await?,
    };
    Ok(verdict)
}

pub fn address(verdict: &Verdict) -> String {
    format!("{PREFIX}/verdicts/{}", verdict.id)
}

async fn read(call: Call) -> Result<Ok200<Verdict>, Refusal> {
    Ok(Ok200(store::verdict::get(call.store(), &call.path.verdict()?).await?))
}

async fn withdraw(call: Call) -> Result<Ok200<Verdict>, Refusal> {
    Ok(Ok200(engine::verdict::withdraw(&call.engine(), &call.path.verdict()?).await?))
}
