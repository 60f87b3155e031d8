//! Requests that may come twice. A POST with an `Idempotency-Key` is answered once: the same key
//! and the same request again get the same answer, for a day.
//!
//! A key without an answer whose request nobody works on belongs to a server that died, or to
//! somebody who hung up. Then it is done again, and what it makes gets the id that it got before
//! ([`Once::random`]), so that nothing is made twice.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use axum::body::Bytes;
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, StatusCode};
use domain::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use store::request::{self, Answer, Asked};

use super::answer::{Content, JSON, Reply};
use super::refusal::{Kind, Refusal};
use super::wire::problem::MEDIA_TYPE;
use crate::{Person, Shared};

pub const HEADER: &str = "idempotency-key";
/// Says that an answer was given before.
pub const REPLAYED: &str = "idempotency-replayed";
pub const KEY_CHARS_MAX: usize = 255;
/// How long a key is known.
const KEPT_MS: i64 = 24 * 60 * 60 * 1_000;

/// What a handler knows of a request that may come twice.
#[derive(Debug, Clone)]
pub struct Once {
    /// When it was first asked.
    pub at: Timestamp,
    seed: String,
}

impl Once {
    /// The same for the same request, and as good as random otherwise: for the id of what it makes.
    pub fn random(&self, noun: &str) -> u64 {
        let digest = Sha256::digest(format!("{}\0{noun}", self.seed));
        let (first, _) = digest.split_at(8);
        u64::from_le_bytes(first.try_into().expect("they are eight"))
    }
}

/// Keys whose requests are being answered in this process; the only one that serves this home.
#[derive(Debug, Default)]
pub struct Flights(Mutex<HashSet<(String, String)>>);

impl Flights {
    fn begin(&self, key: &(String, String)) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(key.clone())
    }

    fn end(&self, key: &(String, String)) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
    }
}

/// A request under a key, until it is answered or nobody works on it any more.
pub struct Flight {
    site: Shared,
    key: (String, String),
    digest: String,
    pub once: Once,
}

impl Drop for Flight {
    fn drop(&mut self) {
        self.site.flights.end(&self.key);
    }
}

/// How to go on with a request.
pub enum Begun {
    /// It has no key.
    Plain,
    Once(Flight),
    /// It was answered before.
    Replay(Reply),
}

/// How an answer is kept.
#[derive(Serialize, Deserialize)]
struct Kept {
    is_problem: bool,
    location: Option<String>,
    body: String,
}

pub async fn begin(
    site: &Shared,
    person: &Person,
    parts: &Parts,
    body: &Bytes,
) -> Result<Begun, Refusal> {
    if parts.method != Method::POST {
        return Ok(Begun::Plain);
    }
    let Some(key) = key(parts)? else { return Ok(Begun::Plain) };
    let digest = digest(parts, body);
    let asked = Asked { person: &person.name, key: &key, digest: &digest };
    let key = (person.name.clone(), key.clone());
    if !site.flights.begin(&key) {
        let words = "A request under this key is being answered.";
        return Err(Refusal::new(Kind::InFlight, words));
    }
    let once = Once { at: Timestamp(0), seed: String::new() };
    let mut flight = Flight { site: site.clone(), key: key.clone(), digest: digest.clone(), once };
    let now = site.engine.clock.now();
    let oldest = Timestamp(now.0.saturating_sub(KEPT_MS));
    let known = request::begin(&site.engine.store, asked, now, oldest).await?;
    if known.digest != digest {
        let words = "Another request was asked under this key before: another method, path or body";
        return Err(Refusal::new(Kind::KeyReused, format!("{words}.")));
    }
    if let Some(answer) = known.answer {
        return Ok(Begun::Replay(replay(&answer)?));
    }
    let seed = format!("{}\0{}\0{}\0{digest}", key.0, key.1, known.at.0);
    flight.once = Once { at: known.at, seed };
    Ok(Begun::Once(flight))
}

fn key(parts: &Parts) -> Result<Option<String>, Refusal> {
    let mut given = parts.headers.get_all(HEADER).iter();
    let (Some(first), rest) = (given.next(), given.next()) else { return Ok(None) };
    let text = first.to_str().ok().filter(|text| {
        let printable = text.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ');
        (1..=KEY_CHARS_MAX).contains(&text.trim().len()) && printable
    });
    match (text, rest) {
        (Some(text), None) => Ok(Some(text.trim().to_owned())),
        _ => Err(Refusal::field(
            Kind::BadRequest,
            "Idempotency-Key",
            format!("one key of 1 to {KEY_CHARS_MAX} printable ASCII characters is expected"),
        )),
    }
}

fn digest(parts: &Parts, body: &[u8]) -> String {
    let mut hash = Sha256::new();
    hash.update(format!("{} {}\n", parts.method, parts.uri));
    hash.update(body);
    stdx::hex::of(&hash.finalize())
}

fn replay(answer: &Answer) -> Result<Reply, Refusal> {
    let lost = |words: String| Refusal::new(Kind::Internal, words);
    let kept: Kept = serde_json::from_str(&answer.text).map_err(|error| lost(error.to_string()))?;
    let status = StatusCode::from_u16(answer.status).map_err(|error| lost(error.to_string()))?;
    let media_type = match (kept.is_problem, kept.body.is_empty()) {
        (true, _) => Some(MEDIA_TYPE),
        (false, false) => Some(JSON),
        (false, true) => None,
    };
    Ok(Reply {
        status,
        media_type,
        body: Content::Whole(kept.body.into()),
        location: kept.location,
        next: None,
        headers: vec![(REPLAYED, HeaderValue::from_static("true"))],
    })
}

/// What is kept of an answer, if it is one that stays so: what failed on our side may be asked again.
/// One that holds a secret isn't kept: what is said again is that it was said.
pub fn kept(answered: &Result<Reply, Refusal>, path: &str, is_secret: bool) -> Option<Answer> {
    let said = || {
        let words =
            "This was answered before, with a secret that is kept nowhere. Make another one.";
        Refusal::new(Kind::Conflict, words)
    };
    let (status, kept) = match answered {
        Ok(_) if is_secret => (said().kind.status(), of_problem(&said(), path)),
        Ok(reply) => match &reply.body {
            Content::Whole(bytes) => (reply.status, of_reply(reply, bytes)),
            Content::Stream(_) => return None,
        },
        Err(refusal) if refusal.kind.status().is_server_error() => return None,
        Err(refusal) => (refusal.kind.status(), of_problem(refusal, path)),
    };
    let text = serde_json::to_string(&kept).expect("it holds texts");
    Some(Answer { status: status.as_u16(), text })
}

impl Flight {
    /// Keeps the answer; without one, the request may be asked anew.
    pub async fn end(self, answer: Option<Answer>) -> Result<(), Refusal> {
        let store = &self.site.engine.store;
        let asked = Asked { person: &self.key.0, key: &self.key.1, digest: &self.digest };
        match answer {
            Some(answer) => request::answer(store, asked, &answer).await?,
            None => request::forget(store, asked).await?,
        }
        Ok(())
    }
}

fn of_reply(reply: &Reply, bytes: &Bytes) -> Kept {
    let body = String::from_utf8_lossy(bytes).into_owned();
    Kept { is_problem: false, location: reply.location.clone(), body }
}

fn of_problem(refusal: &Refusal, path: &str) -> Kept {
    let body = serde_json::to_string(&refusal.problem(path)).expect("it holds texts");
    Kept { is_problem: true, location: None, body }
}
