//! A world in which a scripted model does the work, over real HTTP, so that a story decides what
//! an attempt does and how long.

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
