//! `/attempts/{attempt}/comments`: on lines, until they are sent as feedback.

use domain::comment::Place;
use domain::verdict::Via;
use domain::{Scope, Verdict};

use super::verdicts;
use crate::api::PREFIX;
use crate::api::answer::{Created, Done, Listed, Ok200};
use crate::api::asked::{Call, Nothing};
use crate::api::operation::{Operation, delete, get, post, put};
use crate::api::refusal::Refusal;
use crate::api::wire::comment::{Comment, CommentText, Feedback, NewComment};

pub fn operations() -> Vec<Operation> {
    vec![
        get("/attempts/{attempt}/comments", "listComments", "Comments on its lines")
            .tag("comments")
            .by(list),
        post("/attempts/{attempt}/comments", "createComment", "Says something of a line")
            .tag("comments")
            .says("It waits until it is sent with others.")
            .by(create),
        put("/attempts/{attempt}/comments/{comment}", "putComment", "Changes what a comment says")
            .tag("comments")
            .needs(Scope::Task)
            .by(edit),
        delete("/attempts/{attempt}/comments/{comment}", "deleteComment", "Takes a comment back")
            .tag("comments")
            .needs(Scope::Task)
            .by(remove),
        post("/attempts/{attempt}/feedback", "sendComments", "Sends your comments as feedback")
            .tag("comments")
            .says("All of yours that wait, as one verdict: a follow-up attempt begins with them.")
            .needs(Scope::Decide)
            .by(send),
    ]
}

fn shown(of: domain::Comment) -> Comment {
    Comment {
        id: of.id,
        attempt: of.attempt,
        person: of.person,
        at: of.at,
        path: of.place.path,
        side: of.place.side,
        line: of.place.line,
        text: of.text,
        sent: of.sent,
    }
}

async fn list(call: Call) -> Result<Listed<Comment>, Refusal> {
    let id = store::attempt::get(call.store(), &call.path.attempt()?).await?.id;
    let all = store::comment::of_attempt(call.store(), &id).await?;
    Ok(Listed::whole(all.into_iter().map(shown).collect()))
}

async fn create(call: Call<Nothing, NewComment>) -> Result<Created<Comment>, Refusal> {
    let id = store::attempt::get(call.store(), &call.path.attempt()?).await?.id;
    let NewComment { path, side, line, text } = &call.body;
    let place = Place { path: path.clone(), side: *side, line: *line };
    // The same request again, whose server died before it answered.
    if let Some(once) = &call.once {
        let all = store::comment::of_attempt(call.store(), &id).await?;
        let mut same = all.into_iter().filter(|comment| {
            comment.at >= once.at
                && comment.person == call.person.name
                && comment.place == place
                && comment.text == text.trim()
        });
        if let Some(comment) = same.next() {
            return Ok(made(comment));
        }
    }
    Ok(made(engine::comment::add(&call.engine(), &id, place, text).await?))
}

fn made(of: domain::Comment) -> Created<Comment> {
    let at = format!("{PREFIX}/attempts/{}/comments/{}", of.attempt, of.id);
    Created { at, made: shown(of) }
}

/// The comment that is named, if it is one on that attempt.
async fn found<B>(call: &Call<Nothing, B>) -> Result<domain::Comment, Refusal> {
    let (attempt, id) = (call.path.attempt()?, call.path.comment()?);
    let comment = store::comment::get(call.store(), &id).await?;
    match comment.attempt == attempt {
        true => Ok(comment),
        false => Err(Refusal::missing(format!("comment {id} on attempt {attempt}"))),
    }
}

async fn edit(call: Call<Nothing, CommentText>) -> Result<Ok200<Comment>, Refusal> {
    let id = found(&call).await?.id;
    Ok(Ok200(shown(engine::comment::edit(&call.engine(), &id, &call.body.text).await?)))
}

async fn remove(call: Call) -> Result<Done, Refusal> {
    let id = found(&call).await?.id;
    engine::comment::remove(&call.engine(), &id).await?;
    Ok(Done)
}

async fn send(call: Call<Nothing, Feedback>) -> Result<Created<Verdict>, Refusal> {
    let id = store::attempt::get(call.store(), &call.path.attempt()?).await?.id;
    let words = call.body.text.as_deref().unwrap_or_default();
    let made = engine::comment::send(&call.engine(), &id, words, Via::Api).await?;
    Ok(Created { at: verdicts::address(&made), made })
}
