//! What models may cost: each request is counted before it leaves, and may not leave where a budget
//! is spent. One set of budgets holds over all agents: of an attempt, a task, a project and a
//! person and everybody for a day.

use domain::attempt::Limit;
use domain::{Limits, Task, Timestamp};
use serde::Deserialize;
use store::Store;
use store::exchange::{Scope, Spent};

use crate::Error;

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;
const MICROS: f64 = 1_000_000.0;

/// The `[budget]` table of `config.toml`. What isn't said has no limit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Budget {
    pub attempt: Amount,
    pub task: Amount,
    /// All tasks of one project, for a day (UTC).
    pub project_day: Amount,
    /// All tasks of one person, for a day (UTC).
    pub person_day: Amount,
    /// Everybody's tasks, for a day (UTC).
    pub day: Amount,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Amount {
    /// In US dollars.
    pub usd: Option<f64>,
    /// Read and written, in tokens.
    pub tokens: Option<u64>,
}

impl Amount {
    fn is_limited(self) -> bool {
        self.usd.is_some() || self.tokens.is_some()
    }

    fn micros(self) -> Option<u64> {
        self.usd.map(|usd| (usd.max(0.0) * MICROS).round() as u64)
    }

    fn smaller(self, other: Self) -> Self {
        let least = |a: Option<f64>, b: Option<f64>| match (a, b) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        let tokens = [self.tokens, other.tokens].into_iter().flatten().min();
        Self { usd: least(self.usd, other.usd), tokens }
    }
}

/// A budget that lets no further request leave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exhausted {
    pub limit: Limit,
    pub reason: String,
}

/// One budget as it is told.
struct Named<'a> {
    scope: Scope<'a>,
    amount: Amount,
    whose: &'static str,
    /// Where it is set.
    setting: &'static str,
}

impl Budget {
    /// Whether any of them counts money.
    pub fn is_in_dollars(&self) -> bool {
        let Self { attempt, task, project_day, person_day, day } = self;
        [attempt, task, project_day, person_day, day].iter().any(|amount| amount.usd.is_some())
    }

    /// The first budget that is spent, if one is; `next_micros` is what the request may cost.
    pub async fn exhausted(
        &self,
        store: &Store,
        task: &Task,
        attempt: &domain::AttemptId,
        next_micros: Option<u64>,
        now: Timestamp,
    ) -> Result<Option<Exhausted>, Error> {
        for budget in self.named(task, attempt, now) {
            if !budget.amount.is_limited() {
                continue;
            }
            let spent = store::exchange::spent(store, budget.scope).await?;
            if let Some(exhausted) = budget.exhausted(&spent, next_micros.unwrap_or(0)) {
                return Ok(Some(exhausted));
            }
        }
        Ok(None)
    }

    fn named<'a>(
        &self,
        task: &'a Task,
        attempt: &'a domain::AttemptId,
        now: Timestamp,
    ) -> [Named<'a>; 5] {
        let today = Timestamp(now.0 - now.0.rem_euclid(DAY_MS));
        let attempt_amount = self.attempt.smaller(of_limits(task.settings.limits));
        [
            Named {
                scope: Scope::Attempt(attempt),
                amount: attempt_amount,
                whose: "the attempt",
                setting: "--usd, limits.usd or [budget.attempt]",
            },
            Named {
                scope: Scope::Task(&task.id),
                amount: self.task,
                whose: "the task",
                setting: "[budget.task]",
            },
            Named {
                scope: Scope::Project(&task.project, today),
                amount: self.project_day,
                whose: "the project",
                setting: "[budget.project_day]",
            },
            Named {
                scope: Scope::Person(&task.person, today),
                amount: self.person_day,
                whose: "its person",
                setting: "[budget.person_day]",
            },
            Named {
                scope: Scope::Everybody(today),
                amount: self.day,
                whose: "everybody together",
                setting: "[budget.day]",
            },
        ]
    }
}

/// Tokens are the agent's own to count, since it can wrap up before they are over.
fn of_limits(limits: Limits) -> Amount {
    Amount { usd: limits.usd_micros.map(|micros| micros as f64 / MICROS), tokens: None }
}

impl Named<'_> {
    fn exhausted(&self, spent: &Spent, next_micros: u64) -> Option<Exhausted> {
        let today = match self.scope {
            Scope::Attempt(_) | Scope::Task(_) => "",
            Scope::Project(..) | Scope::Person(..) | Scope::Everybody(_) => " today (UTC)",
        };
        let told = |what: String| format!("{} {what}{today}; {} says so", self.whose, self.setting);
        let over = |limit: u64| spent.micros >= limit || spent.micros + next_micros > limit;
        if let Some(limit) = self.amount.micros().filter(|limit| over(*limit)) {
            let (spent, limit) = (usd(spent.micros), usd(limit));
            let reason = told(format!("has spent {spent} of its {limit}"));
            return Some(Exhausted { limit: Limit::Money, reason });
        }
        let limit = self.amount.tokens.filter(|limit| spent.tokens() >= *limit)?;
        let reason = told(format!("has used {} of its {limit} tokens", spent.tokens()));
        Some(Exhausted { limit: Limit::Tokens, reason })
    }
}

/// Dollars for people: cents, or as many digits as a small sum needs.
pub fn usd(micros: u64) -> String {
    let dollars = micros as f64 / MICROS;
    if micros == 0 || micros >= 10_000 {
        format!("${dollars:.2}")
    } else {
        format!("${dollars:.4}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(amount: Amount, spent: Spent, next: u64) -> Option<String> {
        let scope = Scope::Everybody(Timestamp(0));
        let named = Named { scope, amount, whose: "everybody together", setting: "[budget.day]" };
        named.exhausted(&spent, next).map(|exhausted| exhausted.reason)
    }

    #[test]
    fn a_request_that_would_go_over_doesnt_leave() {
        let amount = Amount { usd: Some(1.0), tokens: Some(1_000) };
        let spent = |micros, input_tokens| Spent { micros, input_tokens, ..Spent::default() };
        assert_eq!(told(amount, spent(900_000, 999), 100_000), None);
        assert_eq!(
            told(amount, spent(900_000, 0), 100_001).as_deref(),
            Some(
                "everybody together has spent $0.90 of its $1.00 today (UTC); [budget.day] says so"
            )
        );
        assert!(told(amount, spent(0, 1_000), 0).unwrap_or_default().contains("1000 tokens"));
        assert_eq!(told(Amount::default(), spent(u64::MAX / 2, u64::MAX / 2), 1), None);
    }

    #[test]
    fn the_smaller_of_two_amounts_counts() {
        let one = Amount { usd: Some(2.0), tokens: None };
        let other = Amount { usd: Some(1.5), tokens: Some(7) };
        assert_eq!(one.smaller(other), other);
        assert_eq!(one.smaller(Amount::default()), one);
    }

    #[test]
    fn small_sums_arent_rounded_away() {
        assert_eq!(
            (usd(0), usd(1_234), usd(1_230_000)),
            ("$0.00".into(), "$0.0012".into(), "$1.23".to_owned())
        );
    }
}
