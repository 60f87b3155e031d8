//! Where an attempt works: one computer for it and for all that follow it, whose files outlive its
//! runners. Its name is known before it is made, so that whoever comes after a kill finds it.

use std::time::Duration;

use computer::{Backend, Chosen, Computer, Layer, Snapshot, Spec};
use domain::{Attempt, AttemptId};

use tokio::time::Instant;

use crate::{Engine, Error};

/// Attempts that follow one another; more than anybody says.
const LINE_MAX: usize = 1_000;

/// How long a computer that was let go of takes to end.
const ENDING_MAX: Duration = Duration::from_secs(10);
const ENDING_POLL: Duration = Duration::from_millis(20);

/// The attempt and those that it follows, the first one first.
pub async fn line(engine: &Engine, id: &AttemptId) -> Result<Vec<Attempt>, Error> {
    let mut line = vec![store::attempt::get(&engine.store, id).await?];
    while let Some(before) = line[line.len() - 1].follows.clone() {
        if line.len() >= LINE_MAX {
            return Err(Error::Unusable(format!(
                "attempt {id} follows more than {LINE_MAX} others"
            )));
        }
        line.push(store::attempt::get(&engine.store, &before).await?);
    }
    line.reverse();
    Ok(line)
}

/// The name of the computer of the line that begins with `first`.
pub fn name(first: &AttemptId) -> String {
    first.to_string()
}

/// A computer to work on, and whether it is the one that was worked on before.
pub struct Place {
    pub computer: Box<dyn Computer>,
    pub resumed: bool,
}

/// The line's computer as it was left, or a new one where there is none.
pub async fn enter(
    backend: &Chosen,
    name: String,
    snapshot: &Snapshot,
    spec: &Spec,
) -> Result<Place, Error> {
    let spec = Spec { layer: Layer::Durable, name: Some(name.clone()), ..spec.clone() };
    if backend.exists(&name).await {
        let computer = backend.resume(&name, snapshot, &spec).await?;
        return Ok(Place { computer, resumed: true });
    }
    let computer = backend.fork(snapshot, &spec).await?;
    Ok(Place { computer, resumed: false })
}

/// Removes what the line of a cancelled attempt has on the disk.
pub async fn discard(engine: &Engine, backend: &Chosen, attempt: &Attempt) -> Result<(), Error> {
    let line = line(engine, &attempt.id).await?;
    let name = name(&line[0].id);
    let started = Instant::now();
    loop {
        match backend.discard(&name).await {
            Ok(_was_there) => return Ok(()),
            // It is just ending.
            Err(computer::Error::InUse { .. }) if started.elapsed() < ENDING_MAX => {
                tokio::time::sleep(ENDING_POLL).await;
            }
            Err(error) => return Err(error.into()),
        }
    }
}
