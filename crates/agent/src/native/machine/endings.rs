//! The ends of the work, each with its own reason. What was logged is recorded before it.

use domain::Timestamp;
use domain::attempt::{Limit, Pause};

use super::{Effect, Machine, State};
use crate::native::tools::{Conclusion, Finish};
use crate::{Ending, Report};

impl Machine {
    pub(super) fn end(&mut self, ending: Ending) -> Vec<Effect> {
        self.end_with(Report { ending, title: String::new(), summary: String::new() })
    }

    pub(super) fn end_with(&mut self, report: Report) -> Vec<Effect> {
        self.state = State::Ended;
        self.then(Effect::End(report))
    }

    pub(super) fn give_up(&mut self, reason: String) -> Vec<Effect> {
        self.end(Ending::GaveUp { reason })
    }

    pub(super) fn out_of_time(&mut self) -> Vec<Effect> {
        self.end(Ending::OutOfTime)
    }

    pub(super) fn out_of_budget(&mut self, limit: Limit, reason: String) -> Vec<Effect> {
        self.end(Ending::OutOfBudget { limit, reason })
    }

    pub(super) fn stuck(&mut self, tool: &str, times: u32) -> Vec<Effect> {
        let reason = format!("it called {tool} {times} times with the same result");
        self.out_of_budget(Limit::Progress, reason)
    }

    pub(super) fn pause_for_plan(&mut self) -> Vec<Effect> {
        self.end(Ending::Paused { until: None, why: Pause::Plan })
    }

    pub(super) fn pause_for_quota(
        &mut self,
        provider: String,
        message: String,
        until: Timestamp,
    ) -> Vec<Effect> {
        self.end(Ending::Paused { until: Some(until), why: Pause::Quota { provider, message } })
    }

    pub(super) fn finished(&mut self, finish: Finish) -> Vec<Effect> {
        let summary = finish.description();
        let ending = finish.not_done.map_or(Ending::Finished, |reason| Ending::GaveUp { reason });
        self.end_with(Report { ending, title: finish.title, summary })
    }

    pub(super) fn concluded(&mut self, conclusion: Conclusion) -> Vec<Effect> {
        let Conclusion { text, sources } = conclusion;
        self.end(Ending::Answered { answer: text, sources })
    }

    /// What of the attempt's limits is used up, if one is.
    pub(super) fn used_up(&self) -> Option<(Limit, String)> {
        let (limits, tally) = (&self.bounds.limits, self.conversation.tally());
        if tally.tokens >= limits.tokens {
            let reason = format!("the models read and wrote {} tokens", tally.tokens);
            return Some((Limit::Tokens, reason));
        }
        if tally.turns >= limits.turns {
            let reason = format!("it didn't come to an end in {} turns", tally.turns);
            return Some((Limit::Turns, reason));
        }
        if tally.printed_bytes > limits.output_total_bytes {
            let reason = format!("the tools printed {} bytes", tally.printed_bytes);
            return Some((Limit::Output, reason));
        }
        let usd_micros = limits.usd_micros.filter(|most| tally.cost_micros >= *most)?;
        let reason =
            format!("the models cost {} of {} dollars", usd(tally.cost_micros), usd(usd_micros));
        Some((Limit::Money, reason))
    }
}

fn usd(micros: u64) -> String {
    format!("{}.{:04}", micros / 1_000_000, micros % 1_000_000 / 100)
}
