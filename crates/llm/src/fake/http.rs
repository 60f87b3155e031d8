//! As much of HTTP/1.1 as the scripted server needs: requests one after the other on a
//! connection, bodies with a length in, whole or chunked bodies out.

use std::io;

use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// A request that is larger is refused.
const REQUEST_BYTES_MAX: usize = 64 * 1024 * 1024;

/// A request that came.
#[derive(Debug, Clone, PartialEq)]
pub struct Received {
    pub path: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// `null` where it was no JSON.
    pub body: Value,
}

impl Received {
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    /// Whether `text` stands in a string somewhere in the body.
    pub fn mentions(&self, text: &str) -> bool {
        mentions(&self.body, text)
    }

    /// The conversation's items, whatever the wire calls them.
    pub fn conversation(&self) -> &[Value] {
        let item = |name| self.body.get(name);
        let items = item("messages").or(item("input")).or(item("contents"));
        items.and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    /// The model that was asked for: in the body, or in Gemini's and Azure's paths.
    pub(super) fn model(&self) -> String {
        let in_path = |begin: &str, end: &str| {
            let rest = self.path.split_once(begin)?.1;
            Some(rest.split_once(end)?.0.to_owned())
        };
        let in_body = self.body.get("model").and_then(Value::as_str).map(str::to_owned);
        let gemini = || in_path("/models/", ":");
        in_body.or_else(gemini).unwrap_or_else(|| "scripted".into())
    }

    /// How often the model has spoken: items of its own that follow one another are one turn.
    pub fn model_turns(&self) -> usize {
        let own: Vec<bool> = self.conversation().iter().map(is_model).collect();
        let begins = |at: usize| own[at] && (at == 0 || !own[at - 1]);
        (0..own.len()).filter(|&at| begins(at)).count()
    }
}

fn is_model(item: &Value) -> bool {
    item["role"] == "assistant"
        || item["role"] == "model"
        || item["type"] == "function_call"
        || item["type"] == "reasoning"
}

fn mentions(value: &Value, text: &str) -> bool {
    match value {
        Value::String(string) => string.contains(text),
        Value::Array(items) => items.iter().any(|item| mentions(item, text)),
        Value::Object(fields) => fields.values().any(|field| mentions(field, text)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// A client's connection, and what of the next request has come already.
#[derive(Debug)]
pub(super) struct Connection {
    stream: TcpStream,
    bytes: Vec<u8>,
}

impl Connection {
    pub(super) fn new(stream: TcpStream) -> Self {
        Self { stream, bytes: Vec::new() }
    }

    pub(super) async fn read_request(&mut self) -> io::Result<Received> {
        let head_end = self.read_head().await?;
        let head = String::from_utf8_lossy(&self.bytes[..head_end]).into_owned();
        let mut lines = head.lines();
        let path = lines.next().and_then(|line| line.split(' ').nth(1)).unwrap_or("/").to_owned();
        let headers: Vec<_> = lines.filter_map(header).collect();
        let length = headers.iter().find(|(name, _)| name == "content-length");
        let length: usize = length.and_then(|(_, value)| value.parse().ok()).unwrap_or(0);
        while self.bytes.len() < head_end + length {
            self.read_more().await?;
        }
        let rest = self.bytes.split_off(head_end + length);
        let body = serde_json::from_slice(&self.bytes[head_end..]).unwrap_or(Value::Null);
        self.bytes = rest;
        Ok(Received { path, headers, body })
    }

    async fn read_head(&mut self) -> io::Result<usize> {
        let mut searched = 0;
        loop {
            let found = self.bytes[searched..].windows(4).position(|four| four == b"\r\n\r\n");
            if let Some(at) = found {
                return Ok(searched + at + 4);
            }
            searched = self.bytes.len().saturating_sub(3);
            self.read_more().await?;
        }
    }

    async fn read_more(&mut self) -> io::Result<()> {
        let read = self.stream.read_buf(&mut self.bytes).await?;
        match read {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ if self.bytes.len() > REQUEST_BYTES_MAX => Err(io::ErrorKind::FileTooLarge.into()),
            _ => Ok(()),
        }
    }

    pub(super) async fn write_whole(
        &mut self,
        status: u16,
        headers: &[(String, String)],
        body: &str,
    ) -> io::Result<()> {
        let mut answer =
            format!("HTTP/1.1 {status} Scripted\r\ncontent-type: application/json\r\n");
        for (name, value) in headers {
            answer.push_str(&format!("{name}: {value}\r\n"));
        }
        answer.push_str(&format!("content-length: {}\r\n\r\n{body}", body.len()));
        self.write(&answer).await
    }

    /// A whole stream of events.
    pub(super) async fn write_stream(&mut self, events: &[String]) -> io::Result<()> {
        self.write(&(STREAM_HEAD.to_owned() + &chunks(events) + "0\r\n\r\n")).await
    }

    /// The beginning of a stream of events, which never ends properly.
    pub(super) async fn begin_stream(&mut self, events: &[String]) -> io::Result<()> {
        self.write(&(STREAM_HEAD.to_owned() + &chunks(events))).await
    }

    async fn write(&mut self, text: &str) -> io::Result<()> {
        self.stream.write_all(text.as_bytes()).await?;
        self.stream.flush().await
    }
}

const STREAM_HEAD: &str = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\
                           transfer-encoding: chunked\r\n\r\n";

fn chunks(events: &[String]) -> String {
    events.iter().map(|event| format!("{:x}\r\n{event}\r\n", event.len())).collect()
}

fn header(line: &str) -> Option<(String, String)> {
    let (name, value) = line.split_once(':')?;
    Some((name.to_ascii_lowercase(), value.trim().to_owned()))
}
