//! `whimbrel serve`: the engine with its pages and API, until it is stopped.

use std::io::ErrorKind;
use std::net::SocketAddr;

use anyhow::{Context, Result, bail};
use domain::Scopes;
use engine::Engine;
use engine::access::{self, Grant};
use engine::address::{self, Address};
use engine::serve::{self, Lead, Leader, Told};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use web::tls::Tls;

use crate::cli::ServeArgs;
use crate::exit::Exit;
use crate::ui;

pub async fn run(args: ServeArgs, json: bool) -> Result<Exit> {
    if args.background {
        return in_background(json).await;
    }
    if let Some(why) = too_open(&args) {
        ui::err(&format!("error: {why}"));
        return Ok(Exit::Usage);
    }
    let tls = certificate(&args)?;
    raise_open_files();
    let engine = super::open().await?;
    let Some(lead) = lead(&engine, false).await? else { return Ok(Exit::Ok) };
    let listener = listen(args.listen).await?;
    let site = web::Site::new(engine.clone(), options(&engine, &args, listener.local_addr()?));
    introduce(&engine, &site, json).await?;
    let stop = stopped(false)?;
    let (stopping, stopped) = tokio::sync::oneshot::channel::<()>();
    let until = async move {
        let _closed = stopped.await;
    };
    let serving = web::serve(listener, tls, site, until);
    let leading = async {
        lead.run(&engine, false, stop, &mut |told| tell(&told, json)).await;
        drop(stopping);
    };
    tokio::join!(serving, leading);
    address::forget(&engine)?;
    Ok(Exit::Ok)
}

/// An engine that a command started: it moves tasks on, and listens to nobody.
async fn in_background(json: bool) -> Result<Exit> {
    let engine = super::open().await?;
    let Some(lead) = lead(&engine, true).await? else { return Ok(Exit::Ok) };
    let stop = stopped(true)?;
    lead.run(&engine, true, stop, &mut |told| tell(&told, json)).await;
    Ok(Exit::Ok)
}

/// Why it would be seen by others without being encrypted, if it would.
fn too_open(args: &ServeArgs) -> Option<String> {
    let safe = args.listen.ip().is_loopback() || args.tls_cert.is_some() || args.behind_proxy;
    (!safe).then(|| {
        format!(
            "{} can be reached from other machines, and nothing would be encrypted. Give it a \
             certificate (--tls-cert FILE --tls-key FILE); or say --behind-proxy, where a proxy in \
             front speaks TLS and nobody gets past it; or listen on 127.0.0.1 and come in through \
             a tunnel (ssh -L 4747:127.0.0.1:4747 HOST)",
            args.listen
        )
    })
}

/// Each connection is an open file, and the usual limit is for programs that have a few.
fn raise_open_files() {
    use nix::sys::resource::{Resource, getrlimit, setrlimit};
    let raised = getrlimit(Resource::RLIMIT_NOFILE)
        .and_then(|(_, hard)| setrlimit(Resource::RLIMIT_NOFILE, hard, hard));
    if let Err(error) = raised {
        ui::err(&format!(
            "whimbrel: few connections at once, since few files can be open: {error}"
        ));
    }
}

fn certificate(args: &ServeArgs) -> Result<Option<Tls>> {
    let (Some(cert), Some(key)) = (&args.tls_cert, &args.tls_key) else { return Ok(None) };
    Ok(Some(Tls::read(cert, key)?))
}

async fn listen(address: SocketAddr) -> Result<TcpListener> {
    match TcpListener::bind(address).await {
        Ok(listener) => Ok(listener),
        Err(error) if error.kind() == ErrorKind::AddrInUse => bail!(
            "something listens on {address} already: another whimbrel, perhaps, for another home. \
             `ss -tlnp sport = :{}` names it; or take another port: --listen {}:0 takes a free one",
            address.port(),
            address.ip()
        ),
        Err(error) => Err(error).with_context(|| format!("can't listen on {address}")),
    }
}

fn options(engine: &Engine, args: &ServeArgs, listening: SocketAddr) -> web::Options {
    let server = &engine.config.server;
    web::Options {
        url: server.url.clone(),
        hosts: args.host.iter().chain(&server.hosts).cloned().collect(),
        tls: args.tls_cert.is_some(),
        behind_proxy: args.behind_proxy,
        open_metrics: server.open_metrics,
        ..web::Options::local(listening)
    }
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

/// Says where it is, also to other commands; and where nobody is known yet, how to come in.
async fn introduce(engine: &Engine, site: &web::Shared, json: bool) -> Result<()> {
    let scheme = if site.options.tls { "https" } else { "http" };
    let listening = format!("{scheme}://{}", site.options.listening);
    let (process, url) = (std::process::id(), site.public_url());
    let told = Address { process, listening: listening.clone(), url: url.clone() };
    address::tell(engine, &told)?;
    let link = match access::is_anybody_known(engine).await? {
        true => None,
        false => {
            let grant = Grant { person: engine.person.clone(), scopes: Scopes::all(), ms: None };
            Some(super::link::make(engine, &grant, &url).await?)
        }
    };
    let home = engine.home.path().display().to_string();
    if json {
        ui::json(&json!({
            "serving": home, "process": process, "listening": listening, "url": url, "link": link,
        }));
        return Ok(());
    }
    ui::err(&format!("whimbrel serves {home} at {url}. Ctrl-C stops it; attempts go on."));
    match link {
        Some(link) => ui::err(&format!("Sign in within 15 minutes, once: {link}")),
        None => ui::err("`whimbrel link` makes a link for another browser or person."),
    }
    Ok(())
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
