//! What an attempt changed, and what the server saw of it.

use std::io::{ErrorKind, Read as _};

use domain::{AttemptId, Evidence};
use engine::Engine;
use forge::Mirror;

use crate::api::answer::{Content, Diff, Envelope, Listed, Ok200, Text};
use crate::api::asked::Call;
use crate::api::operation::{Operation, get};
use crate::api::refusal::{Kind, Refusal};
use crate::api::shape;
use crate::api::wire::attempt::Log;
use crate::api::wire::change::Change;

/// The longest diff and the longest log that are given.
const DIFF_BYTES_MAX: u64 = 64 * 1024 * 1024;
const LOG_BYTES_MAX: u64 = 16 * 1024 * 1024;

pub fn operations() -> Vec<Operation> {
    vec![
        get("/attempts/{attempt}/change", "getChange", "What it changed").tag("changes").by(change),
        get("/attempts/{attempt}/diff", "getDiff", "What it changed, as a diff")
            .tag("changes")
            .by(diff),
        get("/attempts/{attempt}/evidence", "getEvidence", "What the server saw of its change")
            .tag("changes")
            .says("As `docs/evidence.schema.json` describes it.")
            .by(evidence),
        get("/attempts/{attempt}/envelope", "getEnvelope", "Its evidence, signed")
            .tag("changes")
            .says("Byte for byte, for `whimbrel evidence verify`.")
            .by(envelope),
        get("/attempts/{attempt}/logs", "listLogs", "Logs of its checks").tag("changes").by(logs),
        get("/attempts/{attempt}/logs/{log}", "getLog", "A check's log").tag("changes").by(log),
    ]
}

async fn found(call: &Call) -> Result<(AttemptId, domain::Change), Refusal> {
    let id = store::attempt::get(call.store(), &call.path.attempt()?).await?.id;
    let change = store::change::get(call.store(), &id).await?;
    let change = change.ok_or_else(|| Refusal::missing(format!("change of attempt {id}")))?;
    Ok((id, change))
}

async fn change(call: Call) -> Result<Ok200<Change>, Refusal> {
    let (id, change) = found(&call).await?;
    Ok(Ok200(shape::change(&id, &change)))
}

async fn diff(call: Call) -> Result<Diff, Refusal> {
    let (id, change) = found(&call).await?;
    let task = store::task::get(call.store(), &id.task()).await?;
    let project = store::project::get(call.store(), &task.project).await?;
    let mirror = Mirror::open(call.site.engine.home.path(), &project).await?;
    let diff = mirror.diff(&change.base, &change.head, DIFF_BYTES_MAX).await?;
    if diff.cut {
        let mib = DIFF_BYTES_MAX / domain::limits::MIB;
        let words = format!("The diff is longer than {mib} MiB; read the branch with git.");
        return Err(Refusal::new(Kind::Unprocessable, words));
    }
    Ok(Diff(Content::Whole(diff.bytes.into())))
}

async fn seen(call: &Call) -> Result<(AttemptId, Evidence), Refusal> {
    let id = store::attempt::get(call.store(), &call.path.attempt()?).await?.id;
    let evidence = store::evidence::get(call.store(), &id).await?;
    let evidence = evidence.ok_or_else(|| Refusal::missing(format!("evidence of attempt {id}")))?;
    Ok((id, evidence))
}

async fn evidence(call: Call) -> Result<Ok200<Evidence>, Refusal> {
    Ok(Ok200(seen(&call).await?.1))
}

async fn envelope(call: Call) -> Result<Envelope, Refusal> {
    let (id, _evidence) = seen(&call).await?;
    let made = engine::evidence::envelope(&call.site.engine, &id).await?;
    let made = made.ok_or_else(|| Refusal::missing(format!("evidence of attempt {id}")))?;
    Ok(Envelope(made))
}

async fn logs(call: Call) -> Result<Listed<Log>, Refusal> {
    let (id, evidence) = seen(&call).await?;
    let listed = engine::evidence::log_sizes(&call.site.engine, &id, &evidence)?;
    let shown = |(name, bytes)| Log { name, bytes };
    Ok(Listed::whole(listed.into_iter().map(shown).collect()))
}

async fn log(call: Call) -> Result<Text, Refusal> {
    let (id, evidence) = seen(&call).await?;
    let bytes = read(&call.site.engine, &id, &evidence, call.path.text("log"))?;
    let text = String::from_utf8_lossy(&bytes).into_owned();
    Ok(Text(Content::Whole(text.into())))
}

/// Only what is listed is read: a name is no path.
fn read(
    engine: &Engine,
    id: &AttemptId,
    evidence: &Evidence,
    name: &str,
) -> Result<Vec<u8>, Refusal> {
    let missing = || Refusal::missing(format!("log {} here", stdx::cut::line(name, 80)));
    let listed = engine::evidence::log_sizes(engine, id, evidence)?;
    if !listed.iter().any(|(known, _)| known == name) {
        return Err(missing());
    }
    let path = engine.home.attempt(id).join(name);
    let failed = |error: std::io::Error| match error.kind() {
        ErrorKind::NotFound => missing(),
        _ours => Refusal::new(Kind::Internal, format!("The log can't be read: {error}.")),
    };
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).map_err(failed)?;
    file.take(LOG_BYTES_MAX).read_to_end(&mut bytes).map_err(failed)?;
    Ok(bytes)
}
