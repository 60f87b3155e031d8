//! `/attempts/{id}/verdict` and `/verdicts/{id}/withdraw`: what a person decides, from a form of any
//! page or from the feed's script. The script sends a key with each decision, so that one that is sent
//! again after a dead spot isn't made twice.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Form, Json};
use domain::verdict::{self, Reason, Said, Via};
use domain::{AttemptId, Scope, Verdict, VerdictId};
use engine::verdict::{GRACE_MS, Wish};
use serde::{Deserialize, Serialize};

use crate::failure::Failure;
use crate::{Person, Shared};

/// Where one goes who came from nowhere in particular.
const HOME: &str = "/feed";

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Decided {
    /// `approve`, `reject`, `feedback`.
    kind: String,
    /// Of a rejection: its reason's name, and more in words.
    reason: String,
    words: String,
    /// Of a feedback.
    text: String,
    /// The page to go back to.
    back: String,
    /// Where the address doesn't name it.
    attempt: String,
    /// Makes it once, however often it is sent.
    key: String,
    /// Who decided it, where it was kept for a while: somebody else may be signed in by now.
    person: String,
}

/// Stands for the id of what was sent with a key: whoever takes it back may not have heard of its id, nor
/// know whether it arrived, and says all of it again.
const BY_KEY: &str = "by-key";

/// What the script is told.
#[derive(Debug, Serialize)]
struct Told<'a> {
    id: &'a VerdictId,
    attempt: &'a AttemptId,
    state: &'a str,
    /// In how many milliseconds it can't be taken back any more.
    grace_ms: u64,
    /// What became of it, or why it could not be done.
    words: String,
}

#[derive(Debug, Serialize)]
struct Refused {
    words: String,
}

pub async fn post(
    State(site): State<Shared>,
    person: Person,
    Path(attempt): Path<String>,
    headers: HeaderMap,
    Form(form): Form<Decided>,
) -> Response {
    let back = within(&form.back).to_owned();
    match give(&site, &person, &attempt, &form).await {
        Ok(given) => answer(&site, &headers, &given, &back),
        Err(failure) => refuse(&headers, failure),
    }
}

pub async fn withdraw(
    State(site): State<Shared>,
    person: Person,
    Path(id): Path<String>,
    headers: HeaderMap,
    Form(form): Form<Decided>,
) -> Response {
    match take_back(&site, &person, &id, &form).await {
        Ok(taken) => answer(&site, &headers, &taken, within(&form.back)),
        Err(failure) => refuse(&headers, failure),
    }
}

/// `GET /verdicts/{id}`: for the script, which waits for what became of it.
pub async fn get(
    State(site): State<Shared>,
    person: Person,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    person.needs(Scope::Read)?;
    let id: VerdictId = id.parse().map_err(|_malformed| Failure::missing("such verdict"))?;
    let verdict = store::verdict::get(&site.engine.store, &id).await?;
    Ok(Json(told(&site, &verdict)).into_response())
}

async fn give(
    site: &Shared,
    person: &Person,
    attempt: &str,
    form: &Decided,
) -> Result<Verdict, Failure> {
    person.needs(Scope::Decide)?;
    let wish = wish(person, attempt, form)?;
    let engine = person.engine(site);
    Ok(match form.key.as_str() {
        "" => engine::verdict::give(&engine, wish).await?,
        key => engine::verdict::give_once(&engine, wish, key).await?,
    })
}

fn wish(person: &Person, attempt: &str, form: &Decided) -> Result<Wish, Failure> {
    if !form.person.is_empty() && form.person != person.name {
        let words = "Somebody else decided this. It is sent when they are signed in here again.";
        return Err(Failure::new(StatusCode::UNAUTHORIZED, words));
    }
    let attempt = attempt.parse().map_err(|_malformed| Failure::missing("such attempt"))?;
    let via = if within(&form.back) == HOME { Via::Feed } else { Via::Page };
    Ok(Wish { attempt, said: said(form)?, via, grace_ms: GRACE_MS })
}

fn said(form: &Decided) -> Result<Said, Failure> {
    match form.kind.as_str() {
        "approve" => Ok(Said::Approve),
        "feedback" => Ok(Said::Feedback { text: form.text.clone() }),
        "reject" => {
            let reason = match form.reason.as_str() {
                "" => Some(Reason::Other),
                name => Reason::parse(name),
            };
            let reason = reason.ok_or_else(|| unusable("There is no such reason."))?;
            Ok(Said::Reject { reason, words: form.words.clone() })
        }
        _other => Err(unusable("A decision is approve, reject or feedback.")),
    }
}

fn unusable(words: &str) -> Failure {
    Failure::new(StatusCode::UNPROCESSABLE_ENTITY, words)
}

async fn take_back(
    site: &Shared,
    person: &Person,
    id: &str,
    form: &Decided,
) -> Result<Verdict, Failure> {
    person.needs(Scope::Decide)?;
    if id == BY_KEY {
        let wish = wish(person, &form.attempt, form)?;
        return Ok(engine::verdict::withdraw_once(&person.engine(site), wish, &form.key).await?);
    }
    let id: VerdictId = id.parse().map_err(|_malformed| Failure::missing("such verdict"))?;
    Ok(engine::verdict::withdraw(&person.engine(site), &id).await?)
}

/// An address of ours, and nobody else's.
fn within(back: &str) -> &str {
    let is_ours = back.starts_with('/') && !back.starts_with("//") && !back.contains('\\');
    match is_ours && !back.chars().any(char::is_control) {
        true => back,
        false => HOME,
    }
}

fn answer(site: &Shared, headers: &HeaderMap, verdict: &Verdict, back: &str) -> Response {
    if wants_json(headers) {
        return Json(told(site, verdict)).into_response();
    }
    let (path, anchor) = back.split_once('#').unwrap_or((back, ""));
    let mark = if path.contains('?') { '&' } else { '?' };
    let anchor = if anchor.is_empty() { String::new() } else { format!("#{anchor}") };
    Redirect::to(&format!("{path}{mark}verdict={}{anchor}", verdict.id)).into_response()
}

fn refuse(headers: &HeaderMap, failure: Failure) -> Response {
    if wants_json(headers) {
        return (failure.status, Json(Refused { words: failure.words })).into_response();
    }
    failure.into_response()
}

fn wants_json(headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
    accept.is_some_and(|accept| accept.contains("application/json"))
}

fn told<'a>(site: &Shared, verdict: &'a Verdict) -> Told<'a> {
    Told {
        id: &verdict.id,
        attempt: &verdict.attempt,
        state: verdict.state.name(),
        grace_ms: verdict.due.since_ms(site.engine.clock.now()),
        words: words(verdict),
    }
}

/// What was decided, or what became of it, in a line.
pub fn words(verdict: &Verdict) -> String {
    match &verdict.state {
        verdict::State::Pending => match &verdict.said {
            Said::Approve => "Approved".into(),
            Said::Reject { reason, .. } => format!("Rejected: {}", reason.words()),
            Said::Feedback { .. } => "Feedback given".into(),
        },
        verdict::State::Withdrawn => "Taken back".into(),
        verdict::State::CarriedOut { outcome } => match outcome {
            verdict::Outcome::Offered { .. } => "The pull request is open".into(),
            verdict::Outcome::Merged { commit } => format!("Merged as {}", commit.short()),
            verdict::Outcome::Closed => "Closed; the same isn't shown again".into(),
            verdict::Outcome::Followed { attempt } => {
                format!("Attempt {} goes on from there", attempt.number())
            }
        },
        verdict::State::Failed { why } => format!("It could not be done: {why}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_sent_elsewhere() {
        assert_eq!(within("/tasks/k3v9x2ab"), "/tasks/k3v9x2ab");
        for elsewhere in ["", "//evil.example", "https://evil.example", "/\\evil", "/\n"] {
            assert_eq!(within(elsewhere), HOME);
        }
    }
}
