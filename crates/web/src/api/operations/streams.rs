//! `/events/stream` and `/attempts/{attempt}/events/stream`.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::api::answer::Stream;
use crate::api::asked::Call;
use crate::api::operation::{Operation, get};
use crate::api::refusal::{Kind, Refusal};
use crate::api::wire::notice::{Logged, Notice};
use crate::hub::{self, Listener};
use crate::live;

pub fn operations() -> Vec<Operation> {
    vec![
        get("/events/stream", "streamEverything", "Everything that moves")
            .tag("streams")
            .says(
                "Events `task`, `attempt` and `verdict` say what has moved; their ids go on after a \
                 cut, by Last-Event-ID or `after`. Without either it begins now. Comments are sent \
                 each 15 seconds; it ends after 15 minutes, and may be asked for again.",
            )
            .by(everything),
        get("/attempts/{attempt}/events/stream", "streamAttempt", "An attempt's log as it grows")
            .tag("streams")
            .says(
                "Each event's id is its number, so that it goes on after a cut without loss or \
                 doubling. The event `end` says that nothing more comes.",
            )
            .by(attempt),
    ]
}

fn listen(call: &Call<impl Sized>) -> Result<Listener, Refusal> {
    let listener = call.site.hub.listen();
    listener.ok_or_else(|| Refusal::new(Kind::Unavailable, "Too many streams are open."))
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct AfterId {
    /// An id of the stream's; Last-Event-ID counts instead of it.
    #[schemars(length(max = 64), regex(pattern = "^[0-9]{1,18}-[0-9]{1,18}$"))]
    after: Option<String>,
}

async fn everything(call: Call<AfterId>) -> Result<Stream<Notice>, Refusal> {
    let listener = listen(&call)?;
    let given = call.last_event.as_ref().or(call.query.after.as_ref());
    let newest = store::moved::newest(call.store()).await?;
    let at = match given {
        None => newest,
        Some(id) => {
            let at = hub::parse(id);
            let known = at.filter(|at| at.event <= newest.event && at.moved <= newest.moved);
            known.ok_or_else(|| unknown("an id that this stream gave"))?
        }
    };
    Ok(Stream::new(live::of_everything(call.store().clone(), listener, at)))
}

fn unknown(expected: &str) -> Refusal {
    Refusal::field(Kind::BadRequest, "after", format!("it is to be {expected}"))
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct AfterSeq {
    /// The number of the last event that is known; Last-Event-ID counts instead of it.
    #[schemars(range(min = 0, max = 9007199254740991_u64))]
    after: Option<u64>,
}

async fn attempt(call: Call<AfterSeq>) -> Result<Stream<Logged>, Refusal> {
    let listener = listen(&call)?;
    let id = store::attempt::get(call.store(), &call.path.attempt()?).await?.id;
    let given = call.last_event.as_ref().map(|id| id.parse::<u64>());
    let given = given.transpose().map_err(|_| unknown("an event's number"))?;
    let seen = given.or(call.query.after).unwrap_or(0);
    Ok(Stream::new(live::of_attempt(call.store().clone(), listener, id, seen)))
}
