//! All operations, by noun. The order is the document's.

mod access;
mod attempts;
mod cards;
mod changes;
mod comments;
mod environments;
mod paging;
mod projects;
mod pull_requests;
mod secrets;
mod server;
mod streams;
mod tasks;
mod verdicts;

use super::operation::Operation;

/// The nouns, with what they are.
pub const TAGS: &[(&str, &str)] = &[
    ("server", "Who answers, and as whom you ask."),
    ("projects", "Git repositories, with their settings."),
    ("environments", "What computers are made of."),
    ("secrets", "What setups are given by name: written, never read."),
    ("tasks", "What is asked for, and how far it is."),
    ("attempts", "One agent's tries at a task."),
    ("changes", "What an attempt changed, and what the server saw of it."),
    ("comments", "On lines of a change, until they are sent as feedback."),
    ("verdicts", "What persons decide."),
    ("pull-requests", "Changes that are offered."),
    ("cards", "The feed."),
    ("numbers", "What came of it."),
    ("streams", "Server-sent events."),
    ("access", "Who may ask, and who decided what."),
];

pub fn all() -> Vec<Operation> {
    [
        server::operations(),
        projects::operations(),
        environments::operations(),
        secrets::operations(),
        tasks::operations(),
        attempts::operations(),
        changes::operations(),
        comments::operations(),
        verdicts::operations(),
        pull_requests::operations(),
        cards::operations(),
        streams::operations(),
        access::operations(),
    ]
    .into_iter()
    .flatten()
    .collect()
}
