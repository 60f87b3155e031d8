//! The resolver of a computer: each name that its policy knows is at the one address where the
//! proxy listens. Nothing is ever asked outside, so no word gets out by a question.

mod message;

use std::collections::HashSet;
use std::io;
use std::sync::{Mutex, PoisonError};

use domain::network::Host;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::UdpSocket;

use self::message::{Asked, QUESTION_BYTES_MAX};
use super::doors::{ADDRESS, DNS_PORT};
use super::event::Account;
use super::gate::{Gate, Place};
use super::pace::Pace;

/// Questions of one computer; a package manager asks some dozens.
const QUESTIONS_PER_SECOND: u32 = 500;
/// Over one connection.
const QUESTIONS_MAX: usize = 100;
/// Names that were refused and told; more are refused without a word.
const TOLD_MAX: usize = 1000;
/// Names of addresses, and of services: programs look these up without a need.
const BACKWARDS: &str = ".arpa";
const SERVICE: char = '_';

/// Which refusals were told already: a program asks for one name many times.
#[derive(Debug, Default)]
pub struct Told(Mutex<HashSet<String>>);

impl Told {
    fn is_news(&self, name: &str) -> bool {
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        told.len() < TOLD_MAX && told.insert(name.to_ascii_lowercase())
    }
}

/// Answers datagrams for as long as the socket works.
pub async fn serve(gate: &Gate, socket: &UdpSocket) -> io::Result<()> {
    let mut pace = Pace::new(QUESTIONS_PER_SECOND);
    let mut bytes = [0; QUESTION_BYTES_MAX + 1];
    loop {
        pace.wait().await;
        let (length, asker) = socket.recv_from(&mut bytes).await?;
        if let Some(answer) = answer(gate, &bytes[..length]) {
            // Whoever doesn't read its answers has a full buffer, which is its own business.
            let _lost = socket.try_send_to(&answer, asker);
        }
    }
}

/// Answers what one connection asks; each message has its length in front.
pub async fn serve_stream<S>(gate: &Gate, mut stream: S) -> io::Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    for _question in 0..QUESTIONS_MAX {
        let length = usize::from(stream.read_u16().await?);
        if length > QUESTION_BYTES_MAX {
            return Ok(());
        }
        let mut bytes = vec![0; length];
        stream.read_exact(&mut bytes).await?;
        let Some(answer) = answer(gate, &bytes) else { return Ok(()) };
        let length = u16::try_from(answer.len()).map_err(io::Error::other)?;
        stream.write_all(&[&length.to_be_bytes()[..], &answer].concat()).await?;
    }
    Ok(())
}

fn answer(gate: &Gate, bytes: &[u8]) -> Option<Vec<u8>> {
    match message::read(bytes) {
        Asked::Nothing => None,
        Asked::Refused(answer) => Some(answer),
        Asked::Question(question) => {
            let host = question.name.parse::<Host>();
            if host.as_ref().is_ok_and(|host| gate.names(host)) {
                return Some(question.found(ADDRESS));
            }
            tell(gate, &question.name, host.ok());
            Some(question.no_such_name())
        }
    }
}

fn tell(gate: &Gate, name: &str, host: Option<Host>) {
    let idle = name.ends_with(BACKWARDS) || name.starts_with(SERVICE);
    if idle || !gate.told.is_news(name) {
        return;
    }
    let account = Account::new(gate.sink(), "DNS", name, DNS_PORT);
    account.refuse(&match host {
        Some(host) => gate.unnamed(&Place { host, port: DNS_PORT }),
        None => super::Refusal::Malformed("it asks for a name that no host has"),
    });
}
