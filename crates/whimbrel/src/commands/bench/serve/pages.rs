//! What is asked for: lists and tasks, as pages and as JSON. Each kind is asked in turn, for other
//! tasks each time, so that no answer is a repetition.

use anyhow::{Result, ensure};

use super::client::Connection;
use super::fill::Filled;
use super::server::Place;
use crate::commands::bench::tell;

pub struct Pages {
    pub kinds: Vec<Kind>,
}

/// Pages that are made alike.
pub struct Kind {
    pub name: &'static str,
    paths: Vec<String>,
    /// Of the first answer.
    pub bytes: usize,
}

impl Pages {
    /// The kind and the path of the request of that number.
    pub fn of(&self, number: usize) -> (usize, &str) {
        let at = number % self.kinds.len();
        let paths = &self.kinds[at].paths;
        (at, &paths[number / self.kinds.len() % paths.len()])
    }
}

/// The kinds that this server answers.
pub async fn answering(place: &Place, home: &Filled) -> Result<Pages> {
    let each = |prefix: &str| home.tasks.iter().rev().map(|id| format!("{prefix}{id}")).collect();
    let list = |path: &str| vec![path.to_owned()];
    let all: [(&'static str, Vec<String>); 5] = [
        ("board", list("/")),
        ("task page", each("/tasks/")),
        ("projects", list("/projects")),
        ("API list", list("/api/v1/tasks")),
        ("API task", each("/api/v1/tasks/")),
    ];
    let mut kinds = Vec::new();
    let mut connection = Connection::open(place).await?;
    for (name, paths) in all {
        let answer = connection.get(place, &paths[0]).await?;
        if answer.status == 404 {
            tell(&format!("{} isn't there and isn't measured", paths[0]));
            continue;
        }
        ensure!(answer.status == 200, "{} answers {}", paths[0], answer.status);
        kinds.push(Kind { name, paths, bytes: answer.bytes });
    }
    ensure!(!kinds.is_empty(), "the server answers nothing of what is to be measured");
    Ok(Pages { kinds })
}
