//! `whimbrel env explain`

use anyhow::Result;
use environment::{Environment, Finding};

use crate::cli::{EnvCommand, EnvExplainArgs};
use crate::exit::Exit;
use crate::ui;

pub async fn run(command: EnvCommand, json: bool) -> Result<Exit> {
    match command {
        EnvCommand::Explain(args) => explain(args, json).await,
    }
}

async fn explain(args: EnvExplainArgs, json: bool) -> Result<Exit> {
    let engine = super::open().await?;
    let (mirror, project) = engine::delegate::project(&engine, &args.repo).await?;
    let base = mirror.fetch().await?.base(args.base.as_deref())?;
    let environment = engine::explain::at(&mirror, &base.commit).await?;
    if json {
        ui::json(&serde_json::to_value(&environment)?);
    } else {
        let commit = base.commit.short();
        ui::out(&format!(
            "{} at {commit} ({})\n",
            ui::safe(project.origin.name()),
            ui::safe(&base.branch)
        ));
        ui::out(&text(&environment));
    }
    Ok(Exit::Ok)
}

/// What was read or guessed comes first, with how to change it; defaults are a line each.
fn text(environment: &Environment) -> String {
    let (defaults, found): (Vec<_>, Vec<_>) =
        environment.findings.iter().partition(|finding| is_default(finding));
    let mut lines: Vec<String> = found.into_iter().map(told).collect();
    if !defaults.is_empty() {
        lines.push("Defaults:".into());
        lines.extend(
            defaults.into_iter().map(|finding| {
                format!("  {} = {}", ui::safe(&finding.key), ui::safe(&finding.value))
            }),
        );
    }
    lines.join("\n")
}

fn is_default(finding: &Finding) -> bool {
    finding.file.is_none() && !finding.key.starts_with("checks")
}

fn told(finding: &Finding) -> String {
    let paint = ui::Paint::stdout();
    let from = match &finding.file {
        Some(file) => format!(" ({})", ui::safe(file)),
        None => String::new(),
    };
    let mut text = format!(
        "{} = {}\n    {}{from}\n",
        paint.bold(&ui::safe(&finding.key)),
        ui::safe(&finding.value),
        ui::safe(&finding.why),
    );
    if let Some(fix) = &finding.fix {
        let fix = ui::safe(fix).replace('\n', "\n      ");
        text.push_str(&paint.dim(&format!("    to change it, in whimbrel.toml:\n      {fix}\n")));
    }
    text
}
