//! Plays a record: the same answers, in the same order, and every place where it is asked
//! something else than back then. Exchanges with the same request are one turn, whether they were
//! retries, came after a pause, or after a process that died before it could use its answer.

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use super::{Outcome, Record, tools_sha256};
use crate::error::Error;
use crate::message::{Message, Reply, Request};
use crate::{Model, Watch};

/// How much of a message is shown around the place where it differs, in bytes.
const SHOWN_BYTES_BEFORE: usize = 40;
const SHOWN_BYTES: usize = 200;
/// Departures that are remembered.
const DEPARTURES_MAX: usize = 1_000;

/// A place where what is asked isn't what was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Departure {
    /// The recorded exchange.
    pub exchange: u32,
    /// Which message of the conversation, from 0.
    pub message_index: usize,
    /// The beginning of what was recorded, from where it differs; empty where there was nothing.
    pub expected: String,
    pub found: String,
    pub what: What,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// The message says something else.
    Differs,
    /// The recorded conversation goes on here.
    Missing,
    /// The conversation goes on where the recorded one ended.
    Surplus,
    /// Other tools than back then.
    Tools,
}

impl fmt::Display for Departure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { exchange, message_index, expected, found, what } = self;
        let place = format!("exchange {exchange}, message {message_index}");
        match what {
            What::Differs => write!(f, "{place}: recorded {expected:?}, now {found:?}"),
            What::Missing => write!(f, "{place}: recorded {expected:?}, now nothing"),
            What::Surplus => write!(f, "{place}: recorded nothing, now {found:?}"),
            What::Tools => write!(f, "{place}: other tools than recorded"),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnDeparture {
    /// The turn fails with [`Error::Departed`].
    Stop,
    /// It is noted, and answered as recorded.
    GoOn,
}

/// A [`Model`] that answers from a record.
#[derive(Debug)]
pub struct Replay {
    record: Record,
    /// Of each turn, the index of the exchange that answers it.
    turns: Vec<usize>,
    then: OnDeparture,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    next: usize,
    departures: Vec<Departure>,
    /// How long the last turn's conversations were, recorded and found: what they had in common
    /// is compared once.
    compared: (usize, usize),
}

impl Replay {
    pub fn new(record: Record, then: OnDeparture) -> Self {
        let turns = turns(&record);
        Self { record, turns, then, state: Mutex::default() }
    }

    /// All departures so far.
    pub fn departures(&self) -> Vec<Departure> {
        self.state().departures.clone()
    }

    /// How many of the record's turns weren't asked for.
    pub fn turns_left(&self) -> usize {
        self.turns.len() - self.state().next
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn turn(&self, request: &Request<'_>) -> Result<Reply, Error> {
        let mut state = self.state();
        let over = Error::RecordOver { turns: self.turns.len() };
        let exchange = &self.record.exchanges[*self.turns.get(state.next).ok_or(over)?];
        let recorded = self.record.conversation(exchange);
        let from = state.compared_from(recorded.len(), request.messages.len());
        let mut found = differences(&recorded, request.messages, from, exchange.exchange);
        if exchange.tools_sha256 != tools_sha256(request.tools) && state.next == 0 {
            found.insert(0, departure(exchange.exchange, 0, What::Tools));
        }
        state.next += 1;
        state.compared = (recorded.len(), request.messages.len());
        let first = found.first().cloned();
        let room = DEPARTURES_MAX.saturating_sub(state.departures.len());
        state.departures.extend(found.into_iter().take(room));
        match (self.then, first) {
            (OnDeparture::Stop, Some(first)) => Err(Error::Departed { departure: Box::new(first) }),
            (OnDeparture::Stop | OnDeparture::GoOn, _) => answer(&exchange.outcome),
        }
    }
}

impl State {
    /// Where both conversations only grew, by the same, the beginning was compared before.
    fn compared_from(&self, recorded: usize, found: usize) -> usize {
        let (before, before_found) = self.compared;
        let grew = before == before_found && recorded >= before && found >= before;
        if grew { before } else { 0 }
    }
}

fn answer(outcome: &Outcome) -> Result<Reply, Error> {
    match outcome {
        Outcome::Answered(reply) => Ok(reply.clone()),
        Outcome::Failed { message, shorten: true } => {
            Err(Error::ContextTooLong { message: message.clone() })
        }
        Outcome::Failed { message, shorten: false } => {
            Err(Error::Recorded { message: message.clone() })
        }
    }
}

/// The last exchange with an answer of each run of exchanges with the same request, or the last.
fn turns(record: &Record) -> Vec<usize> {
    let mut turns: Vec<usize> = Vec::new();
    let mut request = None;
    for (at, exchange) in record.exchanges.iter().enumerate() {
        let conversation = record.conversation(exchange);
        let same = request.as_ref() == Some(&conversation);
        let answered = matches!(exchange.outcome, Outcome::Answered(_));
        match turns.last_mut() {
            Some(turn) if same => {
                let before = &record.exchanges[*turn].outcome;
                if answered || !matches!(before, Outcome::Answered(_)) {
                    *turn = at;
                }
            }
            Some(_) | None => turns.push(at),
        }
        request = Some(conversation);
    }
    turns
}

fn differences(
    recorded: &[Message],
    found: &[Message],
    from: usize,
    exchange: u32,
) -> Vec<Departure> {
    let longer = recorded.len().max(found.len());
    let compare =
        |at| difference(recorded.get(at), found.get(at), departure(exchange, at, What::Differs));
    (from..longer).filter_map(compare).collect()
}

fn departure(exchange: u32, message_index: usize, what: What) -> Departure {
    Departure { exchange, message_index, expected: String::new(), found: String::new(), what }
}

fn difference(
    recorded: Option<&Message>,
    found: Option<&Message>,
    place: Departure,
) -> Option<Departure> {
    let (what, expected, found) = match (recorded, found) {
        (Some(recorded), Some(found)) if recorded == found => return None,
        (Some(recorded), Some(found)) => {
            let (expected, found) = apart(&shown(recorded), &shown(found));
            (What::Differs, expected, found)
        }
        (Some(recorded), None) => (What::Missing, cut(&shown(recorded), 0), String::new()),
        (None, Some(found)) => (What::Surplus, String::new(), cut(&shown(found), 0)),
        (None, None) => return None,
    };
    Some(Departure { expected, found, what, ..place })
}

fn shown(message: &Message) -> String {
    serde_json::to_string(message).expect("a message is JSON")
}

/// Both from shortly before they begin to differ.
fn apart(expected: &str, found: &str) -> (String, String) {
    let same = expected.bytes().zip(found.bytes()).take_while(|(a, b)| a == b).count();
    let from = same.saturating_sub(SHOWN_BYTES_BEFORE);
    (cut(expected, from), cut(found, from))
}

fn cut(text: &str, from: usize) -> String {
    let from = text.floor_char_boundary(from);
    text[from..text.floor_char_boundary(from + SHOWN_BYTES)].to_owned()
}

#[async_trait]
impl Model for Replay {
    fn name(&self) -> &str {
        self.record.exchanges.first().map_or("nobody", |exchange| &exchange.model)
    }

    async fn reply(&self, request: &Request<'_>, watch: &mut dyn Watch) -> Result<Reply, Error> {
        let reply = self.turn(request)?;
        if !reply.text.is_empty() {
            watch.text(&reply.text).await;
        }
        Ok(reply)
    }
}
