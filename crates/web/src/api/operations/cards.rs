//! `/cards`, the feed; and `/numbers`.

use domain::ProjectId;
use engine::numbers::{DAYS, Wish};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::api::answer::{Listed, Ok200};
use crate::api::asked::Call;
use crate::api::operation::{Operation, get};
use crate::api::refusal::{Kind, Refusal};
use crate::api::shape;
use crate::api::wire::card::{Card, SinceLast};
use crate::api::wire::numbers::Numbers;

pub fn operations() -> Vec<Operation> {
    vec![
        get("/cards", "listCards", "What waits for a decision, the most worthwhile first")
            .tag("cards")
            .by(cards),
        get("/numbers", "getNumbers", "What was offered, merged and paid, over some days")
            .tag("numbers")
            .by(numbers),
    ]
}

async fn cards(call: Call) -> Result<Listed<Card>, Refusal> {
    let cards = engine::card::cards(&call.engine()).await?;
    Ok(Listed::whole(cards.into_iter().map(shown).collect()))
}

fn shown(card: engine::card::Card) -> Card {
    let since_last = card.since_last.clone().map(|last| SinceLast {
        attempt: last.attempt,
        person: last.feedback.as_ref().map(|said| said.person.clone()),
        feedback: last.feedback.map(|said| said.text),
        differences: last.differences,
    });
    Card {
        approves: card.approves(),
        film: shape::film(&card.attempt),
        attempt: card.attempt,
        task: card.task,
        project: card.project,
        project_name: card.project_name,
        title: card.title,
        asked: card.asked,
        why: card.why,
        chips: card.chips.into_iter().map(shape::chip).collect(),
        weight: card.score.weight(),
        minutes: card.score.minutes,
        since: card.since,
        base_branch: card.base_branch,
        base: card.base,
        head: card.head,
        approval: card.approval,
        since_last,
        failed: card.failed,
        pending: card.pending,
        hears: card.hears,
    }
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Days {
    /// Today and the days before it; 30 where it isn't said.
    #[schemars(range(min = 1, max = 366))]
    days: Option<u32>,
    /// Only this project's.
    project: Option<ProjectId>,
}

async fn numbers(call: Call<Days>) -> Result<Ok200<Numbers>, Refusal> {
    let days = call.query.days.unwrap_or(DAYS);
    let project = call.query.project.as_ref();
    if let Some(id) = project {
        store::project::get(call.store(), id).await?;
    }
    let gathered = engine::numbers::gather(&call.engine(), Wish { days, project }).await?;
    // The same names; the engine's types aren't wire types.
    let shown = serde_json::to_value(gathered).and_then(serde_json::from_value::<Numbers>);
    let failed = |error: serde_json::Error| Refusal::new(Kind::Internal, error.to_string());
    Ok(Ok200(shown.map_err(failed)?))
}
