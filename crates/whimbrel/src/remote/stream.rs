//! An attempt's log as it grows, from a server: after a cut it goes on where it was.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use domain::{AttemptId, Event};
use futures::Stream;
use reqwest::Response;
use tokio::time::Instant;

use super::client::{Client, Failure};
use crate::commands::logs::describe;
use crate::ui;

const WAIT_MIN: Duration = Duration::from_millis(200);
const WAIT_MAX: Duration = Duration::from_secs(5);
/// How long a server that is away is waited for.
const AWAY_MAX: Duration = Duration::from_secs(600);
/// The event after which nothing more comes.
const END: &str = "end";
/// A longer event is none of ours.
const EVENT_BYTES_MAX: usize = 16 * 1024 * 1024;

/// The events after `seen`, each once and in order, up to the attempt's end.
pub fn events(client: Client, attempt: AttemptId, seen: u64) -> impl Stream<Item = Result<Event>> {
    let following = Following {
        client,
        attempt,
        seen,
        is_over: false,
        open: None,
        connected_before: false,
        away: None,
        wait: WAIT_MIN,
    };
    futures::stream::unfold(following, |mut following| async {
        let next = following.next().await.transpose()?;
        following.is_over = following.is_over || next.is_err();
        Some((next, following))
    })
}

struct Following {
    client: Client,
    attempt: AttemptId,
    seen: u64,
    is_over: bool,
    open: Option<(Response, Decoder)>,
    connected_before: bool,
    /// Since when there was no answer.
    away: Option<Instant>,
    wait: Duration,
}

impl Following {
    async fn next(&mut self) -> Result<Option<Event>> {
        while !self.is_over {
            let Some((response, decoder)) = &mut self.open else {
                self.connect().await?;
                continue;
            };
            if let Some((name, data)) = decoder.next() {
                if name == END {
                    self.is_over = true;
                } else if let Some(event) = self.new_event(&data)? {
                    return Ok(Some(event));
                }
                continue;
            }
            match response.chunk().await {
                Ok(Some(bytes)) => {
                    // Also what only says that it lives.
                    self.away = None;
                    decoder.push(&bytes)?;
                }
                // It was cut: by a server that stops, or by what lies between.
                Ok(None) | Err(_) => self.open = None,
            }
        }
        Ok(None)
    }

    /// None of one that was told before.
    fn new_event(&mut self, data: &str) -> Result<Option<Event>> {
        let event: Event = serde_json::from_str(data).with_context(|| {
            format!("the log of {} has what this version doesn't understand", self.attempt)
        })?;
        if event.seq <= self.seen {
            return Ok(None);
        }
        self.seen = event.seq;
        self.is_over = describe::is_end(&event.fact);
        self.wait = WAIT_MIN;
        Ok(Some(event))
    }

    async fn connect(&mut self) -> Result<()> {
        let path = format!("/attempts/{}/events/stream", self.attempt);
        // The first time at once, and from then on with a pause before.
        if self.connected_before {
            tokio::time::sleep(self.wait).await;
            self.wait = (self.wait * 2).min(WAIT_MAX);
        }
        self.connected_before = true;
        let was_away = self.away.is_some();
        if self.away.get_or_insert_with(Instant::now).elapsed() > AWAY_MAX {
            bail!("{} was away for too long", self.client.place());
        }
        match self.client.stream(&path, self.seen).await {
            Ok(response) => self.open = Some((response, Decoder::default())),
            Err(error) if is_final(&error) => return Err(error),
            Err(_) if was_away => {}
            Err(_) => ui::err(&format!("whimbrel: {} is away; waiting …", self.client.place())),
        }
        Ok(())
    }
}

/// Asking again would give the same.
fn is_final(error: &anyhow::Error) -> bool {
    Failure::status(error).is_some_and(|status| status < 500 && status != 429)
}

/// Takes a stream of server-sent events apart, however it is cut into pieces.
#[derive(Debug, Default)]
struct Decoder {
    bytes: Vec<u8>,
    /// The lines before it were looked at.
    at: usize,
    name: String,
    data: Vec<String>,
}

impl Decoder {
    fn push(&mut self, bytes: &[u8]) -> Result<()> {
        self.bytes.drain(..self.at);
        self.at = 0;
        self.bytes.extend_from_slice(bytes);
        let waiting: usize = self.data.iter().map(String::len).sum();
        anyhow::ensure!(self.bytes.len() + waiting <= EVENT_BYTES_MAX, "an event is too long");
        Ok(())
    }

    /// The name and the data of the next whole event.
    fn next(&mut self) -> Option<(String, String)> {
        loop {
            let rest = &self.bytes[self.at..];
            let end = rest.iter().position(|byte| *byte == b'\n')?;
            let line = String::from_utf8_lossy(&rest[..end]);
            let line = line.trim_end_matches('\r').to_owned();
            self.at += end + 1;
            if line.is_empty() {
                let name = std::mem::take(&mut self.name);
                let data = std::mem::take(&mut self.data);
                if !data.is_empty() {
                    return Some((name, data.join("\n")));
                }
            } else if let Some(data) = line.strip_prefix("data:") {
                self.data.push(data.strip_prefix(' ').unwrap_or(data).to_owned());
            } else if let Some(name) = line.strip_prefix("event:") {
                self.name = name.trim().to_owned();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_come_whole_however_they_are_cut() {
        let stream = ": hello\n\nid: 1\nevent: event\ndata: {\"a\":\r\ndata: 1}\r\n\r\nretry: 9\n\ndata:b\n\n";
        for size in 1..stream.len() {
            let mut decoder = Decoder::default();
            let mut found: Vec<(String, String)> = Vec::new();
            for piece in stream.as_bytes().chunks(size) {
                decoder.push(piece).unwrap();
                found.extend(std::iter::from_fn(|| decoder.next()));
            }
            let wanted = [("event", "{\"a\":\n1}"), ("", "b")]
                .map(|(name, data)| (name.into(), data.into()));
            assert_eq!(found, wanted, "in pieces of {size}");
        }
    }

    #[test]
    fn one_without_an_end_is_refused() {
        let mut decoder = Decoder::default();
        decoder.push(&vec![b'x'; EVENT_BYTES_MAX]).unwrap();
        assert_eq!(decoder.next(), None);
        decoder.push(b"x").unwrap_err();
    }
}
