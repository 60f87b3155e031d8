//! `whimbrel doctor`: what works on this machine, and what to do about what doesn't.

use anyhow::Result;
use computer::doctor::{Examination, Finding, Group, State, examine};
use serde_json::json;

use crate::exit::Exit;
use crate::ui;

/// Of a finding's name, so that what was seen begins in one column.
const NAME_CHARS: usize = 12;

pub async fn run(json: bool) -> Result<Exit> {
    let home = super::home()?;
    home.create()?;
    let config = engine::Config::read(&home);
    let site = computer::Site {
        home: home.path().to_owned(),
        helper: super::program()?,
        image: config.as_ref().ok().and_then(|config| config.computer.image.clone()),
    };
    let choice = config.as_ref().map_or(Ok(computer::Choice::Auto), engine::Config::backend)?;
    let mut examination = examine(choice, &site).await;
    let rest = [git().await, database(&home).await, model(config)];
    examination.findings.extend(rest);
    if json {
        examination.findings.iter().for_each(|finding| ui::json(&object(finding, &examination)));
    } else {
        ui::out(&told(&examination));
    }
    Ok(if is_sound(&examination) { Exit::Ok } else { Exit::Unhealthy })
}

/// A kind of computer that doesn't work is no fault where another one does.
fn is_sound(examination: &Examination) -> bool {
    let broken =
        |finding: &&Finding| finding.group != Group::Computers && finding.state == State::Broken;
    examination.chosen.is_some() && !examination.findings.iter().any(|finding| broken(&finding))
}

fn object(finding: &Finding, examination: &Examination) -> serde_json::Value {
    let Finding { group, name, state, detail, remedy } = finding;
    json!({
        "group": match group {
            Group::Computers => "computers",
            Group::Limits => "limits",
            Group::Machine => "machine",
        },
        "name": name,
        "works": matches!(state, State::Works | State::Weak),
        "state": match state {
            State::Works => "works",
            State::Weak => "weak",
            State::Broken => "broken",
            State::Absent => "absent",
        },
        "chosen": is_chosen(finding, examination),
        "detail": detail,
        "remedy": remedy,
    })
}

fn is_chosen(finding: &Finding, examination: &Examination) -> bool {
    let chosen = examination.chosen.map(|kind| kind.to_string());
    finding.group == Group::Computers && chosen.as_deref() == Some(finding.name)
}

fn told(examination: &Examination) -> String {
    let groups = [Group::Computers, Group::Limits, Group::Machine];
    let told = groups.into_iter().filter_map(|group| {
        let findings = examination.findings.iter().filter(|finding| finding.group == group);
        let lines: Vec<String> = findings.map(|finding| line(finding, examination)).collect();
        let title = ui::Paint::stdout().bold(&title(group, examination));
        (!lines.is_empty()).then(|| format!("{title}\n{}", lines.join("\n")))
    });
    told.collect::<Vec<_>>().join("\n\n")
}

fn title(group: Group, examination: &Examination) -> String {
    match (group, examination.chosen) {
        (Group::Computers, Some(_)) => "Computers".into(),
        (Group::Computers, None) => "Computers: none of these works here".into(),
        (Group::Limits, Some(kind)) => {
            format!("What holds a computer ({kind}, isolation {})", kind.isolation().level())
        }
        (Group::Limits, None) => "What holds a computer".into(),
        (Group::Machine, _) => "Machine".into(),
    }
}

fn line(finding: &Finding, examination: &Examination) -> String {
    let paint = ui::Paint::stdout();
    let mark = match finding.state {
        State::Works => paint.green("✓"),
        State::Weak => paint.yellow("~"),
        State::Broken => paint.red("✗"),
        State::Absent => paint.dim("–"),
    };
    let chosen =
        if is_chosen(finding, examination) { paint.green("  ← used") } else { String::new() };
    let detail = ui::safe(&finding.detail).replace('\n', " ");
    let remedy = told_remedy(finding).unwrap_or_default();
    format!("  {mark} {:<NAME_CHARS$}{detail}{chosen}{remedy}", finding.name)
}

/// A sentence, and below it what to copy.
fn told_remedy(finding: &Finding) -> Option<String> {
    let remedy = finding.remedy.as_ref()?;
    let paint = ui::Paint::stdout();
    let lines = remedy.lines().enumerate().map(|(at, line)| match at {
        0 => format!("\n      {}", paint.yellow(&ui::safe(line))),
        _ => format!("\n        {}", ui::safe(line)),
    });
    Some(lines.collect())
}

fn finding(name: &'static str, state: State, detail: String) -> Finding {
    Finding::new(Group::Machine, name, state, detail)
}

async fn database(home: &engine::Home) -> Finding {
    match store::Store::open(home.path()).await {
        Ok(store) => finding("database", State::Works, store.path().display().to_string()),
        Err(error) => finding("database", State::Broken, llm::words(&error)),
    }
}

async fn git() -> Finding {
    match forge::version().await {
        Ok(version) => finding("git", State::Works, version),
        Err(error) => finding("git", State::Broken, llm::words(&error)),
    }
}

/// No model is no fault: the mechanic needs none. A configuration that can't be read says of none.
fn model(config: Result<engine::Config, engine::Error>) -> Finding {
    let config = match config {
        Ok(config) => config,
        Err(error) => return finding("config", State::Broken, llm::words(&error)),
    };
    let checked = config
        .configured()
        .map(|name| name.map(|name| (config.warnings(&name, domain::Limits::default()), name)));
    match checked {
        Ok(Some((warnings, name))) if warnings.is_empty() => finding("model", State::Works, name),
        Ok(Some((warnings, name))) => {
            finding("model", State::Weak, name).remedy(warnings.join("; "))
        }
        Ok(None) => {
            let detail = "none is configured; the mechanic works without";
            finding("model", State::Works, detail.into())
        }
        Err(error) => finding("model", State::Broken, llm::words(&error)),
    }
}
