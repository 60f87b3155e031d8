//! A world in which a scripted model does the work, over real HTTP, so that a story decides what
//! an attempt does and how long.

use std::sync::atomic::{AtomicUsize, Ordering};

use llm::fake::{Received, ScriptedServer, Turn};
use serde_json::json;
use tokio::runtime::Runtime;

use crate::world::World;

/// The model asks for this command to be run in the computer.
pub fn shell(command: &str) -> Turn {
    Turn::call("shell", &json!({ "command": command }))
}

pub fn finish(title: &str, summary: &str) -> Turn {
    Turn::call("finish", &json!({ "title": title, "summary": summary }))
}

/// Repairs what [`World::buggy`] has wrong.
pub fn repair() -> Vec<Turn> {
    vec![shell("sed -i 's/x + 2/x * 2/' double.py"), finish("Multiply", "Doubling is times two.")]
}

/// By which a later request of the same conversation is known.
fn mark(script: usize) -> String {
    format!(": begins script {script}.")
}

/// Derefs to its world, whose default agent is the scripted model.
pub struct Scripted {
    world: World,
    server: ScriptedServer,
    /// Serves the model; ends after the server.
    _runtime: Runtime,
}

impl Scripted {
    /// The turns are played in the order of the requests, whoever asks.
    pub fn new(turns: Vec<Turn>) -> Self {
        let runtime = Runtime::new().unwrap();
        let server = runtime.block_on(ScriptedServer::start(turns)).unwrap();
        Self::with(server, runtime)
    }

    /// The turns are played to each conversation from the beginning.
    pub fn for_each(turns: Vec<Turn>) -> Self {
        let runtime = Runtime::new().unwrap();
        let server = runtime.block_on(ScriptedServer::start_for_each(turns)).unwrap();
        Self::with(server, runtime)
    }

    /// A script for each attempt, in the order in which they first ask; and what is answered when
    /// the model is to judge.
    pub fn for_attempts(scripts: Vec<Vec<Turn>>, judgement: Turn) -> Self {
        let begun = AtomicUsize::new(0);
        let mind = move |request: &Received| {
            if request.mentions("BEST: N") {
                return judgement.clone();
            }
            let Some(spoken) = request.model_turns().checked_sub(1) else {
                let script = begun.fetch_add(1, Ordering::SeqCst);
                return shell(&mark(script));
            };
            let script = (0..scripts.len()).find(|&at| request.mentions(&mark(at)));
            let turns = &scripts[script.expect("a conversation that began here")];
            turns.get(spoken).cloned().unwrap_or_else(|| Turn::status(400))
        };
        let runtime = Runtime::new().unwrap();
        let server = runtime.block_on(ScriptedServer::start_deciding(mind)).unwrap();
        Self::with(server, runtime)
    }

    /// A script for each task, found by words of its sentence; each of its attempts is played all
    /// of it from the beginning.
    pub fn for_tasks(scripts: Vec<(&'static str, Vec<Turn>)>) -> Self {
        let mind = move |request: &Received| {
            let script = scripts.iter().find(|(words, _)| request.mentions(words));
            let turn = script.and_then(|(_, turns)| turns.get(request.model_turns()));
            turn.cloned().unwrap_or_else(|| Turn::status(400))
        };
        let runtime = Runtime::new().unwrap();
        let server = runtime.block_on(ScriptedServer::start_deciding(mind)).unwrap();
        Self::with(server, runtime)
    }

    fn with(server: ScriptedServer, runtime: Runtime) -> Self {
        let world = World::new()
            .with("WHIMBREL_MODEL", "openai-chat/gpt-x")
            .with("WHIMBREL_MODEL_URL", server.url())
            .with("WHIMBREL_MODEL_KEY", "sk-scripted");
        Self { world, server, _runtime: runtime }
    }

    /// How often the model was asked.
    pub fn asked(&self) -> usize {
        self.server.asked()
    }

    /// What the model was asked so far.
    pub fn requests(&self) -> Vec<Received> {
        self.server.requests()
    }
}

impl std::ops::Deref for Scripted {
    type Target = World;

    fn deref(&self) -> &World {
        &self.world
    }
}
