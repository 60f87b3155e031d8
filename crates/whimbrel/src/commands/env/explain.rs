//! `whimbrel env explain`

use anyhow::Result;
use engine::prepare::{Look, State, shell_word};
use environment::{Environment, Finding, Unused};
use serde_json::json;

use super::Ground;
use crate::cli::env::EnvExplainArgs;
use crate::commands;
use crate::exit::Exit;
use crate::ui;

pub async fn run(args: EnvExplainArgs, json: bool) -> Result<Exit> {
    let engine = commands::open().await?;
    let ground = Ground::find(&engine, &args.at).await?;
    let refusal = engine.config.allow(&ground.environment).err();
    let looks = looks(&engine, &ground, args.without_setup).await;
    if json {
        let mut object = serde_json::to_value(&ground.environment)?;
        object["steps"] = json!(looks.as_ref().ok());
        object["refused"] = json!(refusal.map(|error| error.to_string()));
        ui::json(&object);
        return Ok(Exit::Ok);
    }
    let (project, commit) = (ground.project.origin.name(), ground.commit.short());
    let branch = ui::safe(&ground.branch);
    ui::out(&format!("{} at {commit} ({branch})\n", ui::safe(project)));
    ui::out(&text(&ground.environment));
    if let Some(refusal) = refusal {
        let refusal = ui::safe(&refusal.to_string());
        ui::out(&format!("\n{} {refusal}", ui::Paint::stdout().red("Refused:")));
    }
    ui::out(&told_looks(&looks, &args));
    Ok(Exit::Ok)
}

/// How each step would go. A machine that can't make computers still explains the rest.
async fn looks(engine: &engine::Engine, ground: &Ground, without_setup: bool) -> Result<Vec<Look>> {
    let backend = engine.backend().await?;
    Ok(engine::prepare::look(engine, &backend, &ground.wish(without_setup)).await?)
}

fn told_looks(looks: &Result<Vec<Look>>, args: &EnvExplainArgs) -> String {
    let paint = ui::Paint::stdout();
    match looks {
        Ok(looks) => {
            let lines: Vec<String> = looks.iter().map(|look| told_look(look, args)).collect();
            format!("\nSteps:\n{}", lines.join("\n"))
        }
        Err(error) => format!("\n{} {}", paint.red("Steps:"), ui::safe(&format!("{error:#}"))),
    }
}

fn told_look(look: &Look, args: &EnvExplainArgs) -> String {
    let paint = ui::Paint::stdout();
    let (word, why) = match &look.state {
        State::Hit { why } => (paint.green("hit "), why),
        State::Miss { why } => (paint.yellow("miss"), why),
        State::Skipped { why } => (paint.dim("–   "), why),
    };
    let name = paint.bold(&format!("{:6}", look.name));
    let mut text = format!("  {name} {word} {}", ui::safe(why));
    if let Some(step) = &look.made {
        let parts: Vec<String> = step
            .parts
            .iter()
            .map(|part| format!("{} {}", ui::safe(&part.name), ui::duration(part.duration_ms)))
            .collect();
        let parts =
            if parts.is_empty() { String::new() } else { format!(" ({})", parts.join(", ")) };
        text.push_str(&format!("\n         made in {}{parts}", ui::duration(step.duration_ms)));
        if let Some(log) = &step.log {
            text.push_str(&format!("; log: {}", log.display()));
        }
    }
    if look.key.as_deref() != Some("host") {
        text.push_str(&paint.dim(&format!("\n         {}", again(look, args))));
    }
    text
}

fn again(look: &Look, args: &EnvExplainArgs) -> String {
    let mut command = format!("whimbrel env build --step {}", look.name);
    if matches!(look.state, State::Hit { .. }) {
        command.push_str(" --no-cache");
    }
    if args.without_setup {
        command.push_str(" --without-setup");
    }
    if args.at.repo != "." {
        command.push_str(&format!(" --repo {}", ui::safe(&shell_word(&args.at.repo))));
    }
    if let Some(base) = &args.at.base {
        command.push_str(&format!(" --base {}", ui::safe(&shell_word(base))));
    }
    command
}

/// What was read or guessed comes first, with how to change it; defaults are a line each.
fn text(environment: &Environment) -> String {
    let (defaults, found): (Vec<_>, Vec<_>) =
        environment.findings.iter().partition(|finding| is_default(finding));
    let mut lines: Vec<String> = found.into_iter().map(told).collect();
    if !environment.unused.is_empty() {
        lines.push("Not used:".into());
        lines.extend(environment.unused.iter().map(told_unused));
        lines.push(String::new());
    }
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

fn told_unused(unused: &Unused) -> String {
    let Unused { file, property, why, matters } = unused;
    let line = format!("  {} ({}): {}", ui::safe(property), ui::safe(file), ui::safe(why));
    let paint = ui::Paint::stdout();
    if *matters { paint.yellow(&line) } else { paint.dim(&line) }
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
