//! Waiting for a server's task, with its attempts' progress as it is told.

use std::collections::HashSet;
use std::pin::Pin;
use std::time::Duration;

use anyhow::Result;
use domain::{AttemptId, Event, Fact, TaskId};
use futures::stream::{SelectAll, Stream, StreamExt as _};
use web::api::wire;

use super::client::Client;
use super::{attempts, find, read, stream};
use crate::commands::delegate::progress::Progress;
use crate::commands::delegate::{interrupted, result};
use crate::exit::Exit;
use crate::view;

/// How long nothing may be told until the task is looked at again.
const LOOK: Duration = Duration::from_secs(1);

type Told = Pin<Box<dyn Stream<Item = Result<Event>>>>;

/// Shows how it goes until the task needs a person, and then what has come of it.
pub async fn for_task(client: &Client, id: &TaskId, json: bool) -> Result<Exit> {
    let client = client.patient();
    tokio::select! {
        rested = until_rest(&client, id) => {
            Ok(result::tell(&read::view(&client, rested?).await?, json))
        }
        _ = tokio::signal::ctrl_c() => Ok(interrupted(id)),
    }
}

async fn until_rest(client: &Client, id: &TaskId) -> Result<wire::task::Details> {
    let mut progress = Progress::new();
    let mut followed: HashSet<AttemptId> = HashSet::new();
    let mut telling: SelectAll<Told> = SelectAll::new();
    loop {
        let details: wire::task::Details = client.get(&format!("/tasks/{id}")).await?;
        let made = find::attempts(&details)?;
        progress.add(&made);
        for (attempt, seen) in progress.shown() {
            if followed.insert(attempt.clone()) {
                telling.push(Box::pin(stream::events(client.clone(), attempt, seen)));
            }
        }
        let has_ended = made.iter().all(|attempt| attempt.state.is_ended());
        let waits = view::waits_for_a_person(made.iter());
        if waits || (has_ended && !read::task(&details)?.state.is_moving()) {
            // Whatever the streams haven't told yet.
            for (attempt, seen) in progress.shown() {
                let rest = attempts::events(client, &attempt, seen).await?;
                rest.iter().for_each(|event| progress.tell(event));
            }
            progress.finish();
            return Ok(details);
        }
        tell(&mut progress, &mut telling).await?;
    }
}

/// Until an attempt has moved, or nothing was told for a while.
async fn tell(progress: &mut Progress, telling: &mut SelectAll<Told>) -> Result<()> {
    loop {
        let Ok(next) = tokio::time::timeout(LOOK, telling.next()).await else { return Ok(()) };
        let Some(event) = next.transpose()? else {
            // All have ended; the task has not come to rest yet.
            tokio::time::sleep(LOOK / 4).await;
            return Ok(());
        };
        progress.tell(&event);
        if matches!(event.fact, Fact::Moved { .. }) {
            return Ok(());
        }
    }
}
