//! The commands of a dev container, in their three forms, and its features that are plain scripts,
//! as scripts of a setup. Runs nothing.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{folder_of, variables};
use crate::{Files, Script};

/// A command is text for a shell, a list of words, or an object of such with names. Those of an
/// object would run at once; here they run one after the other, by name.
pub fn scripts(name: &str, value: &Value) -> Option<Vec<Script>> {
    match value {
        Value::String(_) | Value::Array(_) => Some(vec![Script::new(name, &command(value)?)]),
        Value::Object(commands) => commands
            .iter()
            .map(|(part, value)| Some(Script::new(&format!("{name}.{part}"), &command(value)?)))
            .collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) => None,
    }
}

fn command(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(variables::replace(text)?),
        Value::Array(words) => {
            let words: Option<Vec<String>> = words
                .iter()
                .map(|word| Some(quoted(&variables::replace(word.as_str()?)?)))
                .collect();
            words.filter(|words| !words.is_empty()).map(|words| words.join(" "))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => None,
    }
}

/// One word for `sh`, whatever is in it.
fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// A feature whose folder is beside the file at `file`, as its `install.sh` with its options as
/// variables; or why not.
pub fn feature(
    file: &str,
    reference: &str,
    options: &Value,
    files: &dyn Files,
) -> Result<Script, String> {
    let Some(name) = reference.strip_prefix("./") else {
        return Err(
            "only features in the repository itself (\"./name\") are installed; write what \
                    it brings into environment.setup"
                .into(),
        );
    };
    let folder = format!("{}/{name}", folder_of(file));
    let folder = folder.trim_start_matches('/');
    if name.split('/').any(|part| matches!(part, "" | "." | "..")) {
        return Err("its path leads elsewhere".into());
    }
    if !files.exists(&format!("{folder}/install.sh")) {
        return Err(format!("{folder} has no install.sh"));
    }
    let described = files.text(&format!("{folder}/devcontainer-feature.json"));
    let described: Map<String, Value> = described
        .and_then(|text| serde_json::from_str(&super::jsonc::plain(&text)).ok())
        .unwrap_or_default();
    Ok(Script {
        folder: Some(folder.to_owned()),
        variables: option_variables(&described, options)?,
        ..Script::new(&format!("feature {name}"), "chmod +x install.sh && ./install.sh")
    })
}

fn option_variables(
    described: &Map<String, Value>,
    options: &Value,
) -> Result<BTreeMap<String, String>, String> {
    let as_root = ["_REMOTE_USER", "_CONTAINER_USER"].map(|name| (name.to_owned(), "root".into()));
    let homes = ["_REMOTE_USER_HOME", "_CONTAINER_USER_HOME"]
        .map(|name| (name.to_owned(), "/home/agent".into()));
    let mut all: BTreeMap<String, String> = as_root.into_iter().chain(homes).collect();
    let known = described.get("options").and_then(Value::as_object);
    for (option, about) in known.into_iter().flatten() {
        if let Some(default) = about.get("default").and_then(plain_value) {
            all.insert(option_name(option), default);
        }
    }
    match options {
        Value::Object(given) => {
            for (option, value) in given {
                let text = plain_value(value).ok_or("an option is neither text nor a switch")?;
                all.insert(option_name(option), text);
            }
        }
        // A text alone is the version, as the specification has it.
        Value::String(version) => {
            all.insert("VERSION".into(), version.clone());
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => {
            return Err("its options are no object".into());
        }
    }
    Ok(all)
}

fn plain_value(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.contains('\0') => Some(text.clone()),
        Value::Bool(switch) => Some(switch.to_string()),
        Value::Number(number) => Some(number.to_string()),
        Value::String(_) | Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// As the specification has it: what is no letter or digit becomes `_`, leading ones are one.
/// See <https://containers.dev/implementors/features/#option-resolution>.
fn option_name(option: &str) -> String {
    let plain: String =
        option.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    let trimmed = plain.trim_start_matches(|c: char| c.is_ascii_digit() || c == '_');
    let lead = if trimmed.len() == plain.len() { "" } else { "_" };
    format!("{lead}{trimmed}").to_ascii_uppercase()
}
