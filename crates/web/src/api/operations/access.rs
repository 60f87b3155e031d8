//! `/tokens`, `/sessions`, `/links` and `/audit`: who may ask, and who decided what.

use domain::{Scope, Scopes};
use engine::access::{self, Grant, LISTED_MAX};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::paging::Paging;
use crate::api::PREFIX;
use crate::api::answer::{Created, Done, Listed};
use crate::api::asked::{Call, Nothing};
use crate::api::operation::{Operation, delete, get, post};
use crate::api::refusal::{Kind, Refusal};
use crate::api::wire::access::{Audited, MadeLink, MadeToken, NewLink, NewToken, Session, Token};

const MS_PER_DAY: u64 = 24 * 60 * 60 * 1_000;
const MS_PER_MINUTE: u64 = 60 * 1_000;

pub fn operations() -> Vec<Operation> {
    vec![
        get("/tokens", "listTokens", "All tokens").tag("access").needs(Scope::Admin).by(tokens),
        post("/tokens", "createToken", "Makes a token")
            .tag("access")
            .says("What it is, is said once. It can't be for more than you may yourself.")
            .needs(Scope::Admin)
            .secret()
            .by(make_token),
        delete("/tokens/{token}", "revokeToken", "Revokes a token")
            .tag("access")
            .needs(Scope::Admin)
            .by(revoke_token),
        get("/sessions", "listSessions", "Browsers that are signed in")
            .tag("access")
            .needs(Scope::Admin)
            .by(sessions),
        delete("/sessions/{session}", "endSession", "Ends a session")
            .tag("access")
            .needs(Scope::Admin)
            .by(end_session),
        post("/links", "createLink", "Makes a link that signs somebody in, once")
            .tag("access")
            .needs(Scope::Admin)
            .secret()
            .by(make_link),
        get("/audit", "listAudit", "Who decided what, newest first")
            .tag("access")
            .needs(Scope::Admin)
            .by(audit),
    ]
}

fn names(scopes: Scopes) -> Vec<String> {
    scopes.iter().map(|scope| scope.to_string()).collect()
}

fn scopes(names: &[String]) -> Result<Scopes, Refusal> {
    let parse = |name: &String| {
        name.parse::<Scope>()
            .map_err(|error| Refusal::field(Kind::Unprocessable, "scopes", error.to_string()))
    };
    names.iter().map(parse).collect()
}

fn token(of: store::token::Token) -> Token {
    Token {
        id: of.id,
        person: of.person,
        name: of.name,
        scopes: names(of.scopes),
        created: of.created,
        expires: of.expires,
        seen: of.seen,
        revoked: of.revoked,
    }
}

async fn tokens(call: Call) -> Result<Listed<Token>, Refusal> {
    let all = store::token::list(call.store(), LISTED_MAX).await?;
    Ok(Listed::whole(all.into_iter().map(token).collect()))
}

async fn make_token(call: Call<Nothing, NewToken>) -> Result<Created<MadeToken>, Refusal> {
    let days = u64::from(call.body.days);
    let grant = Grant {
        person: call.person.name.clone(),
        scopes: scopes(&call.body.scopes)?,
        ms: Some(days * MS_PER_DAY),
    };
    let own = call.person.scopes;
    let (made, code) = access::make_token(&call.engine(), own, &call.body.name, &grant).await?;
    let at = format!("{PREFIX}/tokens/{}", made.id);
    Ok(Created { at, made: MadeToken { token: token(made), secret: code.reveal().to_owned() } })
}

async fn revoke_token(call: Call) -> Result<Done, Refusal> {
    let id = call.path.text("token");
    let all = store::token::list(call.store(), LISTED_MAX).await?;
    if !all.iter().any(|token| token.id == *id && token.revoked.is_none()) {
        return Err(Refusal::missing(format!("living token {}", stdx::cut::line(id, 80))));
    }
    access::revoke_token(&call.engine(), id).await?;
    Ok(Done)
}

async fn sessions(call: Call) -> Result<Listed<Session>, Refusal> {
    let now = call.site.engine.clock.now();
    let all = store::session::list(call.store(), now, LISTED_MAX).await?;
    let shown = |of: store::session::Session| Session {
        id: of.id,
        person: of.person,
        scopes: names(of.scopes),
        created: of.created,
        expires: of.expires,
        seen: of.seen,
        device: of.device,
    };
    Ok(Listed::whole(all.into_iter().map(shown).collect()))
}

async fn end_session(call: Call) -> Result<Done, Refusal> {
    let id = call.path.text("session");
    match access::end_session(&call.engine(), id).await? {
        true => Ok(Done),
        false => Err(Refusal::missing(format!("session {}", stdx::cut::line(id, 80)))),
    }
}

async fn make_link(call: Call<Nothing, NewLink>) -> Result<Created<MadeLink>, Refusal> {
    let minutes = u64::from(call.body.minutes.unwrap_or(15));
    let ms = minutes * MS_PER_MINUTE;
    let (person, scopes) = (call.body.person.clone(), scopes(&call.body.scopes)?);
    let engine = call.engine();
    let grant = Grant { person, scopes, ms: Some(ms) };
    let code = access::invite(&engine, call.person.scopes, &grant).await?;
    let path = format!("/enter#{}", code.reveal());
    let expires = engine.clock.now().plus_ms(ms);
    Ok(Created { at: "/enter".into(), made: MadeLink { path, expires } })
}

#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Before {
    #[serde(skip_serializing)]
    #[schemars(range(min = 1, max = 100))]
    limit: Option<u32>,
    /// Where the page before ended: its `next`.
    #[serde(skip_serializing)]
    #[schemars(length(max = 512))]
    cursor: Option<String>,
}

async fn audit(call: Call<Before>) -> Result<Listed<Audited>, Refusal> {
    let Before { limit, cursor } = &call.query;
    let paging = Paging::<u64>::read("audit".into(), *limit, cursor.as_deref())?;
    let rows = store::audit::list(call.store(), paging.after, paging.wanted()).await?;
    let shown = |of: store::audit::Kept| Audited {
        number: of.number,
        at: of.at,
        person: of.person,
        via: of.via,
        action: of.action,
        subject: of.subject,
        details: of.details,
    };
    Ok(Listed(paging.page(rows, |row| row.number, shown)))
}
