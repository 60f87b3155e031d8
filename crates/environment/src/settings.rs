//! Which settings `whimbrel.toml` has, what each may be, and what holds where one isn't written.
//! What this version can't do is refused here, never ignored.

mod entry;
mod nearest;

use domain::limits::MIB;

use self::nearest::nearest;
use crate::document::{Document, Entry, Value};
use crate::{Check, Environment, Error, FILE, Finding, Script};

const SECTIONS: [&str; 6] = ["environment", "variables", "limits", "checks", "evidence", "agent"];

const KEYS: [&str; 26] = [
    "environment.image",
    "environment.setup",
    "environment.maintenance",
    "environment.network",
    "environment.secrets",
    "environment.inputs",
    "variables.NAME",
    "limits.minutes",
    "limits.setup_minutes",
    "limits.memory",
    "limits.processes",
    "limits.disk",
    "limits.files",
    "limits.cpus",
    "limits.usd",
    "limits.tokens",
    "limits.turns",
    "checks.test",
    "checks.lint",
    "evidence.reruns",
    "evidence.mutation_seconds",
    "agent.name",
    "agent.model",
    "agent.attempts",
    "agent.enough",
    "agent.network",
];

/// One day: longer than any attempt, short enough for a typing error to be noticed.
const MINUTES_MAX: i64 = 24 * 60;
const PROCESSES_MIN: i64 = 16;
const PROCESSES_MAX: i64 = 32_768;
/// A repository of a few files and git's own need as many.
const FILES_MIN: i64 = 1_000;
const FILES_MAX: i64 = 1_000_000_000;
/// Less than what the agent is told at first.
const TOKENS_MIN: i64 = 10_000;
const TOKENS_MAX: i64 = 4_000_000_000;
const TURNS_MAX: i64 = 100_000;
const ATTEMPTS_MAX: i64 = 64;
const RERUNS_MAX: i64 = 20;
const MUTATION_SECONDS_MAX: i64 = 60 * 60;
const CHECKS_MAX: usize = 16;
const CHECK_NAME_CHARS_MAX: usize = 40;
const VARIABLES_MAX: usize = 200;

/// What `document` says, on top of what `environment` has already.
pub(crate) fn read(document: &Document, environment: &mut Environment) -> Result<(), Error> {
    for (section, line) in &document.sections {
        known_section(section, *line)?;
    }
    for entry in &document.entries {
        apply(environment, entry)?;
        environment.findings.push(written(entry));
    }
    let known = |key: &str| environment.findings.iter().any(|finding| finding.key == key);
    let unsaid: Vec<_> = defaults(environment).into_iter().filter(|d| !known(&d.key)).collect();
    environment.findings.extend(unsaid);
    if document.has_section("checks") && environment.check("test").is_none() {
        environment.findings.push(untested());
    }
    Ok(())
}

fn known_section(section: &str, line: usize) -> Result<(), Error> {
    if SECTIONS.contains(&section) {
        return Ok(());
    }
    let hint = match nearest(section, &SECTIONS) {
        Some(name) => format!("did you mean [{name}]?"),
        None => format!("there are {}", SECTIONS.join(", ")),
    };
    Err(Error::UnknownSection { line, section: section.to_owned(), hint })
}

fn apply(environment: &mut Environment, entry: &Entry) -> Result<(), Error> {
    let (section, name) = entry.key.split_once('.').unwrap_or(("", &entry.key));
    match section {
        "environment" => apply_environment(environment, entry, name),
        "variables" => add_variable(environment, entry, name),
        "limits" => apply_limit(environment, entry, name),
        "checks" => add_check(environment, entry, name),
        "evidence" => apply_proving(environment, entry, name),
        "agent" => apply_agent(environment, entry, name),
        _ => Err(entry.unknown(&KEYS)),
    }
}

fn apply_environment(
    environment: &mut Environment,
    entry: &Entry,
    name: &str,
) -> Result<(), Error> {
    match name {
        "image" => environment.image = entry.image()?,
        "setup" => environment.setup = vec![Script::new("setup", &entry.command()?)],
        "maintenance" => {
            environment.maintenance = Some(Script::new("maintenance", &entry.command()?));
        }
        "network" => environment.network = entry.network()?,
        "secrets" => environment.secrets = entry.secrets()?,
        "inputs" => environment.inputs = entry.inputs()?,
        _ => return Err(entry.unknown(&KEYS)),
    }
    Ok(())
}

fn apply_limit(environment: &mut Environment, entry: &Entry, name: &str) -> Result<(), Error> {
    let limits = &mut environment.limits;
    match name {
        "minutes" => limits.wall_ms = u64::from(entry.number(1, MINUTES_MAX)?) * 60_000,
        "setup_minutes" => {
            environment.setup_ms = u64::from(entry.number(1, MINUTES_MAX)?) * 60_000;
        }
        "memory" => limits.memory_bytes = entry.memory()?,
        "processes" => {
            limits.processes = u64::from(entry.number(PROCESSES_MIN, PROCESSES_MAX)?);
        }
        "disk" => limits.disk_bytes = entry.disk()?,
        "files" => limits.files = u64::from(entry.number(FILES_MIN, FILES_MAX)?),
        "cpus" => limits.cpu_millis = Some(entry.cpus()?),
        "usd" => limits.usd_micros = Some(entry.usd()?),
        "tokens" => limits.tokens = u64::from(entry.number(TOKENS_MIN, TOKENS_MAX)?),
        "turns" => limits.turns = entry.number(1, TURNS_MAX)?,
        _ => return Err(entry.unknown(&KEYS)),
    }
    Ok(())
}

fn apply_proving(environment: &mut Environment, entry: &Entry, name: &str) -> Result<(), Error> {
    let proving = &mut environment.proving;
    match name {
        "reruns" => proving.reruns = entry.number(0, RERUNS_MAX)?,
        "mutation_seconds" => {
            proving.mutation_ms = u64::from(entry.number(0, MUTATION_SECONDS_MAX)?) * 1_000;
        }
        _ => return Err(entry.unknown(&KEYS)),
    }
    Ok(())
}

fn apply_agent(environment: &mut Environment, entry: &Entry, name: &str) -> Result<(), Error> {
    let agent = &mut environment.agent;
    match name {
        "name" => agent.name = Some(entry.agent()?),
        "model" => agent.model = Some(entry.model()?),
        "attempts" => agent.attempts = Some(entry.number(1, ATTEMPTS_MAX)?),
        "enough" => agent.enough = Some(entry.number(1, ATTEMPTS_MAX)?),
        "network" => agent.network = entry.network()?,
        _ => return Err(entry.unknown(&KEYS)),
    }
    Ok(())
}

/// Wins over a variable of the same name from elsewhere.
fn add_variable(environment: &mut Environment, entry: &Entry, name: &str) -> Result<(), Error> {
    if environment.variables.len() == VARIABLES_MAX {
        return Err(entry.bad_value(format!("one of at most {VARIABLES_MAX}"), "one more".into()));
    }
    environment.variables.insert(entry.variable_name(name)?, entry.variable()?);
    Ok(())
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

fn written(entry: &Entry) -> Finding {
    Finding {
        key: entry.key.clone(),
        value: match &entry.value {
            Value::Text(text) => text.clone(),
            Value::Integer(number) => number.to_string(),
            Value::Float(_) | Value::List(_) | Value::Other(_) => entry.source.clone(),
        },
        file: Some(FILE.into()),
        why: format!("written in line {}", entry.line),
        fix: None,
    }
}

fn defaults(environment: &Environment) -> Vec<Finding> {
    let limits = &environment.limits;
    let size = |bytes: u64| match bytes / MIB {
        mib if mib % 1024 == 0 => format!("{}GiB", mib / 1024),
        mib => format!("{mib}MiB"),
    };
    let setup_minutes = environment.setup_ms / 60_000;
    let proving = &environment.proving;
    let mutation_seconds = proving.mutation_ms / 1_000;
    vec![
        default("environment.image", "host".into(), "image = \"host\""),
        default("environment.setup", "none".into(), "setup = \"a shell command\""),
        default("environment.network", "none".into(), "network = \"packages\""),
        default("agent.network", "none".into(), "network = \"none\""),
        default("limits.minutes", (limits.wall_ms / 60_000).to_string(), "minutes = 30"),
        default("limits.setup_minutes", setup_minutes.to_string(), "setup_minutes = 15"),
        default("limits.memory", size(limits.memory_bytes), "memory = \"4GiB\""),
        default("limits.processes", limits.processes.to_string(), "processes = 512"),
        default("limits.disk", size(limits.disk_bytes), "disk = \"16GiB\""),
        default("limits.files", limits.files.to_string(), "files = 1000000"),
        default("limits.cpus", "all".into(), "cpus = 2"),
        default("limits.usd", "no limit".into(), "usd = 2.0"),
        default("limits.tokens", limits.tokens.to_string(), "tokens = 20000000"),
        default("limits.turns", limits.turns.to_string(), "turns = 400"),
        default("evidence.reruns", proving.reruns.to_string(), "reruns = 3"),
        default("evidence.mutation_seconds", mutation_seconds.to_string(), "mutation_seconds = 60"),
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
