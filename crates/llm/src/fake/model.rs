//! A [`Model`] in memory: its replies are given beforehand.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use crate::{Error, Message, Model, Reply, Request, ToolCall, Usage, Watch};

/// Gives its replies one after the other, then only [`Error::Deadline`].
#[derive(Debug, Default)]
pub struct ScriptedModel {
    script: Mutex<Script>,
}

#[derive(Debug, Default)]
struct Script {
    replies: VecDeque<Result<Reply, Error>>,
    asked: Vec<Vec<Message>>,
}

impl ScriptedModel {
    pub fn new(replies: impl IntoIterator<Item = Result<Reply, Error>>) -> Self {
        let replies = replies.into_iter().collect();
        Self { script: Mutex::new(Script { replies, asked: Vec::new() }) }
    }

    /// The conversations it was asked with.
    pub fn asked(&self) -> Vec<Vec<Message>> {
        self.script().asked.clone()
    }

    /// A reply with these calls; ids are `c1`, `c2`, ….
    pub fn calls(calls: &[(&str, &str)]) -> Reply {
        let calls = calls.iter().zip(1..).map(|((name, arguments), at)| ToolCall {
            id: format!("c{at}"),
            name: (*name).to_owned(),
            arguments: (*arguments).to_owned(),
        });
        Reply { calls: calls.collect(), ..Self::says("") }
    }

    /// A reply of text alone, at the price of 10 tokens in and 2 out.
    pub fn says(text: &str) -> Reply {
        Reply {
            text: text.to_owned(),
            usage: Usage { input_tokens: 10, output_tokens: 2, ..Usage::default() },
            ..Reply::default()
        }
    }

    fn script(&self) -> MutexGuard<'_, Script> {
        self.script.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Model for ScriptedModel {
    fn name(&self) -> &str {
        "scripted"
    }

    async fn reply(&self, request: &Request<'_>, watch: &mut dyn Watch) -> Result<Reply, Error> {
        let next = {
            let mut script = self.script();
            script.asked.push(request.messages.to_vec());
            script.replies.pop_front().unwrap_or(Err(Error::Deadline))
        };
        if let Ok(reply) = &next {
            watch.text(&reply.text).await;
        }
        next
    }
}
