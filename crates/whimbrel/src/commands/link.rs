//! `whimbrel link`: lets a browser in, once.

use anyhow::Result;
use domain::Scopes;
use engine::access::{self, Grant};
use engine::{Engine, address};
use serde_json::json;

use crate::cli::LinkArgs;
use crate::exit::Exit;
use crate::ui;

/// Where a server is that nobody started yet.
const DEFAULT_URL: &str = "http://127.0.0.1:4747";

pub async fn run(args: LinkArgs, json: bool) -> Result<Exit> {
    let engine = super::open().await?;
    let person = args.person.unwrap_or_else(|| engine.person.clone());
    // Whoever can write the home can do everything anyway.
    let scopes = args.scopes.unwrap_or_else(Scopes::all);
    let (url, runs) = url(&engine, args.url)?;
    let grant = Grant { person, scopes, ms: Some(args.expires) };
    let link = make(&engine, &grant, &url).await?;
    if json {
        let expires = engine.clock.now().plus_ms(args.expires);
        let (person, scopes) = (&grant.person, scopes.to_string());
        let told = json!({ "link": link, "person": person, "scopes": scopes, "expires": expires });
        ui::json(&told);
        return Ok(Exit::Ok);
    }
    ui::out(&link);
    if ui::is_terminal() {
        ui::out(&picture(&link)?);
    }
    let minutes = args.expires.div_ceil(60_000);
    let who = ui::safe(&grant.person);
    ui::err(&format!("It signs one browser in as {who}, within {minutes} minutes."));
    if !runs {
        ui::err("No server runs for this home; `whimbrel serve` starts one.");
    }
    Ok(Exit::Ok)
}

/// The link, whose code stands after the #: it is in no log and no referrer.
pub async fn make(engine: &Engine, grant: &Grant, url: &str) -> Result<String> {
    let code = access::invite(engine, Scopes::all(), grant).await?;
    Ok(format!("{}/enter#{}", url.trim_end_matches('/'), code.reveal()))
}

/// What the link begins with, and whether a server runs.
fn url(engine: &Engine, typed: Option<String>) -> Result<(String, bool)> {
    let found = address::find(engine)?;
    let runs = found.is_some();
    let configured = || engine.config.server.url.clone();
    let url = typed.or_else(configured).or(found.map(|address| address.url));
    Ok((url.unwrap_or_else(|| DEFAULT_URL.to_owned()), runs))
}

/// As a square that phones read: two rows of it are one line.
fn picture(link: &str) -> Result<String> {
    use qrcode::render::unicode::Dense1x2;
    let code = qrcode::QrCode::with_error_correction_level(link, qrcode::EcLevel::L)?;
    // Dark on light is what every reader knows, whatever the terminal's own colours are.
    let mut drawn = code.render::<Dense1x2>();
    let drawn = drawn.dark_color(Dense1x2::Light).light_color(Dense1x2::Dark).build();
    let lines: Vec<String> =
        drawn.lines().map(|line| format!("\u{1b}[97;40m{line}\u{1b}[0m")).collect();
    Ok(lines.join("\n"))
}
