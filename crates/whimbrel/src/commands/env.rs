//! `whimbrel env explain`

use anyhow::Result;
use environment::Environment;

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
        ui::out(&serde_json::to_string(&environment)?);
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

fn text(environment: &Environment) -> String {
    let paint = ui::Paint::stdout();
    let mut lines = Vec::new();
    for finding in &environment.findings {
        let value = ui::safe(&finding.value);
        lines.push(format!("{} = {value}", paint.bold(&ui::safe(&finding.key))));
        let from = match &finding.file {
            Some(file) => format!(" ({})", ui::safe(file)),
            None => String::new(),
        };
        lines.push(format!("    {}{from}", ui::safe(&finding.why)));
        if let Some(fix) = &finding.fix {
            let fix = ui::safe(fix).replace('\n', "\n      ");
            lines.push(paint.dim(&format!("    to change it, in whimbrel.toml:\n      {fix}")));
        }
    }
    lines.join("\n")
}
