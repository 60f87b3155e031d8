//! Models that say what a script says: [`ScriptedServer`] over real HTTP in all three wire
//! formats, [`ScriptedModel`] in memory. For tests of whatever talks to a model. Knows nothing of
//! the client: it writes the formats by itself, so that a mistake shows.

mod http;
mod model;
mod streams;

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

pub use http::Received;
pub use model::ScriptedModel;

/// Connections at once; more wait.
const CONNECTIONS_MAX: usize = 256;

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

/// An HTTP server on this machine. The path that is called decides the wire format:
/// `…/responses`, `…/chat/completions` or `…/messages`. It ends when it is dropped.
#[derive(Debug)]
pub struct ScriptedServer {
    address: SocketAddr,
    shared: Arc<Shared>,
    serving: JoinHandle<()>,
}

#[derive(Debug)]
struct Shared {
    turns: Vec<Turn>,
    order: Order,
    received: Mutex<Vec<Received>>,
}

impl ScriptedServer {
    /// Plays the turns in the order of the requests. A request after the last turn is refused
    /// with 400, which no client repeats.
    pub async fn start(turns: impl IntoIterator<Item = Turn>) -> io::Result<Self> {
        Self::serve(turns, Order::Requests).await
    }

    /// Plays the turns for each conversation from the beginning, so that attempts which run at
    /// once all see the whole script. A turn that fails is repeated as often as it is asked for.
    pub async fn start_for_each(turns: impl IntoIterator<Item = Turn>) -> io::Result<Self> {
        Self::serve(turns, Order::Conversations).await
    }

    async fn serve(turns: impl IntoIterator<Item = Turn>, order: Order) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let turns = turns.into_iter().collect();
        let shared = Arc::new(Shared { turns, order, received: Mutex::default() });
        let serving = tokio::spawn(accept(listener, Arc::clone(&shared)));
        Ok(Self { address, shared, serving })
    }

    /// Without a path: what `WHIMBREL_MODEL_URL` takes.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Everything that was asked so far, in the order it came.
    pub fn requests(&self) -> Vec<Received> {
        self.shared.received().clone()
    }
}

impl Drop for ScriptedServer {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Shared {
    fn received(&self) -> std::sync::MutexGuard<'_, Vec<Received>> {
        self.received.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Records the request and says what to answer.
    fn turn_for(&self, request: Received) -> Turn {
        let mut received = self.received();
        let at = match self.order {
            Order::Requests => received.len(),
            Order::Conversations => request.model_turns(),
        };
        received.push(request);
        nth(&self.turns, at)
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

/// One request and its answer. A client that goes away meanwhile is its own business.
async fn converse(mut stream: TcpStream, shared: Arc<Shared>) {
    let Ok(request) = http::read_request(&mut stream).await else { return };
    let path = request.path.clone();
    let turn = shared.turn_for(request);
    if let Some(wire) = streams::Wire::of_path(&path) {
        let _client_gone = streams::answer(&mut stream, wire, &turn).await;
    } else {
        let body = format!(r#"{{"error": {{"message": "no such path: {path}"}}}}"#);
        let _client_gone = http::write_whole(&mut stream, 404, &[], &body).await;
    }
}

#[cfg(test)]
mod tests;
