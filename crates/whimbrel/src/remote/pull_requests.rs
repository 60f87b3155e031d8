//! `pr …`, on a server.

use anyhow::{Result, bail};
use domain::verdict::{Outcome, State};
use domain::{Commit, PullRequest, Verdict};
use web::api::wire;

use super::client::Client;
use super::{attempts, find, read, verdicts};
use crate::cli::PrCommand;
use crate::commands::pr;
use crate::exit::Exit;

const PAGE: usize = 100;

pub async fn run(client: &Client, command: PrCommand, json: bool) -> Result<Exit> {
    match command {
        PrCommand::List => {
            let limit = usize::try_from(pr::LISTED_MAX)?;
            let path = format!("/pull-requests?limit={PAGE}");
            let found: Vec<wire::pull_request::PullRequest> = client.list(&path, limit).await?;
            let found: Result<Vec<PullRequest>> =
                found.into_iter().map(read::pull_request).collect();
            pr::print_list(&found?, json);
        }
        PrCommand::Show(args) => pr::print(&find::pull_request(client, &args.id).await?, json),
        PrCommand::Diff(args) => {
            let found = find::pull_request(client, &args.id).await?;
            return attempts::diff_of(client, &found.attempt, json).await;
        }
        PrCommand::Merge(args) => {
            let found = find::pull_request(client, &args.id).await?;
            let commit = merge(client, &found).await?;
            pr::merged(&found, &commit, json);
        }
        PrCommand::Close(args) => {
            let found = find::pull_request(client, &args.id).await?;
            let closure = wire::pull_request::Closure { reason: args.reason };
            let path = format!("/pull-requests/{}/closure", found.id);
            let _closed: wire::pull_request::PullRequest = client.post(&path, &closure).await?;
            pr::closed(&found, json);
        }
    }
    Ok(Exit::Ok)
}

/// The server merges when it has proved the change on the newest base; this waits for it.
async fn merge(client: &Client, found: &PullRequest) -> Result<Commit> {
    let path = format!("/pull-requests/{}/merge", found.id);
    let given: Verdict = client.post(&path, &serde_json::json!({})).await?;
    match verdicts::until_done(client, given).await?.state {
        State::CarriedOut { outcome: Outcome::Merged { commit } } => Ok(commit),
        State::Failed { why } => bail!(engine::Error::MergeRefused { reason: why }),
        State::CarriedOut { .. } | State::Withdrawn | State::Pending => {
            bail!("it was not merged: `whimbrel pr show {}` says how it is", found.id)
        }
    }
}
