//! `whimbrel token …`: what programs come in with.

use anyhow::Result;
use domain::{Scopes, Timestamp};
use engine::Engine;
use engine::access::{self, Grant, LISTED_MAX};
use serde_json::{Value, json};
use store::token::Token;

use crate::cli::TokenCommand;
use crate::cli::access::TokenCreateArgs;
use crate::exit::Exit;
use crate::ui;

pub async fn run(command: TokenCommand, json: bool) -> Result<Exit> {
    let engine = super::open().await?;
    match command {
        TokenCommand::Create(args) => create(&engine, args, json).await,
        TokenCommand::List => list(&engine, json).await,
        TokenCommand::Revoke(args) => {
            let token = access::revoke_token(&engine, &args.token).await?;
            if json {
                ui::json(&json!({ "token": token.id, "name": token.name, "done": "revoked" }));
            } else {
                ui::err(&format!("{} ({}) is revoked", ui::safe(&token.name), token.id));
            }
            Ok(Exit::Ok)
        }
    }
}

async fn create(engine: &Engine, args: TokenCreateArgs, json: bool) -> Result<Exit> {
    let person = args.person.unwrap_or_else(|| engine.person.clone());
    let grant = Grant { person, scopes: args.scopes, ms: args.expires.0 };
    // Whoever can write the home can do everything anyway.
    let (token, code) = access::make_token(engine, Scopes::all(), &args.name, &grant).await?;
    if json {
        let mut told = object(&token);
        told["secret"] = code.reveal().into();
        ui::json(&told);
        return Ok(Exit::Ok);
    }
    ui::out(code.reveal());
    let name = ui::safe(&token.name);
    ui::err(&format!("{name} ({}) may {}. It is shown this once.", token.id, token.scopes));
    Ok(Exit::Ok)
}

async fn list(engine: &Engine, json: bool) -> Result<Exit> {
    let tokens = store::token::list(&engine.store, LISTED_MAX).await?;
    if json {
        tokens.iter().for_each(|token| ui::json(&object(token)));
        return Ok(Exit::Ok);
    }
    if tokens.is_empty() {
        ui::err("No tokens yet; `whimbrel token create NAME` makes one.");
        return Ok(Exit::Ok);
    }
    let now = engine.clock.now();
    let rows: Vec<Vec<String>> = tokens.iter().map(|token| row(token, now)).collect();
    ui::out(&ui::table(&["ID", "NAME", "PERSON", "MAY", "USED", "STATE"], &rows));
    Ok(Exit::Ok)
}

fn row(token: &Token, now: Timestamp) -> Vec<String> {
    let ago = |at: Timestamp| ui::age(at, now);
    let state = match (token.revoked, token.expires) {
        (Some(at), _) => format!("revoked {}", ago(at)),
        (None, Some(at)) if at <= now => format!("expired {}", ago(at)),
        (None, Some(at)) => format!("until {}", ui::utc(at)),
        (None, None) => "never expires".to_owned(),
    };
    let used = token.seen.map_or("never".to_owned(), ago);
    let (name, person) = (ui::safe(&token.name), ui::safe(&token.person));
    vec![token.id.clone(), name, person, token.scopes.to_string(), used, state]
}

fn object(token: &Token) -> Value {
    json!({
        "token": token.id,
        "name": token.name,
        "person": token.person,
        "scopes": token.scopes.to_string(),
        "created": token.created,
        "expires": token.expires,
        "seen": token.seen,
        "revoked": token.revoked,
    })
}
