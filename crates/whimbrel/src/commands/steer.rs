//! `whimbrel steer ID "TEXT"`

use anyhow::Result;
use domain::AttemptId;
use engine::Engine;
use engine::steer::Steered;
use serde_json::json;

use super::delegate;
use crate::cli::SteerArgs;
use crate::exit::Exit;
use crate::{find, ui};

pub async fn run(args: SteerArgs, json: bool) -> Result<Exit> {
    let engine = super::open().await?;
    let attempt = find::attempt(&engine, &args.id).await?;
    let text = delegate::text(args.text)?;
    let steered = say(&engine, &attempt, &text).await?;
    if args.wait {
        return delegate::wait_for(&engine, &attempt.task(), json).await;
    }
    told(&steered, json);
    Ok(Exit::Ok)
}

pub fn told(steered: &Steered, json: bool) {
    match (json, steered) {
        (true, Steered::Told { attempt } | Steered::Kept { attempt }) => {
            ui::json(&json!({ "attempt": attempt, "follows": null }));
        }
        (true, Steered::Followed { attempt, by }) => {
            ui::json(&json!({ "attempt": by, "follows": attempt }));
        }
        (false, steered) => ui::out(&words(steered)),
    }
}

/// Says it, and sees to it that it is heard.
pub async fn say(engine: &Engine, attempt: &AttemptId, text: &str) -> Result<Steered> {
    let steered = engine::steer::steer(engine, attempt, text).await?;
    engine::reconcile::task(engine, &attempt.task()).await?;
    super::leave_to_the_engine(engine).await;
    Ok(steered)
}

pub fn words(steered: &Steered) -> String {
    match steered {
        Steered::Told { attempt } => {
            format!("{attempt} reads it before its model is asked next.")
        }
        Steered::Kept { attempt } => format!(
            "{attempt} has done its work, which is being proven; when that is done, another \
             attempt goes on from there."
        ),
        Steered::Followed { attempt, by } => {
            format!(
                "{attempt} had ended; {by} goes on from there. `whimbrel attach {by}` follows it."
            )
        }
    }
}
