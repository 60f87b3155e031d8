//! `approve`, `reject` and `feedback`, on a server.

use std::time::Duration;

use anyhow::Result;
use domain::Verdict;
use domain::verdict::State;
use web::api::wire::verdict::{Kind, NewVerdict};

use super::client::Client;
use super::find;
use crate::cli::{ApproveArgs, FeedbackArgs, RejectArgs};
use crate::commands::{delegate, verdict as shown};
use crate::exit::Exit;

const POLL: Duration = Duration::from_millis(250);

pub async fn approve(client: &Client, args: &ApproveArgs, json: bool) -> Result<Exit> {
    let new = new(client, &args.id, Kind::Approve).await?;
    give(client, &new, args.wait, json).await
}

pub async fn reject(client: &Client, args: RejectArgs, json: bool) -> Result<Exit> {
    let new = new(client, &args.id, Kind::Reject).await?;
    let text = Some(args.words).filter(|words| !words.is_empty());
    let new = NewVerdict { reason: Some(args.reason), text, ..new };
    give(client, &new, args.wait, json).await
}

pub async fn feedback(client: &Client, args: FeedbackArgs, json: bool) -> Result<Exit> {
    let new = new(client, &args.id, Kind::Feedback).await?;
    let new = NewVerdict { text: Some(delegate::text(args.text)?), ..new };
    give(client, &new, args.wait, json).await
}

/// What is typed is meant: there is no grace.
async fn new(client: &Client, typed: &str, kind: Kind) -> Result<NewVerdict> {
    let attempt = find::attempt(client, typed).await?;
    Ok(NewVerdict { attempt, kind, reason: None, text: None, grace_ms: Some(0) })
}

async fn give(client: &Client, new: &NewVerdict, wait: bool, json: bool) -> Result<Exit> {
    let given: Verdict = client.post("/verdicts", new).await?;
    let verdict = if wait { until_done(client, given).await? } else { given };
    Ok(shown::print(&verdict, json))
}

/// Until the server has carried it out, or can't.
pub async fn until_done(client: &Client, mut verdict: Verdict) -> Result<Verdict> {
    let client = client.patient();
    while verdict.state == State::Pending {
        tokio::time::sleep(POLL).await;
        verdict = client.get(&format!("/verdicts/{}", verdict.id)).await?;
    }
    Ok(verdict)
}
