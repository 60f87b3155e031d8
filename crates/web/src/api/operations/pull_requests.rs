//! `/pull-requests`

use domain::verdict::Said;
use domain::{ProjectId, PullRequestId, Timestamp, Verdict};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::page::{After, PullRequests};

use super::paging::Paging;
use super::verdicts;
use crate::Scope;
use crate::api::answer::{Accepted, Listed, Ok200};
use crate::api::asked::{Call, Nothing};
use crate::api::operation::{Operation, get, post};
use crate::api::refusal::{Kind, Refusal};
use crate::api::shape;
use crate::api::wire::pull_request::{Closure, PullRequest};

pub fn operations() -> Vec<Operation> {
    vec![
        get("/pull-requests", "listPullRequests", "Pull requests, newest first")
            .tag("pull-requests")
            .by(list),
        get("/pull-requests/{pull_request}", "getPullRequest", "A pull request")
            .tag("pull-requests")
            .by(read),
        post("/pull-requests/{pull_request}/merge", "mergePullRequest", "Merges it")
            .tag("pull-requests")
            .says(
                "Gives the verdict `approve` without a grace. Where the base has moved, the checks \
                 run again on the merge first, which takes its time: follow the verdict.",
            )
            .needs(Scope::Decide)
            .by(merge),
        post("/pull-requests/{pull_request}/closure", "closePullRequest", "Closes it unmerged")
            .tag("pull-requests")
            .needs(Scope::Decide)
            .by(close),
    ]
}

#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Which {
    /// Only this project's.
    project: Option<ProjectId>,
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
#[schemars(rename = "PullRequestState")]
enum StateName {
    Open,
    Merged,
    Closed,
}

impl StateName {
    fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Merged => "merged",
            Self::Closed => "closed",
        }
    }
}

async fn list(call: Call<Which>) -> Result<Listed<PullRequest>, Refusal> {
    let Which { project, state, limit, cursor } = &call.query;
    let filter = format!("pulls {}", serde_json::to_string(&call.query).unwrap_or_default());
    let paging = Paging::<(i64, PullRequestId)>::read(filter, *limit, cursor.as_deref())?;
    let after = paging.after.as_ref();
    let wanted = PullRequests {
        project: project.as_ref(),
        state: state.map(StateName::as_str),
        after: after.map(|(at, id)| After { at: Timestamp(*at), id: id.as_str() }),
    };
    let rows = store::page::pull_requests(call.store(), wanted, paging.wanted()).await?;
    let position = |one: &domain::PullRequest| (one.created.0, one.id.clone());
    Ok(Listed(paging.page(rows, position, |one| shape::pull_request(&one))))
}

async fn found<B>(call: &Call<Nothing, B>) -> Result<domain::PullRequest, Refusal> {
    Ok(store::pull_request::get(call.store(), &call.path.pull_request()?).await?)
}

async fn read(call: Call) -> Result<Ok200<PullRequest>, Refusal> {
    Ok(Ok200(shape::pull_request(&found(&call).await?)))
}

async fn merge(call: Call) -> Result<Accepted<Verdict>, Refusal> {
    let found = found(&call).await?;
    let made = verdicts::given(&call, found.attempt, Said::Approve, 0).await?;
    Ok(Accepted { at: verdicts::address(&made), made })
}

async fn close(call: Call<Nothing, Closure>) -> Result<Ok200<PullRequest>, Refusal> {
    let (engine, found) = (call.engine(), found(&call).await?);
    let reason = call.body.reason.trim();
    if reason.is_empty() {
        return Err(Refusal::field(Kind::Unprocessable, "reason", "it says nothing"));
    }
    engine::pull_request::close(&engine, &found, reason).await?;
    let closed = store::pull_request::get(call.store(), &found.id).await?;
    Ok(Ok200(shape::pull_request(&closed)))
}
