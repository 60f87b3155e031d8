//! `whimbrel login URL`, `whimbrel logout URL`: the token that a server knows you by.

use std::io::{IsTerminal as _, Read as _};

use anyhow::{Context, Result, bail};
use serde_json::json;
use web::api::wire::server::Server;

use super::terminal;
use crate::cli::{LoginArgs, LogoutArgs};
use crate::exit::Exit;
use crate::remote::{Client, Place, token};
use crate::ui;

/// More is no token.
const INPUT_BYTES_MAX: u64 = 4096;

pub async fn run(args: LoginArgs, json: bool) -> Result<Exit> {
    let place: Place = args.url.parse()?;
    let typed = token::checked(&place, &typed(&place)?)?;
    let server: Server = Client::new(&place, Some(typed.clone()))?.get("").await?;
    let file = token::keep(&place, &typed)?;
    if json {
        ui::json(&json!({
            "server": place.to_string(), "version": server.version, "person": server.person,
            "scopes": server.scopes,
        }));
        return Ok(Exit::Ok);
    }
    ui::out(&format!(
        "{place} knows you as {}, for: {}.",
        ui::safe(&server.person),
        ui::safe(&server.scopes.join(", "))
    ));
    ui::err(&format!("The token is in {}, for nobody else to read.", file.display()));
    ui::err(&format!("Use it: whimbrel --server {place} list, or export WHIMBREL_SERVER={place}"));
    Ok(Exit::Ok)
}

pub fn out(args: &LogoutArgs, json: bool) -> Result<Exit> {
    let place: Place = args.url.parse()?;
    if !token::forget(&place)? {
        bail!("no token is kept here for {place}");
    }
    if json {
        ui::json(&json!({ "server": place.to_string(), "forgotten": true }));
    } else {
        ui::out(&format!(
            "The token for {place} is forgotten here. The server takes it until it is revoked: \
             whimbrel token revoke"
        ));
    }
    Ok(Exit::Ok)
}

fn typed(place: &Place) -> Result<String> {
    if std::io::stdin().is_terminal() {
        return terminal::ask(&format!("The token for {place}: "));
    }
    let mut text = String::new();
    let mut input = std::io::stdin().lock().take(INPUT_BYTES_MAX);
    input.read_to_string(&mut text).context("can't read the token from standard input")?;
    Ok(text)
}
