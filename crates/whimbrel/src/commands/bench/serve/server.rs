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
use tokio::process::{Child, ChildStdout, Command};
use tokio::sync::Mutex;
use tokio::task::JoinHandle;
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
    child: Mutex<Child>,
    /// Reads on what it says, so that it never waits for us.
    heard: JoinHandle<()>,
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
        let (address, rest) = told.context("the server doesn't say where it listens")??;
        let heard = tokio::spawn(ignore(rest));
        Ok(Self { place: Place { address, token }, process, child: Mutex::new(child), heard })
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

    /// What it has worked so far: user and system time.
    pub fn worked(&self) -> Result<Duration> {
        /// The kernel counts in hundredths of a second, whatever its own beat is.
        const TICK: Duration = Duration::from_millis(10);
        let path = format!("/proc/{}/stat", self.process);
        let stat = fs::read_to_string(&path).with_context(|| format!("can't read {path}"))?;
        // The name in brackets may have spaces; the 14th and 15th fields are the 12th and 13th after it.
        let (_, fields) = stat.rsplit_once(')').context("the kernel says nothing of its time")?;
        let ticks = fields.split_whitespace().skip(11).take(2).flat_map(str::parse::<u32>);
        Ok(TICK * ticks.sum())
    }

    pub async fn end(&self) {
        self.heard.abort();
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

type Said = BufReader<ChildStdout>;

/// Its first line says where it is.
async fn listening(mut said: Said) -> Result<(SocketAddr, Said)> {
    let mut line = String::new();
    said.read_line(&mut line).await?;
    let told: serde_json::Value = serde_json::from_str(&line).context("the server ended")?;
    let Some(address) = told["listening"].as_str().and_then(|url| url.strip_prefix("http://"))
    else {
        bail!("the server doesn't say where it listens: {line}");
    };
    Ok((address.parse()?, said))
}

async fn ignore(mut said: Said) {
    // It fails when the server has ended.
    let _ended = tokio::io::copy(&mut said, &mut tokio::io::sink()).await;
}

fn kib(text: &str, name: &str) -> Result<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    let number = line.and_then(|line| line.trim().strip_suffix("kB")?.trim().parse().ok());
    number.with_context(|| format!("the kernel says nothing of {name}"))
}
