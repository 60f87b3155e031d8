//! `whimbrel attach ID`: the log as it grows, and each line that is typed a message.

use std::io::{BufRead, IsTerminal as _};
use std::time::Duration;

use anyhow::Result;
use domain::AttemptId;
use engine::Engine;
use engine::steer::Steered;
use serde_json::json;
use tokio::sync::mpsc;

use super::logs::Followed;
use super::{logs, steer};
use crate::cli::AttachArgs;
use crate::exit::Exit;
use crate::{find, ui};

const POLL: Duration = Duration::from_millis(150);
/// Lines that are typed faster than they are sent wait here.
const LINES_MAX: usize = 64;

pub async fn run(args: AttachArgs, json: bool) -> Result<Exit> {
    let engine = super::open().await?;
    let mut attempt = find::attempt(&engine, &args.id).await?;
    super::leave_to_the_engine(&engine).await;
    if !json && ui::is_terminal() {
        ui::err("Each line that you type is a message to the agent. Ctrl-C leaves it to itself.");
    }
    let mut lines = typed();
    let mut followed = vec![Followed::from_the_start(attempt.clone())];
    let mut speaking = true;
    logs::print_new(&engine, &mut followed, json).await?;
    // Who attaches to an ended attempt with words at hand wants to say them.
    let speaks_first = followed.iter().all(Followed::is_over) && !std::io::stdin().is_terminal();
    loop {
        logs::print_new(&engine, &mut followed, json).await?;
        let is_over = followed.iter().all(Followed::is_over);
        if is_over && lines.is_empty() && !(speaks_first && speaking) {
            return Ok(Exit::Ok);
        }
        tokio::select! {
            line = lines.recv(), if speaking => match line {
                Some(line) if line.trim().is_empty() => {}
                Some(line) => attempt = said(&engine, &attempt, &line, &mut followed, json).await?,
                None => speaking = false,
            },
            () = tokio::time::sleep(POLL) => {}
        }
    }
}

/// What was typed is said; a follow-up is followed from then on.
async fn said(
    engine: &Engine,
    attempt: &AttemptId,
    line: &str,
    followed: &mut Vec<Followed>,
    json: bool,
) -> Result<AttemptId> {
    let steered = match steer::say(engine, attempt, line).await {
        Ok(steered) => steered,
        // Whoever follows goes on doing so.
        Err(error) => {
            ui::err(&format!("whimbrel: not said: {error:#}"));
            return Ok(attempt.clone());
        }
    };
    if json {
        ui::json(&json!({ "said": line }));
    }
    Ok(match steered {
        Steered::Told { attempt } | Steered::Kept { attempt } => attempt,
        Steered::Followed { attempt: _, by } => {
            ui::err(&steer::words(&Steered::Followed { attempt: attempt.clone(), by: by.clone() }));
            followed.push(Followed::from_the_start(by.clone()));
            by
        }
    })
}

/// Lines of standard input, until it ends.
fn typed() -> mpsc::Receiver<String> {
    let (told, heard) = mpsc::channel(LINES_MAX);
    // It ends with the program at the latest: nobody can interrupt a read of a terminal.
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            if told.blocking_send(line).is_err() {
                return;
            }
        }
    });
    heard
}
