//! A turn as each wire format streams it, with everything that the makers' own clients expect.

mod chat;
mod gemini;
mod messages;
mod responses;

use std::future::pending;
use std::io;

use serde_json::{Value, json};
use tokio::time::sleep;

use super::http::Connection;
use super::{Turn, USAGE};
use crate::message::Usage;

/// When everything was said, in seconds since 1970.
const CREATED: u64 = 1_764_300_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wire {
    Responses,
    Chat,
    Messages,
    Gemini,
}

impl Wire {
    /// By its end, so that any address can stand before it: Azure's deployments, a proxy's prefix.
    pub(super) fn of_path(path: &str) -> Option<Self> {
        let path = path.split('?').next().unwrap_or_default();
        let ends = |end: &str| path.ends_with(end);
        match () {
            () if ends("/responses") => Some(Self::Responses),
            () if ends("/chat/completions") => Some(Self::Chat),
            () if ends("/messages") => Some(Self::Messages),
            () if ends(":streamGenerateContent") => Some(Self::Gemini),
            () => None,
        }
    }

    fn error(self, status: u16) -> String {
        let message = format!("scripted {status}");
        let kind = match status {
            401 => "authentication_error",
            429 => "rate_limit_error",
            529 => "overloaded_error",
            500.. => "api_error",
            _ => "invalid_request_error",
        };
        match self {
            Self::Responses | Self::Chat => {
                let error =
                    json!({ "message": message, "type": kind, "param": null, "code": null });
                json!({ "error": error })
            }
            Self::Messages => {
                json!({ "type": "error", "error": { "type": kind, "message": message } })
            }
            Self::Gemini => {
                let name = gemini::status(status);
                json!({ "error": { "code": status, "message": message, "status": name } })
            }
        }
        .to_string()
    }
}

/// One answer: what it is said in, by whom, and which of the script's turns it is, so that ids
/// differ from turn to turn.
#[derive(Debug, Clone)]
pub(super) struct Stream {
    wire: Wire,
    model: String,
    turn: usize,
    usage: Usage,
    thoughts: Option<String>,
}

/// What a reply says.
#[derive(Debug, Clone, Copy)]
struct Said<'a> {
    text: &'a str,
    /// Names and arguments.
    calls: &'a [(String, String)],
}

impl Stream {
    pub(super) fn new(wire: Wire, model: String, turn: usize) -> Self {
        Self { wire, model, turn, usage: USAGE, thoughts: None }
    }

    fn events(&self, said: Said<'_>) -> Vec<String> {
        match self.wire {
            Wire::Responses => responses::events(self, said),
            Wire::Chat => chat::events(self, said),
            Wire::Messages => messages::events(self, said),
            Wire::Gemini => gemini::events(self, said),
        }
    }

    fn id(&self, prefix: &str, at: usize) -> String {
        format!("{prefix}_{}_{at}", self.turn)
    }
}

/// Whether the connection stays open.
pub(super) async fn answer(
    connection: &mut Connection,
    mut stream: Stream,
    mut turn: &Turn,
) -> io::Result<bool> {
    loop {
        match turn {
            Turn::After(delay, then) => {
                sleep(*delay).await;
                turn = then;
            }
            Turn::Using(usage, then) => {
                stream.usage = *usage;
                turn = then;
            }
            Turn::Thinking(thoughts, then) => {
                stream.thoughts = Some(thoughts.clone());
                turn = then;
            }
            Turn::Reply { .. }
            | Turn::Raw { .. }
            | Turn::Status { .. }
            | Turn::CutStream
            | Turn::Nonsense
            | Turn::Hang
            | Turn::Forever(_) => {
                return say(connection, &stream, turn).await;
            }
        }
    }
}

async fn say(connection: &mut Connection, stream: &Stream, turn: &Turn) -> io::Result<bool> {
    match turn {
        Turn::Reply { text, calls } => {
            connection.write_stream(&stream.events(Said { text, calls })).await.map(|()| true)
        }
        Turn::Raw { status, headers, body } => {
            connection.write_whole(*status, headers, body).await.map(|()| true)
        }
        Turn::Status { status, retry_after } => {
            let wish = retry_after.iter().map(|value| ("retry-after".to_owned(), value.clone()));
            let (headers, body): (Vec<_>, _) = (wish.collect(), stream.wire.error(*status));
            connection.write_whole(*status, &headers, &body).await.map(|()| true)
        }
        Turn::CutStream => {
            // The first half, then the connection is gone.
            let events = stream.events(Said { text: "this breaks off", calls: &[] });
            connection.begin_stream(&events[..events.len() / 2]).await.map(|()| false)
        }
        Turn::Nonsense => {
            let events = ["data: <html>\n\n".into(), "data: [1,2\n\n".into()];
            connection.write_stream(&events).await.map(|()| true)
        }
        Turn::Hang => {
            connection.begin_stream(&[]).await?;
            pending().await
        }
        // What repeats was rolled out, and what wraps was unwrapped.
        Turn::After(..) | Turn::Using(..) | Turn::Thinking(..) | Turn::Forever(_) => Ok(false),
    }
}

/// A text in pieces, as models write it.
fn pieces(text: &str) -> Vec<String> {
    let chars: Vec<char> = text.chars().collect();
    chars.chunks(7).map(|piece| piece.iter().collect()).collect()
}

fn data(event: &Value) -> String {
    format!("data: {event}\n\n")
}

fn named(event: &Value) -> String {
    let kind = event["type"].as_str().unwrap_or_default();
    format!("event: {kind}\ndata: {event}\n\n")
}

#[cfg(test)]
pub(super) fn sample(wire: Wire, text: &str, calls: &[(String, String)]) -> Vec<String> {
    let mut stream = Stream::new(wire, "m".into(), 1);
    stream.thoughts = Some("Hm, let me see".into());
    stream.events(Said { text, calls })
}
