//! A server of a story's own, and a client that speaks HTTP to it over plain sockets, so that a
//! story sees what comes over the wire and cuts it where it likes.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value;

use crate::world::{Running, World, wait_until};

/// Longer than any answer of a story's takes.
const READ_MAX: Duration = Duration::from_secs(120);

/// `whimbrel serve` on a port of its own, and a token for everything.
pub struct Served {
    pub running: Running,
    pub address: String,
    pub token: String,
}

/// What was answered.
#[derive(Debug)]
pub struct Answered {
    pub status: u16,
    head: String,
    pub body: String,
}

impl Answered {
    #[track_caller]
    pub fn is(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}\n{}", self.head, self.body);
        self
    }

    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    pub fn header(&self, name: &str) -> Option<String> {
        let found = |line: &str| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
        };
        self.head.lines().find_map(found)
    }
}

impl Served {
    pub fn start(world: &World) -> Self {
        let running = world.start(&["serve", "--listen", "127.0.0.1:0", "--json"]);
        wait_until("the address", || address(&running).is_some());
        let address = address(&running).unwrap();
        let token = token(world, "story", "read,task,decide,secrets,admin");
        Self { running, address, token }
    }

    pub fn get(&self, path: &str) -> Answered {
        self.ask("GET", path, &[], None)
    }

    pub fn post(&self, path: &str, body: &Value) -> Answered {
        self.ask("POST", path, &[], Some(&body.to_string()))
    }

    pub fn post_once(&self, path: &str, key: &str, body: &Value) -> Answered {
        let key = format!("Idempotency-Key: {key}");
        self.ask("POST", path, &[&key], Some(&body.to_string()))
    }

    /// With the token, unless the headers have their own.
    pub fn ask(&self, method: &str, path: &str, more: &[&str], body: Option<&str>) -> Answered {
        let mut stream = self.send(method, path, more, body);
        let mut text = Vec::new();
        stream.read_to_end(&mut text).unwrap();
        let text = String::from_utf8_lossy(&text).into_owned();
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        let status = head.split(' ').nth(1).and_then(|code| code.parse().ok());
        let answered = Answered {
            status: status.unwrap_or_else(|| panic!("no status in {head:?}")),
            head: head.to_owned(),
            body: body.to_owned(),
        };
        match answered.header("transfer-encoding") {
            Some(_chunked) => Answered { body: unchunked(body), ..answered },
            None => answered,
        }
    }

    fn send(&self, method: &str, path: &str, more: &[&str], body: Option<&str>) -> TcpStream {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(READ_MAX)).unwrap();
        let mut head =
            format!("{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n", self.address);
        if !more.iter().any(|line| line.starts_with("Authorization:")) {
            head.push_str(&format!("Authorization: Bearer {}\r\n", self.token));
        }
        for line in more {
            head.push_str(&format!("{line}\r\n"));
        }
        if let Some(body) = body {
            if !more.iter().any(|line| line.starts_with("Content-Type:")) {
                head.push_str("Content-Type: application/json\r\n");
            }
            head.push_str(&format!("Content-Length: {}\r\n", body.len()));
        }
        let request = format!("{head}\r\n{}", body.unwrap_or_default());
        stream.write_all(request.as_bytes()).unwrap();
        stream
    }

    /// Opens a stream of events.
    pub fn listen(&self, path: &str, more: &[&str]) -> Listening {
        let mut lines = BufReader::new(self.send("GET", path, more, None));
        let mut line = String::new();
        lines.read_line(&mut line).unwrap();
        assert!(line.contains(" 200 "), "{line}");
        while line.trim() != "" {
            line.clear();
            lines.read_line(&mut line).unwrap();
        }
        Listening { lines }
    }
}

/// An open stream. Dropping it cuts the connection.
pub struct Listening {
    lines: BufReader<TcpStream>,
}

/// One event of a stream.
#[derive(Debug, Clone, PartialEq)]
pub struct Heard {
    pub id: Option<String>,
    pub name: Option<String>,
    pub data: Value,
}

impl Listening {
    /// The next event; none at the stream's end.
    pub fn next(&mut self) -> Option<Heard> {
        let mut heard = Heard { id: None, name: None, data: Value::Null };
        loop {
            let mut line = String::new();
            if self.lines.read_line(&mut line).unwrap() == 0 {
                return None;
            }
            let line = line.trim_end();
            if line.is_empty() && heard.data != Value::Null {
                return Some(heard);
            }
            match line.split_once(": ") {
                Some(("id", id)) => heard.id = Some(id.to_owned()),
                Some(("event", name)) => heard.name = Some(name.to_owned()),
                Some(("data", data)) => heard.data = serde_json::from_str(data).unwrap(),
                // A comment, a retry, or how long a chunk is.
                _other => {}
            }
        }
    }
}

fn address(running: &Running) -> Option<String> {
    let said = running.said();
    let object: Value = said.lines().find_map(|line| serde_json::from_str(line).ok())?;
    Some(object["url"].as_str()?.strip_prefix("http://")?.to_owned())
}

/// A new token for these scopes.
pub fn token(world: &World, name: &str, scopes: &str) -> String {
    let ran = world.run(&["token", "create", name, "--scopes", scopes, "--json"]).exits(0);
    ran.object()["secret"].as_str().unwrap().to_owned()
}

fn unchunked(body: &str) -> String {
    let (mut whole, mut rest) = (String::new(), body);
    while let Some((size, after)) = rest.split_once("\r\n") {
        let size = usize::from_str_radix(size.trim(), 16).unwrap_or(0);
        if size == 0 || after.len() < size {
            break;
        }
        whole.push_str(&after[..size]);
        rest = after[size..].trim_start_matches("\r\n");
    }
    whole
}
