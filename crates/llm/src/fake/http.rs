//! As much of HTTP/1.1 as the scripted server needs: one request a connection, bodies with a
//! length in, whole or chunked bodies out.

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
        let items = self.body.get("messages").or(self.body.get("input"));
        items.and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    /// How often the model has spoken: items of its own that follow one another are one turn.
    pub(super) fn model_turns(&self) -> usize {
        let own: Vec<bool> = self.conversation().iter().map(is_model).collect();
        let begins = |at: usize| own[at] && (at == 0 || !own[at - 1]);
        (0..own.len()).filter(|&at| begins(at)).count()
    }
}

fn is_model(item: &Value) -> bool {
    item["role"] == "assistant" || item["type"] == "function_call" || item["type"] == "reasoning"
}

fn mentions(value: &Value, text: &str) -> bool {
    match value {
        Value::String(string) => string.contains(text),
        Value::Array(items) => items.iter().any(|item| mentions(item, text)),
        Value::Object(fields) => fields.values().any(|field| mentions(field, text)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

pub(super) async fn read_request(stream: &mut TcpStream) -> io::Result<Received> {
    let mut bytes = Vec::new();
    let head_end = loop {
        if let Some(at) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break at + 4;
        }
        read_more(stream, &mut bytes).await?;
    };
    let head = String::from_utf8_lossy(&bytes[..head_end]).into_owned();
    let mut lines = head.lines();
    let path = lines.next().and_then(|line| line.split(' ').nth(1)).unwrap_or("/").to_owned();
    let headers: Vec<_> = lines.filter_map(header).collect();
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let length: usize = length.and_then(|(_, value)| value.parse().ok()).unwrap_or(0);
    while bytes.len() < head_end + length {
        read_more(stream, &mut bytes).await?;
    }
    let body = serde_json::from_slice(&bytes[head_end..]).unwrap_or(Value::Null);
    Ok(Received { path, headers, body })
}

fn header(line: &str) -> Option<(String, String)> {
    let (name, value) = line.split_once(':')?;
    Some((name.to_ascii_lowercase(), value.trim().to_owned()))
}

async fn read_more(stream: &mut TcpStream, bytes: &mut Vec<u8>) -> io::Result<()> {
    let read = stream.read_buf(bytes).await?;
    match read {
        0 => Err(io::ErrorKind::UnexpectedEof.into()),
        _ if bytes.len() > REQUEST_BYTES_MAX => Err(io::ErrorKind::FileTooLarge.into()),
        _ => Ok(()),
    }
}

pub(super) async fn write_whole(
    stream: &mut TcpStream,
    status: u16,
    headers: &[(String, String)],
    body: &str,
) -> io::Result<()> {
    let mut head = format!("HTTP/1.1 {status} Scripted\r\nconnection: close\r\n");
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str(&format!("content-length: {}\r\n\r\n", body.len()));
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(body.as_bytes()).await?;
    stream.flush().await
}

/// The beginning of a stream of events.
pub(super) async fn begin_stream(stream: &mut TcpStream) -> io::Result<()> {
    let head = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-type: text/event-stream\r\n\
                transfer-encoding: chunked\r\n\r\n";
    stream.write_all(head.as_bytes()).await?;
    stream.flush().await
}

/// A piece of a stream.
pub(super) async fn write_chunk(stream: &mut TcpStream, text: &str) -> io::Result<()> {
    stream.write_all(format!("{:x}\r\n{text}\r\n", text.len()).as_bytes()).await?;
    stream.flush().await
}

/// The proper end of a stream. Without it the client sees a cut.
pub(super) async fn end_stream(stream: &mut TcpStream) -> io::Result<()> {
    stream.write_all(b"0\r\n\r\n").await?;
    stream.shutdown().await
}
