//! The server, as a process of its own, and what it weighs.

use std::fs;
use std::net::SocketAddr;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use domain::Scopes;
use engine::access::{Grant, make_token};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use super::fill::Filled;

/// For it to listen.
const START_TIME: Duration = Duration::from_secs(30);
/// For it to end; then it is killed.
const END_TIME: Duration = Duration::from_secs(10);

/// Where it is, and who asks.
#[derive(Debug, Clone)]
pub struct Place {
    pub address: SocketAddr,
    /// An API token.
    pub token: Arc<str>,
}

pub struct Server {
    pub place: Place,
    process: u32,
    child: tokio::sync::Mutex<Child>,
}

/// In KiB.
#[derive(Debug, Clone, Copy)]
pub struct Weight {
    /// Its own pages, and its part of those it shares.
    pub pss: u64,
    pub rss: u64,
    /// The most it ever had in memory.
    pub peak: u64,
}

impl Server {
    pub async fn start(home: &Filled) -> Result<Self> {
        let grant = Grant { person: "bench".into(), scopes: Scopes::all(), ms: None };
        let (_, code) = make_token(&home.engine, Scopes::all(), "bench", &grant).await?;
        let token = code.reveal().into();
        let mut child = command(home)?.spawn().context("can't start the server")?;
        let process = child.id().context("the server ended at once")?;
        let said = child.stdout.take().context("the server says nothing")?;
        let told = timeout(START_TIME, listening(BufReader::new(said))).await;
        let address = told.context("the server doesn't say where it listens")??;
        Ok(Self { place: Place { address, token }, process, child: tokio::sync::Mutex::new(child) })
    }

    pub fn weigh(&self) -> Result<Weight> {
        let read = |file: &str| {
            let path = format!("/proc/{}/{file}", self.process);
            fs::read_to_string(&path).with_context(|| format!("can't read {path}"))
        };
        let (rollup, status) = (read("smaps_rollup")?, read("status")?);
        Ok(Weight {
            pss: kib(&rollup, "Pss:")?,
            rss: kib(&rollup, "Rss:")?,
            peak: kib(&status, "VmHWM:")?,
        })
    }

    pub async fn end(&self) {
        let mut child = self.child.lock().await;
        if let Ok(pid) = i32::try_from(self.process) {
            // It may have ended by itself meanwhile.
            let _gone = kill(Pid::from_raw(pid), Signal::SIGTERM);
        }
        if timeout(END_TIME, child.wait()).await.is_err() {
            let _gone = child.kill().await;
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "what is measured is a process as people start it")]
fn command(home: &Filled) -> Result<Command> {
    let mut command = Command::new(super::super::super::program()?);
    command
        .args(["--json", "serve", "--listen", "127.0.0.1:0"])
        .env("WHIMBREL_HOME", home.engine.home.path())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .kill_on_drop(true);
    Ok(command)
}

/// Its first line says where it is.
async fn listening(mut said: BufReader<tokio::process::ChildStdout>) -> Result<SocketAddr> {
    let mut line = String::new();
    said.read_line(&mut line).await?;
    let told: serde_json::Value = serde_json::from_str(&line).context("the server ended")?;
    let Some(address) = told["listening"].as_str().and_then(|url| url.strip_prefix("http://"))
    else {
        bail!("the server doesn't say where it listens: {line}");
    };
    // Nobody reads on: what it says later must not wait for us.
    tokio::spawn(async move { tokio::io::copy(&mut said, &mut tokio::io::sink()).await });
    Ok(address.parse()?)
}

fn kib(text: &str, name: &str) -> Result<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    let number = line.and_then(|line| line.trim().strip_suffix("kB")?.trim().parse().ok());
    number.with_context(|| format!("the kernel says nothing of {name}"))
}
