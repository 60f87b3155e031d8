//! `whimbrel serve`: the engine, until it is stopped.

use anyhow::{Context, Result, bail};
use engine::Engine;
use engine::serve::{self, Lead, Leader, Told};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::json;
use tokio::signal::unix::{SignalKind, signal};

use crate::cli::ServeArgs;
use crate::exit::Exit;
use crate::ui;

pub async fn run(args: ServeArgs, json: bool) -> Result<Exit> {
    let engine = super::open().await?;
    let Some(lead) = lead(&engine, args.background).await? else { return Ok(Exit::Ok) };
    if !args.background {
        introduce(&engine, json);
    }
    let stop = stopped(args.background)?;
    if args.background {
        lead.run(&engine, true, stop, &mut |told| tell(&told, json)).await;
        return Ok(Exit::Ok);
    }
    let listener = tokio::net::TcpListener::bind(args.listen).await;
    let listener = listener.with_context(|| format!("can't listen on {}", args.listen))?;
    let (stopping, stopped) = tokio::sync::oneshot::channel::<()>();
    let until = async move {
        let _closed = stopped.await;
    };
    let serving = web::serve(listener, web::Site::new(engine.clone()), until);
    let leading = async {
        lead.run(&engine, false, stop, &mut |told| tell(&told, json)).await;
        drop(stopping);
    };
    let (served, ()) = tokio::join!(serving, leading);
    served.context("the server stopped")?;
    Ok(Exit::Ok)
}

/// The lead of this home. None for one in the background where somebody has it already.
async fn lead(engine: &Engine, background: bool) -> Result<Option<Lead>> {
    if let Some(lead) = serve::try_lead(engine, background)? {
        return Ok(Some(lead));
    }
    if background {
        return Ok(None);
    }
    let home = engine.home.path().display();
    match serve::leader(engine)? {
        Some(Leader { process, background: false }) => {
            bail!("an engine runs for {home} already: process {process}")
        }
        Some(Leader { process, background: true }) => ask_to_make_way(process),
        None => {}
    }
    let lead = serve::lead_after(engine).await?;
    lead.map(Some).with_context(|| format!("the engine that runs for {home} doesn't make way"))
}

fn ask_to_make_way(process: u32) {
    if let Ok(pid) = i32::try_from(process) {
        // It may have ended by itself meanwhile.
        let _gone = kill(Pid::from_raw(pid), Signal::SIGTERM);
    }
}

fn introduce(engine: &Engine, json: bool) {
    let home = engine.home.path().display().to_string();
    if json {
        ui::json(&json!({ "serving": home, "process": std::process::id() }));
    } else {
        ui::err(&format!("whimbrel serves {home}. Ctrl-C stops it; attempts go on."));
    }
}

/// Ready at the first signal. The second one ends the program where it stands: nothing is lost by
/// that, as by nothing else.
fn stopped(background: bool) -> Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate()).context("can't hear signals")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("can't hear signals")?;
    Ok(async move {
        next(&mut terminate, &mut interrupt).await;
        if !background {
            ui::err("Stopping. Once more ends it at once.");
        }
        tokio::spawn(async move {
            next(&mut terminate, &mut interrupt).await;
            std::process::exit(130);
        });
    })
}

async fn next(
    terminate: &mut tokio::signal::unix::Signal,
    interrupt: &mut tokio::signal::unix::Signal,
) {
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}

fn tell(told: &Told, json: bool) {
    if json {
        ui::json(&match told {
            Told::Stuck { task, why } => json!({ "stuck": task, "why": why }),
            Told::Failed { why } => json!({ "failed": why }),
            Told::Cleaned { what } => {
                json!({ "cleaned": what.removed.len(), "bytes": what.bytes() })
            }
        });
        return;
    }
    ui::err(&match told {
        Told::Stuck { task, why } => format!("task {task} can't be moved on: {}", ui::safe(why)),
        Told::Failed { why } => {
            format!("this look failed, the next one tries again: {}", ui::safe(why))
        }
        Told::Cleaned { what } => format!(
            "cleaned up {}, {}",
            ui::count(what.removed.len(), "item"),
            ui::size(what.bytes())
        ),
    });
}
