//! `whimbrel approve|reject|feedback ID`: a person's decision about a change, kept at once and carried
//! out by the engine.

use std::time::Duration;

use anyhow::Result;
use domain::verdict::{Outcome, Said, State, Via};
use domain::{Verdict, VerdictId};
use engine::Engine;
use engine::verdict::Wish;
use serde_json::{Value, json};

use super::delegate;
use crate::cli::{ApproveArgs, FeedbackArgs, RejectArgs};
use crate::exit::Exit;
use crate::{find, ui};

/// How often it is looked whether it was carried out.
const POLL: Duration = Duration::from_millis(100);

pub async fn approve(args: ApproveArgs, json: bool) -> Result<Exit> {
    decide(&args.id, Said::Approve, args.wait, json).await
}

pub async fn reject(args: RejectArgs, json: bool) -> Result<Exit> {
    let said = Said::Reject { reason: args.reason, words: args.words };
    decide(&args.id, said, args.wait, json).await
}

pub async fn feedback(args: FeedbackArgs, json: bool) -> Result<Exit> {
    let text = delegate::text(args.text)?;
    decide(&args.id, Said::Feedback { text }, args.wait, json).await
}

/// What is typed is meant: there is no grace.
async fn decide(id: &str, said: Said, wait: bool, json: bool) -> Result<Exit> {
    let engine = super::open().await?;
    let attempt = find::attempt(&engine, id).await?;
    let wish = Wish { attempt, said, via: Via::Cli, grace_ms: 0 };
    let verdict = engine::verdict::give(&engine, wish).await?;
    super::leave_to_the_engine(&engine).await;
    let verdict = if wait { until_done(&engine, &verdict.id).await? } else { verdict };
    Ok(print(&verdict, json))
}

pub fn print(verdict: &Verdict, json: bool) -> Exit {
    if json {
        ui::json(&object(verdict));
    } else {
        ui::out(&words(verdict));
    }
    if verdict.state.name() == "failed" { Exit::MergeRefused } else { Exit::Ok }
}

async fn until_done(engine: &Engine, id: &VerdictId) -> Result<Verdict> {
    loop {
        let verdict = store::verdict::get(&engine.store, id).await?;
        if verdict.state != State::Pending {
            return Ok(verdict);
        }
        super::leave_to_the_engine(engine).await;
        tokio::time::sleep(POLL).await;
    }
}

pub fn object(verdict: &Verdict) -> Value {
    json!({
        "id": verdict.id,
        "attempt": verdict.attempt,
        "person": verdict.person,
        "said": verdict.said,
        "state": verdict.state,
    })
}

pub fn words(verdict: &Verdict) -> String {
    let attempt = &verdict.attempt;
    match &verdict.state {
        State::Pending => match &verdict.said {
            Said::Approve => format!("{attempt} is approved; the engine carries it out."),
            Said::Reject { reason, .. } => {
                format!("{attempt} is rejected: {}.", reason.words())
            }
            Said::Feedback { .. } => format!("{attempt} is followed up with what you said."),
        },
        State::Withdrawn => "Taken back.".into(),
        State::CarriedOut { outcome } => match outcome {
            Outcome::Offered { pull_request } => {
                format!("Pull request {pull_request} is open: `whimbrel pr show {pull_request}`.")
            }
            Outcome::Merged { commit } => format!("Merged as {}.", commit.short()),
            Outcome::Closed => "Closed; the same isn't shown again.".into(),
            Outcome::Followed { attempt } => {
                format!("{attempt} goes on from there. `whimbrel attach {attempt}` follows it.")
            }
        },
        State::Failed { why } => format!("It could not be done: {}", ui::safe(why)),
    }
}
