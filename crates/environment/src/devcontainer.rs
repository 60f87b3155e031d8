//! `.devcontainer/devcontainer.json`, as far as it says something about a computer: its image,
//! commands, variables and the features that are plain scripts. What isn't used is named with the
//! reason, and what `whimbrel.toml` writes wins.
//!
//! See <https://containers.dev/implementors/json_reference/>.

mod jsonc;
mod lifecycle;
mod variables;

use serde_json::{Map, Value};

use crate::document::Document;
use crate::{Environment, Error, FILE, Files, Finding, Script, Unused};

/// Where one may be, in the order in which they are looked for.
const PLACES: [&str; 2] = [".devcontainer/devcontainer.json", ".devcontainer.json"];

/// In the order in which they run when a container is made.
const COMMANDS: [&str; 3] = ["onCreateCommand", "updateContentCommand", "postCreateCommand"];

/// Properties that say nothing about what is in a computer.
const FOR_EDITORS: [&str; 14] = [
    "$schema",
    "customizations",
    "extensions",
    "forwardPorts",
    "name",
    "otherPortsAttributes",
    "overrideCommand",
    "portsAttributes",
    "settings",
    "shutdownAction",
    "updateRemoteUserUID",
    "userEnvProbe",
    "waitFor",
    "appPort",
];

/// Properties that would change a computer and don't, and what to do instead.
const NOT_DONE: [(&[&str], &str); 9] = [
    (
        &["build", "dockerFile", "context"],
        "no image is built here; build it elsewhere and name it as environment.image",
    ),
    (
        &["dockerComposeFile", "service", "runServices"],
        "a computer is one machine; start what the tests need in environment.setup or in a check",
    ),
    (&["initializeCommand"], "it would run outside any computer, and nothing of a repository does"),
    (
        &["postStartCommand", "postAttachCommand"],
        "computers are forked from a snapshot, not started; write it into environment.setup, or \
         into the check that needs it",
    ),
    (&["mounts", "workspaceMount"], "no folder of the host is ever inside a computer"),
    (
        &["runArgs", "privileged", "capAdd", "securityOpt", "init"],
        "a repository can't choose how well its computers are closed",
    ),
    (&["hostRequirements"], "write [limits] instead"),
    (&["overrideFeatureInstallOrder"], "features are installed in the order of their names"),
    (&["secrets"], "name them in environment.secrets to have them in the setup"),
];

/// Adds what the repository's dev container says, but for what `document` writes itself.
pub(crate) fn apply(
    environment: &mut Environment,
    document: &Document,
    files: &dyn Files,
) -> Result<(), Error> {
    let Some(file) = PLACES.into_iter().find(|place| files.exists(place)) else { return Ok(()) };
    let unreadable = || Error::Devcontainer { file, line: 1, what: "it isn't UTF-8 text".into() };
    let text = files.text(file).ok_or_else(unreadable)?;
    let properties: Map<String, Value> = serde_json::from_str(&jsonc::plain(&text))
        .map_err(|error| Error::Devcontainer { file, line: error.line(), what: told(&error) })?;
    let mut container = Container { file, environment, document, files };
    for (name, value) in &properties {
        container.note_unless_used(name, value);
    }
    container.image(&properties)?;
    container.variables(&properties)?;
    container.setup(&properties)
}

fn told(error: &serde_json::Error) -> String {
    if error.is_data() { "it isn't an object".into() } else { "it isn't JSON with comments".into() }
}

/// The folder of a path; empty for one in the root.
fn folder_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

struct Container<'a> {
    file: &'static str,
    environment: &'a mut Environment,
    document: &'a Document,
    files: &'a dyn Files,
}

impl Container<'_> {
    fn note_unless_used(&mut self, name: &str, value: &Value) {
        let not_done = NOT_DONE.iter().find(|(names, _)| names.contains(&name));
        match name {
            "image" | "containerEnv" | "remoteEnv" | "features" | "workspaceFolder" => {}
            "remoteUser" | "containerUser" if value == "root" => {}
            "remoteUser" | "containerUser" => {
                self.unused(name, "everything in a computer runs as its own root", true);
            }
            _ if COMMANDS.contains(&name) => {}
            _ if FOR_EDITORS.contains(&name) => self.unused(name, "it is for editors", false),
            _ => {
                let why = not_done.map_or("whimbrel doesn't know it", |(_, why)| why);
                self.unused(name, why, true);
            }
        }
    }

    fn unused(&mut self, property: &str, why: &str, matters: bool) {
        let (file, property) = (self.file.to_owned(), property.to_owned());
        self.environment.unused.push(Unused { file, property, why: why.to_owned(), matters });
    }

    /// Whether `whimbrel.toml` writes the setting itself; then it says so of `property`.
    fn is_overruled(&mut self, key: &str, property: &str) -> bool {
        let overruled = self.document.has(key);
        if overruled {
            self.unused(property, &format!("{key} in {FILE} wins"), false);
        }
        overruled
    }

    fn found(&mut self, key: &str, value: String, property: &str) {
        let section = key.split_once('.').map_or(key, |(section, _)| section);
        self.environment.findings.push(Finding {
            key: key.to_owned(),
            value,
            file: Some(self.file.to_owned()),
            why: format!("its {property} says so"),
            fix: Some(format!("[{section}]\n… , which wins over {}", self.file)),
        });
    }

    fn image(&mut self, properties: &Map<String, Value>) -> Result<(), Error> {
        let Some(value) = properties.get("image") else { return Ok(()) };
        if self.is_overruled("environment.image", "image") {
            return Ok(());
        }
        let name = value.as_str().and_then(variables::replace);
        let image = name.and_then(|name| name.parse().ok());
        self.environment.image = image.ok_or_else(|| self.wrong("image", "an image's name"))?;
        self.found("environment.image", self.environment.image.to_string(), "image");
        Ok(())
    }

    /// `remoteEnv` last, since it wins in a dev container.
    fn variables(&mut self, properties: &Map<String, Value>) -> Result<(), Error> {
        for property in ["containerEnv", "remoteEnv"] {
            let Some(value) = properties.get(property) else { continue };
            let given = value.as_object().ok_or_else(|| self.wrong(property, "an object"))?;
            for (name, value) in given {
                self.variable(property, name, value);
            }
        }
        Ok(())
    }

    fn variable(&mut self, property: &str, name: &str, value: &Value) {
        let shown = format!("{property}.{name}");
        let key = format!("variables.{name}");
        if self.is_overruled(&key, &shown) {
            return;
        }
        match value.as_str().and_then(variables::replace) {
            Some(text) if crate::is_variable_name(name) => {
                self.found(&key, text.clone(), property);
                self.environment.variables.insert(name.to_owned(), text);
            }
            Some(_) => self.unused(&shown, "no shell could say its name", true),
            None => self.unused(&shown, "its value isn't known before a computer runs", true),
        }
    }

    fn setup(&mut self, properties: &Map<String, Value>) -> Result<(), Error> {
        let names: Vec<&str> = ["features", "workspaceFolder"]
            .into_iter()
            .chain(COMMANDS)
            .filter(|name| properties.contains_key(*name))
            .collect();
        if self.document.has("environment.setup") {
            for name in names {
                self.is_overruled("environment.setup", name);
            }
            return Ok(());
        }
        for name in names {
            let scripts = match name {
                "features" => self.features(&properties[name])?,
                "workspaceFolder" => self.workspace_folder(&properties[name])?,
                _ => lifecycle::scripts(name, &properties[name])
                    .ok_or_else(|| self.wrong(name, "a command whose ${…} are known here"))?,
            };
            for script in &scripts {
                self.found("environment.setup", script.command.clone(), &script.name);
            }
            self.environment.setup.extend(scripts);
        }
        Ok(())
    }

    fn features(&mut self, value: &Value) -> Result<Vec<Script>, Error> {
        let given = value.as_object().ok_or_else(|| self.wrong("features", "an object"))?;
        let mut scripts = Vec::new();
        for (reference, options) in given {
            match lifecycle::feature(self.file, reference, options, self.files) {
                Ok(script) => scripts.push(script),
                Err(why) => self.unused(&format!("features.{reference}"), &why, true),
            }
        }
        Ok(scripts)
    }

    /// The repository is always in `/workspace`; a link makes it be where it is expected too.
    fn workspace_folder(&mut self, value: &Value) -> Result<Vec<Script>, Error> {
        let plain = |c: char| c.is_ascii_alphanumeric() || "/._-".contains(c);
        let path = value.as_str().and_then(variables::replace).filter(|path| {
            path.starts_with('/') && path.chars().all(plain) && !path.contains("..")
        });
        let expected = "an absolute path of plain characters";
        let path = path.ok_or_else(|| self.wrong("workspaceFolder", expected))?;
        let path = path.trim_end_matches('/');
        if path == "/workspace" || path.is_empty() {
            return Ok(Vec::new());
        }
        let link = format!("mkdir -p \"$(dirname {path})\" && ln -sfn /workspace {path}");
        Ok(vec![Script::new("workspaceFolder", &link)])
    }

    fn wrong(&self, property: &str, expected: &str) -> Error {
        let what = format!("{property} must be {expected}");
        Error::Devcontainer { file: self.file, line: 1, what }
    }
}

#[cfg(test)]
mod tests;
