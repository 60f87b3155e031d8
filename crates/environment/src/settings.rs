//! Which settings `whimbrel.toml` has, what each may be, and what holds where one isn't written.
//! What this version can't do is refused here, never ignored.

use domain::limits::{MIB, parse_size};
use domain::task::AgentName;

use crate::document::{Document, Entry, Value};
use crate::{AgentSettings, Check, Environment, Error, FILE, Finding, NetworkPolicy};

const SECTIONS: [&str; 4] = ["environment", "limits", "checks", "agent"];

const KEYS: [&str; 14] = [
    "environment.image",
    "environment.setup",
    "environment.maintenance",
    "environment.network",
    "environment.secrets",
    "limits.minutes",
    "limits.memory",
    "limits.processes",
    "limits.usd",
    "checks.test",
    "checks.lint",
    "agent.name",
    "agent.model",
    "agent.attempts",
];

/// One day: longer than any attempt, short enough for a typing error to be noticed.
const MINUTES_MAX: i64 = 24 * 60;
/// Less doesn't hold git and an interpreter.
const MEMORY_MIN_BYTES: u64 = 64 * MIB;
const PROCESSES_MIN: i64 = 16;
const PROCESSES_MAX: i64 = 32_768;
const ATTEMPTS_MAX: i64 = 64;
const CHECKS_MAX: usize = 16;
const CHECK_NAME_CHARS_MAX: usize = 40;

/// What `document` says, and for everything else the default.
pub(crate) fn read(document: &Document) -> Result<Environment, Error> {
    for (section, line) in &document.sections {
        known_section(section, *line)?;
    }
    let mut environment = unset();
    for entry in &document.entries {
        apply(&mut environment, entry)?;
        environment.findings.push(written(entry));
    }
    let defaults = defaults(&environment).into_iter();
    environment.findings.extend(defaults.filter(|default| !document.has(&default.key)));
    if document.has_section("checks") && environment.check("test").is_none() {
        environment.findings.push(untested());
    }
    Ok(environment)
}

fn known_section(section: &str, line: usize) -> Result<(), Error> {
    if SECTIONS.contains(&section) {
        return Ok(());
    }
    let hint = match nearest(section, SECTIONS) {
        Some(name) => format!("did you mean [{name}]?"),
        None => format!("there are {}", SECTIONS.join(", ")),
    };
    Err(Error::UnknownSection { line, section: section.to_owned(), hint })
}

fn unset() -> Environment {
    Environment {
        image: "host".into(),
        setup: None,
        network: NetworkPolicy::None,
        limits: domain::Limits::default(),
        checks: Vec::new(),
        agent: AgentSettings::default(),
        findings: Vec::new(),
    }
}

fn apply(environment: &mut Environment, entry: &Entry) -> Result<(), Error> {
    match entry.key.as_str() {
        "environment.image" => entry.only("host", "only \"host\", this machine's own tools, does"),
        "environment.network" => entry.only("none", "only \"none\" does"),
        "environment.secrets" => entry.no_secrets(),
        "environment.maintenance" => Err(entry.unsupported(
            "every commit's computer is built anew by environment.setup, so leave this out",
        )),
        "limits.usd" => {
            Err(entry
                .unsupported("money isn't counted yet, so leave this out and use limits.minutes"))
        }
        "environment.setup" => entry.command().map(|setup| environment.setup = Some(setup)),
        "limits.minutes" => entry.number(1, MINUTES_MAX).map(|minutes| {
            environment.limits.wall_ms = u64::from(minutes) * 60_000;
        }),
        "limits.memory" => entry.memory().map(|bytes| environment.limits.memory_bytes = bytes),
        "limits.processes" => entry.number(PROCESSES_MIN, PROCESSES_MAX).map(|processes| {
            environment.limits.processes = u64::from(processes);
        }),
        "agent.name" => entry.agent().map(|name| environment.agent.name = Some(name)),
        "agent.model" => entry.model().map(|model| environment.agent.model = Some(model)),
        "agent.attempts" => entry.number(1, ATTEMPTS_MAX).map(|attempts| {
            environment.agent.attempts = Some(attempts);
        }),
        other => match other.strip_prefix("checks.") {
            Some(name) => add_check(environment, entry, name),
            None => Err(entry.unknown()),
        },
    }
}

/// Besides `test` and `lint` a project may name checks as it likes.
fn add_check(environment: &mut Environment, entry: &Entry, name: &str) -> Result<(), Error> {
    let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
    if name.is_empty() || name.len() > CHECK_NAME_CHARS_MAX || !name.chars().all(is_name) {
        let expected =
            format!("a name of at most {CHECK_NAME_CHARS_MAX} lower-case letters, digits, - and _");
        return Err(entry.bad_value(expected, format!("{name:?}")));
    }
    if environment.checks.len() == CHECKS_MAX {
        return Err(entry.bad_value(format!("one of at most {CHECKS_MAX}"), "one more".into()));
    }
    environment.checks.push(Check { name: name.into(), command: entry.command()? });
    Ok(())
}

impl Entry {
    fn text(&self, expected: &'static str) -> Result<&str, Error> {
        match &self.value {
            Value::Text(text) => Ok(text),
            other @ (Value::Integer(_) | Value::List { .. } | Value::Other(_)) => {
                Err(self.wrong_type(expected, other.kind()))
            }
        }
    }

    fn command(&self) -> Result<String, Error> {
        let text = self.text("a shell command in quotes")?;
        if text.trim().is_empty() || text.contains('\0') {
            return Err(self.bad_value("a shell command".into(), "empty".into()));
        }
        Ok(text.to_owned())
    }

    fn only(&self, right: &str, works: &'static str) -> Result<(), Error> {
        match &self.value {
            Value::Text(text) if text == right => Ok(()),
            Value::Text(_) | Value::List { .. } => Err(self.unsupported(works)),
            other @ (Value::Integer(_) | Value::Other(_)) => {
                Err(self.wrong_type("a string", other.kind()))
            }
        }
    }

    fn no_secrets(&self) -> Result<(), Error> {
        match &self.value {
            Value::List { len: 0 } => Ok(()),
            Value::List { .. } => Err(self.unsupported("no secret can be handed in yet")),
            other @ (Value::Text(_) | Value::Integer(_) | Value::Other(_)) => {
                Err(self.wrong_type("a list of names", other.kind()))
            }
        }
    }

    fn number(&self, min: i64, max: i64) -> Result<u32, Error> {
        match &self.value {
            Value::Integer(number) if (min..=max).contains(number) => {
                Ok(u32::try_from(*number).expect("the range lies within u32"))
            }
            Value::Integer(number) => {
                Err(self
                    .bad_value(format!("a whole number from {min} to {max}"), number.to_string()))
            }
            other @ (Value::Text(_) | Value::List { .. } | Value::Other(_)) => {
                Err(self.wrong_type("a whole number without quotes", other.kind()))
            }
        }
    }

    fn memory(&self) -> Result<u64, Error> {
        let text = self.text("a size in quotes, like \"4GiB\"")?;
        match parse_size(text) {
            Ok(bytes) if bytes >= MEMORY_MIN_BYTES => Ok(bytes),
            Ok(_) | Err(_) => {
                let expected = "a size of at least 64MiB, like \"512MiB\" or \"4GiB\"";
                Err(self.bad_value(expected.into(), format!("{text:?}")))
            }
        }
    }

    fn agent(&self) -> Result<String, Error> {
        let text = self.text("an agent's name in quotes")?;
        let names = AgentName::ALL.map(AgentName::as_str);
        if names.contains(&text) {
            return Ok(text.to_owned());
        }
        let expected = format!("one of {}", names.join(", "));
        let meant =
            nearest(text, names).map_or(String::new(), |name| format!(" (did you mean {name:?}?)"));
        Err(self.bad_value(expected, format!("{text:?}{meant}")))
    }

    fn model(&self) -> Result<String, Error> {
        let text = self.text("a model in quotes")?;
        match text.split_once('/') {
            Some((provider, model)) if !provider.is_empty() && !model.is_empty() => {
                Ok(text.to_owned())
            }
            Some(_) | None => Err(self.bad_value("\"provider/model\"".into(), format!("{text:?}"))),
        }
    }

    fn unknown(&self) -> Error {
        let hint = match nearest(&self.key, KEYS) {
            Some(key) => format!("did you mean {key:?}?"),
            None => format!("there are {}", KEYS.join(", ")),
        };
        Error::UnknownKey { line: self.line, key: self.key.clone(), hint }
    }

    fn wrong_type(&self, expected: &'static str, found: &'static str) -> Error {
        Error::WrongType { line: self.line, key: self.key.clone(), expected, found }
    }

    fn bad_value(&self, expected: String, found: String) -> Error {
        Error::BadValue { line: self.line, key: self.key.clone(), expected, found }
    }

    fn unsupported(&self, works: &'static str) -> Error {
        let (key, found) = (self.key.clone(), self.source.clone());
        Error::Unsupported { line: self.line, key, found, works }
    }
}

fn written(entry: &Entry) -> Finding {
    Finding {
        key: entry.key.clone(),
        value: match &entry.value {
            Value::Text(text) => text.clone(),
            Value::Integer(number) => number.to_string(),
            Value::List { .. } | Value::Other(_) => entry.source.clone(),
        },
        file: Some(FILE.into()),
        why: format!("written in line {}", entry.line),
        fix: None,
    }
}

fn defaults(environment: &Environment) -> Vec<Finding> {
    let limits = &environment.limits;
    let memory = limits.memory_bytes / MIB;
    vec![
        default("environment.image", "host".into(), "image = \"host\""),
        default("environment.setup", "none".into(), "setup = \"a shell command\""),
        default("environment.network", "none".into(), "network = \"none\""),
        default("limits.minutes", (limits.wall_ms / 60_000).to_string(), "minutes = 30"),
        default("limits.memory", format!("{memory}MiB"), "memory = \"4GiB\""),
        default("limits.processes", limits.processes.to_string(), "processes = 512"),
    ]
}

fn default(key: &str, value: String, line: &str) -> Finding {
    let section = key.split_once('.').map_or(key, |(section, _)| section);
    Finding {
        key: key.into(),
        value,
        file: None,
        why: "the default".into(),
        fix: Some(format!("[{section}]\n{line}")),
    }
}

fn untested() -> Finding {
    Finding {
        key: "checks.test".into(),
        value: "none".into(),
        file: Some(FILE.into()),
        why: "[checks] is written without it, and then nothing is guessed".into(),
        fix: Some("[checks]\ntest = \"a shell command\"".into()),
    }
}

/// More edits than this and a name is another name, not a typing error.
const EDITS_MAX: usize = 3;

fn nearest<const N: usize>(given: &str, names: [&'static str; N]) -> Option<&'static str> {
    // A key in no section or in the wrong one is meant as the one with the same last word.
    let last = |key: &str| key.rsplit('.').next().unwrap_or_default().to_owned();
    names
        .into_iter()
        .map(|name| (edits(given, name).min(edits(&last(given), &last(name))), name))
        .filter(|(edits, _)| *edits <= EDITS_MAX.min(given.len() / 2))
        .min_by_key(|(edits, _)| *edits)
        .map(|(_, name)| name)
}

/// Levenshtein's distance, in bytes.
fn edits(from: &str, to: &str) -> usize {
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (i, a) in from.bytes().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, b) in to.bytes().enumerate() {
            let substituted = diagonal + usize::from(a != b);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[to.len()]
}
