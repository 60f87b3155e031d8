//! `whimbrel doctor`: what works on this machine, and what to do about what doesn't.

use anyhow::Result;
use computer::namespaces::{Finding, probe};
use serde_json::json;

use crate::exit::Exit;
use crate::ui;

pub async fn run(json: bool) -> Result<Exit> {
    let home = super::home()?;
    home.create()?;
    let mut findings = probe(home.path(), &super::program()?).await;
    findings.push(database(&home).await);
    findings.push(git().await);
    findings.push(model(&home));
    for finding in &findings {
        ui::out(&if json { object(finding) } else { line(finding) });
    }
    let sound = findings.iter().all(|finding| finding.works);
    Ok(if sound { Exit::Ok } else { Exit::Unhealthy })
}

fn object(finding: &Finding) -> String {
    let Finding { name, works, detail, remedy } = finding;
    json!({ "name": name, "works": works, "detail": detail, "remedy": remedy }).to_string()
}

fn line(finding: &Finding) -> String {
    let paint = ui::Paint::stdout();
    let mark = if finding.works { paint.green("✓") } else { paint.red("✗") };
    let remedy = match &finding.remedy {
        Some(remedy) => format!("\n      {}", paint.yellow(&ui::safe(remedy))),
        None => String::new(),
    };
    format!("{mark} {}: {}{remedy}", finding.name, ui::safe(&finding.detail))
}

async fn database(home: &engine::Home) -> Finding {
    match store::Store::open(home.path()).await {
        Ok(store) => Finding {
            name: "database",
            works: true,
            detail: store.path().display().to_string(),
            remedy: None,
        },
        Err(error) => {
            let detail = llm::words(&error);
            Finding { name: "database", works: false, detail, remedy: None }
        }
    }
}

async fn git() -> Finding {
    match forge::version().await {
        Ok(version) => Finding { name: "git", works: true, detail: version, remedy: None },
        Err(error) => {
            let detail = llm::words(&error);
            Finding { name: "git", works: false, detail, remedy: None }
        }
    }
}

/// No model is no fault: the mechanic needs none.
fn model(home: &engine::Home) -> Finding {
    let finding = |works, detail, remedy| Finding { name: "model", works, detail, remedy };
    let checked = engine::Config::read(home)
        .and_then(|config| Ok(config.configured()?.map(|name| (config.warnings(&name), name))));
    match checked {
        Ok(Some((warnings, name))) => {
            let remedy = (!warnings.is_empty()).then(|| warnings.join("; "));
            finding(true, name, remedy)
        }
        Ok(None) => finding(true, "none is configured; the mechanic works without".into(), None),
        Err(error) => finding(false, llm::words(&error), None),
    }
}
