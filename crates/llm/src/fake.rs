//! Models that say what a script says: [`ScriptedServer`] over real HTTP in all four wire formats,
//! complete enough for the makers' own clients, [`ScriptedModel`] in memory. For tests of whatever
//! talks to a model, and for measuring it. Knows nothing of the client: it writes the formats by
//! itself, so that a mistake shows.

mod http;
mod model;
mod streams;

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::Value;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

use crate::message::Usage;

pub use http::Received;
pub use model::ScriptedModel;

/// Connections at once; more wait.
const CONNECTIONS_MAX: usize = 8_192;

/// What a turn is said to have used where the script doesn't say.
const USAGE: Usage = Usage {
    input_tokens: 100,
    cached_tokens: 0,
    written_tokens: 0,
    output_tokens: 10,
    reasoning_tokens: 0,
};

/// What the model does when it is asked.
#[derive(Debug, Clone, PartialEq)]
pub enum Turn {
    /// Text, and perhaps calls of tools: name and arguments as they are to be sent.
    Reply { text: String, calls: Vec<(String, String)> },
    /// An HTTP answer as it is.
    Raw { status: u16, headers: Vec<(String, String)>, body: String },
    /// The provider's own kind of error, with a Retry-After where one is given.
    Status { status: u16, retry_after: Option<String> },
    /// An answer that breaks off in the middle.
    CutStream,
    /// A stream of things that are no answer.
    Nonsense,
    /// Says that it answers, and never does.
    Hang,
    /// A turn after a while.
    After(Duration, Box<Self>),
    /// A reply that is said to have used so much.
    Using(Usage, Box<Self>),
    /// A reply with thoughts before it, in the form that the wire wants back.
    Thinking(String, Box<Self>),
    /// These again and again.
    Forever(Vec<Self>),
}

impl Turn {
    pub fn say(text: impl Into<String>) -> Self {
        Self::Reply { text: text.into(), calls: Vec::new() }
    }

    pub fn call(name: &str, arguments: &Value) -> Self {
        Self::malformed_call(name, &arguments.to_string())
    }

    /// A call whose arguments needn't be JSON.
    pub fn malformed_call(name: &str, arguments: &str) -> Self {
        Self::Reply { text: String::new(), calls: vec![(name.into(), arguments.into())] }
    }

    /// Several calls in one turn.
    pub fn calls<'a>(calls: impl IntoIterator<Item = (&'a str, Value)>) -> Self {
        let calls = calls.into_iter().map(|(name, value)| (name.into(), value.to_string()));
        Self::Reply { text: String::new(), calls: calls.collect() }
    }

    /// This turn, but only after `delay`.
    pub fn after(self, delay: Duration) -> Self {
        Self::After(delay, Box::new(self))
    }

    pub fn using(self, usage: Usage) -> Self {
        Self::Using(usage, Box::new(self))
    }

    pub fn thinking(self, thoughts: impl Into<String>) -> Self {
        Self::Thinking(thoughts.into(), Box::new(self))
    }

    pub fn status(status: u16) -> Self {
        Self::Status { status, retry_after: None }
    }

    /// A 429 that says when to come back: seconds or an HTTP date.
    pub fn rate_limited(retry_after: &str) -> Self {
        Self::Status { status: 429, retry_after: Some(retry_after.into()) }
    }
}

/// How the server finds its place in the script.
#[derive(Debug, Clone, Copy)]
enum Order {
    /// One request after the other, whoever asks.
    Requests,
    /// By how often the model has spoken in the request's own conversation.
    Conversations,
}

/// How a server serves.
#[derive(Debug, Clone, Copy, Default)]
pub struct Serving {
    /// On this machine's loopback; 0 for one that is free.
    pub port: u16,
    /// Whether each conversation hears the script from its beginning, so that attempts which run
    /// at once all see the whole of it. A turn that fails is then repeated as often as it is asked
    /// for.
    pub for_each: bool,
    /// Whether requests are only counted, so that a million of them take no room.
    pub forgets: bool,
}

/// An HTTP server on this machine. The path that is called decides the wire format:
/// `…/responses`, `…/chat/completions`, `…/messages` or `…:streamGenerateContent`. Connections
/// stay open for further requests. It ends when it is dropped.
#[derive(Debug)]
pub struct ScriptedServer {
    address: SocketAddr,
    shared: Arc<Shared>,
    serving: JoinHandle<()>,
}

#[derive(Debug)]
struct Shared {
    script: Script,
    forgets: bool,
    received: Mutex<Log>,
}

/// Where turns come from.
enum Script {
    Written(Vec<Turn>, Order),
    Decided(Box<Mind>),
}

/// Says what to answer to a request.
type Mind = dyn Fn(&Received) -> Turn + Send + Sync;

impl fmt::Debug for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Written(turns, order) => {
                f.debug_tuple("Written").field(turns).field(order).finish()
            }
            Self::Decided(_) => f.write_str("Decided"),
        }
    }
}

/// What was asked so far.
#[derive(Debug, Default)]
struct Log {
    count: usize,
    requests: Vec<Received>,
}

impl ScriptedServer {
    /// Plays the turns in the order of the requests. A request after the last turn is refused
    /// with 400, which no client repeats.
    pub async fn start(turns: impl IntoIterator<Item = Turn>) -> io::Result<Self> {
        Self::start_with(Serving::default(), turns).await
    }

    /// Plays the turns for each conversation from the beginning.
    pub async fn start_for_each(turns: impl IntoIterator<Item = Turn>) -> io::Result<Self> {
        Self::start_with(Serving { for_each: true, ..Serving::default() }, turns).await
    }

    /// The same on a port of the caller's choice, so that a server can come back after it was
    /// gone.
    pub async fn start_on(port: u16, turns: impl IntoIterator<Item = Turn>) -> io::Result<Self> {
        Self::start_with(Serving { port, for_each: true, ..Serving::default() }, turns).await
    }

    pub async fn start_with(
        serving: Serving,
        turns: impl IntoIterator<Item = Turn>,
    ) -> io::Result<Self> {
        let Serving { port, for_each, forgets } = serving;
        let order = if for_each { Order::Conversations } else { Order::Requests };
        let script = Script::Written(turns.into_iter().collect(), order);
        Self::serve(port, Shared { script, forgets, received: Mutex::default() }).await
    }

    /// A model that looks at what it is asked: one that does again what was interrupted.
    pub async fn start_deciding(
        mind: impl Fn(&Received) -> Turn + Send + Sync + 'static,
    ) -> io::Result<Self> {
        let script = Script::Decided(Box::new(mind));
        Self::serve(0, Shared { script, forgets: false, received: Mutex::default() }).await
    }

    async fn serve(port: u16, shared: Shared) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", port)).await?;
        let address = listener.local_addr()?;
        let shared = Arc::new(shared);
        let serving = tokio::spawn(accept(listener, Arc::clone(&shared)));
        Ok(Self { address, shared, serving })
    }

    /// Without a path: what `WHIMBREL_MODEL_URL` takes.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Everything that was asked so far, in the order it came.
    pub fn requests(&self) -> Vec<Received> {
        self.shared.received().requests.clone()
    }

    /// How often something was asked so far.
    pub fn asked(&self) -> usize {
        self.shared.received().count
    }
}

impl Drop for ScriptedServer {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Shared {
    fn received(&self) -> std::sync::MutexGuard<'_, Log> {
        self.received.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Records the request and says what to answer, and which turn that is.
    fn turn_for(&self, request: Received) -> (usize, Turn) {
        let spoken = request.model_turns();
        let mut received = self.received();
        let (at, turn) = match &self.script {
            Script::Written(turns, Order::Requests) => (received.count, nth(turns, received.count)),
            Script::Written(turns, Order::Conversations) => (spoken, nth(turns, spoken)),
            Script::Decided(mind) => (spoken, mind(&request)),
        };
        received.count += 1;
        if !self.forgets {
            received.requests.push(request);
        }
        (at, turn)
    }
}

/// The `at`-th turn of a script, with what repeats forever rolled out.
fn nth(turns: &[Turn], at: usize) -> Turn {
    match turns.get(at.min(turns.len().saturating_sub(1))) {
        Some(Turn::Forever(again)) if !again.is_empty() => {
            let since = (at + 1).saturating_sub(turns.len());
            nth(again, since % again.len())
        }
        Some(turn) if at < turns.len() => turn.clone(),
        Some(_) | None => over(),
    }
}

fn over() -> Turn {
    let body = r#"{"error": {"message": "the script is over", "type": "invalid_request_error"}}"#;
    Turn::Raw { status: 400, headers: Vec::new(), body: body.into() }
}

/// Connections live in a set that ends with this task, so none outlives the server.
async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _peer)) = listener.accept().await {
        connections.spawn(converse(stream, Arc::clone(&shared)));
        while connections.len() >= CONNECTIONS_MAX {
            connections.join_next().await;
        }
    }
}

/// Requests and their answers, until one side has had enough. A client that goes away meanwhile
/// is its own business.
async fn converse(stream: TcpStream, shared: Arc<Shared>) {
    let _only_a_matter_of_speed = stream.set_nodelay(true);
    let mut connection = http::Connection::new(stream);
    while let Ok(request) = connection.read_request().await {
        let answered = answer(&mut connection, &shared, request).await;
        if !answered.is_ok_and(|stays| stays) {
            return;
        }
    }
}

/// Whether the connection stays open.
async fn answer(
    connection: &mut http::Connection,
    shared: &Shared,
    request: Received,
) -> io::Result<bool> {
    let path = request.path.clone();
    let model = request.model();
    let (at, turn) = shared.turn_for(request);
    let Some(wire) = streams::Wire::of_path(&path) else {
        let body = format!(r#"{{"error": {{"message": "no such path: {path}"}}}}"#);
        return connection.write_whole(404, &[], &body).await.map(|()| true);
    };
    streams::answer(connection, streams::Stream::new(wire, model, at), &turn).await
}

/// A whole answer as it goes over the wire, with everything in it.
#[cfg(test)]
pub(crate) fn stream(wire: crate::Wire) -> Vec<u8> {
    let wire = match wire {
        crate::Wire::Responses => streams::Wire::Responses,
        crate::Wire::Chat => streams::Wire::Chat,
        crate::Wire::Messages => streams::Wire::Messages,
        crate::Wire::Gemini => streams::Wire::Gemini,
    };
    let calls = [("f".to_owned(), "{\"x\":1}".to_owned()), ("g".to_owned(), "{}".to_owned())];
    streams::sample(wire, "Grüße, I look", &calls).concat().into_bytes()
}

#[cfg(test)]
mod tests;
