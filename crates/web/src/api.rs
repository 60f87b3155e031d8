//! `/api/v1`: everything that a page can do, for programs.
//!
//! ```text
//! GET    /                                        wire::server::Server
//! GET    /openapi.json
//! GET    /projects                                Page<project::Project>
//! POST   /projects                                project::NewProject → project::Project
//! GET    /projects/{project}                      project::Project
//! PUT    /projects/{project}/settings             project::Settings → project::Project
//! GET    /projects/{project}/environment?base=    environment::Explanation
//! GET    /projects/{project}/snapshots            Page<environment::Snapshot>
//! GET    /projects/{project}/secrets              Page<secret::Secret>
//! PUT    /projects/{project}/secrets/{name}       secret::SecretValue → 204
//! DELETE /projects/{project}/secrets/{name}       204
//! GET    /secrets                                 those of all projects, likewise
//! PUT    /secrets/{name}
//! DELETE /secrets/{name}
//! GET    /tasks?project=&state=&person=&text=&limit=&cursor=   Page<task::Task>
//! POST   /tasks                                   task::NewTask → 201 task::Delegated
//! GET    /tasks/{task}                            task::Details
//! POST   /tasks/{task}/cancellation               task::Task
//! GET    /tasks/{task}/comparison                 comparison::Comparison
//! GET    /tasks/{task}/difference?from=&to=       comparison::Difference
//! GET    /attempts/{attempt}                      attempt::Details
//! GET    /attempts/{attempt}/events?after=&limit= Page<domain::Event>
//! GET    /attempts/{attempt}/events/stream        server-sent events, each a domain::Event
//! POST   /attempts/{attempt}/messages             attempt::Message → attempt::Steered
//! GET    /attempts/{attempt}/plan                 attempt::Plan
//! POST   /attempts/{attempt}/plan/approval        attempt::PlanApproval → attempt::Plan
//! GET    /attempts/{attempt}/change               change::Change
//! GET    /attempts/{attempt}/diff                 text/x-diff
//! GET    /attempts/{attempt}/evidence             domain::Evidence
//! GET    /attempts/{attempt}/envelope             the signed evidence, byte for byte
//! GET    /attempts/{attempt}/logs                 Page<attempt::Log>
//! GET    /attempts/{attempt}/logs/{log}           text/plain
//! GET    /attempts/{attempt}/comments             Page<comment::Comment>
//! POST   /attempts/{attempt}/comments             comment::NewComment → 201 comment::Comment
//! DELETE /attempts/{attempt}/comments/{comment}   204
//! POST   /attempts/{attempt}/feedback             comment::Feedback → 201 domain::Verdict
//! GET    /verdicts?attempt=&state=                Page<domain::Verdict>
//! POST   /verdicts                                verdict::NewVerdict → 201 domain::Verdict
//! GET    /verdicts/{verdict}                      domain::Verdict
//! DELETE /verdicts/{verdict}                      withdraws it → domain::Verdict
//! GET    /pull-requests?project=&state=           Page<pull_request::PullRequest>
//! GET    /pull-requests/{pull_request}            pull_request::PullRequest
//! POST   /pull-requests/{pull_request}/merge      202 domain::Verdict, to be followed
//! POST   /pull-requests/{pull_request}/closure    pull_request::Closure → pull_request::PullRequest
//! GET    /events/stream                           server-sent events: wire::notice
//! ```

mod answer;
mod asked;
mod bounds;
mod cursor;
mod document;
mod once;
mod operation;
mod operations;
mod refusal;
mod shape;
pub mod wire;

use axum::Router;

use crate::Shared;

pub use once::Flights;
pub(crate) use refusal::Refusal;

/// What all addresses begin with.
pub const PREFIX: &str = "/api/v1";

/// A route for each operation, and no other.
pub fn router() -> Router<Shared> {
    let add = |router: Router<Shared>, operation: operation::Operation| {
        let path = match operation.meta.path {
            "/" => PREFIX.to_owned(),
            path => format!("{PREFIX}{path}"),
        };
        router.route(&path, operation.route)
    };
    operations::all().into_iter().fold(Router::new(), add)
}
