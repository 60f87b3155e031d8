//! A turn as each wire format streams it.

use std::future::pending;
use std::io;

use serde_json::{Value, json};
use tokio::net::TcpStream;

use super::Turn;
use super::http::{begin_stream, end_stream, write_chunk, write_whole};

#[derive(Debug, Clone, Copy)]
pub(super) enum Wire {
    Responses,
    Chat,
    Messages,
}

impl Wire {
    pub(super) fn of_path(path: &str) -> Option<Self> {
        match path {
            "/v1/responses" => Some(Self::Responses),
            "/v1/chat/completions" => Some(Self::Chat),
            "/v1/messages" => Some(Self::Messages),
            _ => None,
        }
    }

    fn events(self, text: &str, calls: &[(String, String)]) -> Vec<String> {
        match self {
            Self::Responses => responses(text, calls),
            Self::Chat => chat(text, calls),
            Self::Messages => messages(text, calls),
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
                json!({ "error": { "message": message, "type": kind, "code": null } })
            }
            Self::Messages => {
                json!({ "type": "error", "error": { "type": kind, "message": message } })
            }
        }
        .to_string()
    }
}

pub(super) async fn answer(stream: &mut TcpStream, wire: Wire, turn: &Turn) -> io::Result<()> {
    match turn {
        Turn::Reply { text, calls } => send(stream, &wire.events(text, calls)).await,
        Turn::Raw { status, headers, body } => write_whole(stream, *status, headers, body).await,
        Turn::Status { status, retry_after } => {
            let wish = retry_after.iter().map(|value| ("retry-after".to_owned(), value.clone()));
            let headers: Vec<_> = wish.collect();
            write_whole(stream, *status, &headers, &wire.error(*status)).await
        }
        Turn::CutStream => cut(stream, &wire.events("this breaks off", &[])).await,
        Turn::Nonsense => send(stream, &["data: <html>\n\n".into(), "data: [1,2\n\n".into()]).await,
        Turn::Hang => hang(stream).await,
        Turn::Forever(_) => Ok(()),
    }
}

async fn send(stream: &mut TcpStream, events: &[String]) -> io::Result<()> {
    begin_stream(stream).await?;
    for event in events {
        write_chunk(stream, event).await?;
    }
    end_stream(stream).await
}

/// The first half, then the connection is gone.
async fn cut(stream: &mut TcpStream, events: &[String]) -> io::Result<()> {
    begin_stream(stream).await?;
    for event in &events[..events.len() / 2] {
        write_chunk(stream, event).await?;
    }
    Ok(())
}

async fn hang(stream: &mut TcpStream) -> io::Result<()> {
    begin_stream(stream).await?;
    pending().await
}

/// A text in pieces, as models write it.
fn pieces(text: &str) -> Vec<String> {
    let chars: Vec<char> = text.chars().collect();
    chars.chunks(7).map(|piece| piece.iter().collect()).collect()
}

fn named(event: &Value) -> String {
    let kind = event["type"].as_str().unwrap_or_default();
    format!("event: {kind}\ndata: {event}\n\n")
}

fn responses(text: &str, calls: &[(String, String)]) -> Vec<String> {
    let mut events = vec![json!({ "type": "response.created", "response": { "id": "resp_1" } })];
    for piece in pieces(text) {
        events.push(json!({ "type": "response.output_text.delta", "delta": piece }));
    }
    if !text.is_empty() {
        let content = json!([{ "type": "output_text", "text": text, "annotations": [] }]);
        let item = json!({ "type": "message", "role": "assistant", "content": content });
        events.push(json!({ "type": "response.output_item.done", "item": item }));
    }
    for (at, (name, arguments)) in calls.iter().enumerate() {
        let item = json!({
            "type": "function_call",
            "id": format!("fc_{at}"),
            "call_id": format!("call_{at}"),
            "name": name,
            "arguments": arguments,
        });
        events.push(json!({ "type": "response.output_item.done", "item": item }));
    }
    let usage = json!({ "input_tokens": 100, "output_tokens": 10, "total_tokens": 110 });
    let response = json!({ "id": "resp_1", "status": "completed", "usage": usage });
    events.push(json!({ "type": "response.completed", "response": response }));
    events.iter().map(named).collect()
}

fn chat(text: &str, calls: &[(String, String)]) -> Vec<String> {
    let mut deltas = vec![json!({ "role": "assistant", "content": "" })];
    deltas.extend(pieces(text).iter().map(|piece| json!({ "content": piece })));
    for (at, (name, arguments)) in calls.iter().enumerate() {
        let function = json!({ "name": name, "arguments": "" });
        let id = format!("call_{at}");
        let begin = json!({ "index": at, "id": id, "type": "function", "function": function });
        deltas.push(json!({ "tool_calls": [begin] }));
        for piece in pieces(arguments) {
            let more = json!({ "index": at, "function": { "arguments": piece } });
            deltas.push(json!({ "tool_calls": [more] }));
        }
    }
    let chunk = |delta: &Value, finish: Option<&str>| {
        let choice = json!({ "index": 0, "delta": delta, "finish_reason": finish });
        format!("data: {}\n\n", json!({ "id": "chatcmpl-1", "choices": [choice] }))
    };
    let mut events: Vec<String> = deltas.iter().map(|delta| chunk(delta, None)).collect();
    events.push(chunk(&json!({}), Some(if calls.is_empty() { "stop" } else { "tool_calls" })));
    let usage = json!({ "prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110 });
    events.push(format!("data: {}\n\n", json!({ "choices": [], "usage": usage })));
    events.push("data: [DONE]\n\n".into());
    events
}

fn messages(text: &str, calls: &[(String, String)]) -> Vec<String> {
    let usage = json!({ "input_tokens": 100, "output_tokens": 1 });
    let message = json!({ "id": "msg_1", "role": "assistant", "content": [], "usage": usage });
    let mut events = vec![json!({ "type": "message_start", "message": message })];
    events.push(json!({ "type": "ping" }));
    let said = (!text.is_empty()).then(|| {
        let start = json!({ "type": "text", "text": "" });
        let deltas = pieces(text).into_iter().map(|p| json!({ "type": "text_delta", "text": p }));
        (start, deltas.collect::<Vec<_>>())
    });
    let asked = calls.iter().enumerate().map(|(at, (name, arguments))| {
        let id = format!("toolu_{at}");
        let start = json!({ "type": "tool_use", "id": id, "name": name, "input": {} });
        let delta = |piece| json!({ "type": "input_json_delta", "partial_json": piece });
        (start, pieces(arguments).into_iter().map(delta).collect())
    });
    for (index, (start, deltas)) in said.into_iter().chain(asked).enumerate() {
        events
            .push(json!({ "type": "content_block_start", "index": index, "content_block": start }));
        for delta in deltas {
            events.push(json!({ "type": "content_block_delta", "index": index, "delta": delta }));
        }
        events.push(json!({ "type": "content_block_stop", "index": index }));
    }
    let stop = if calls.is_empty() { "end_turn" } else { "tool_use" };
    let delta = json!({ "stop_reason": stop, "stop_sequence": null });
    events.push(json!({
        "type": "message_delta",
        "delta": delta,
        "usage": { "output_tokens": 10 },
    }));
    events.push(json!({ "type": "message_stop" }));
    events.iter().map(named).collect()
}
