//! Who gets in: links that work once, browsers' sessions, and API tokens. Whatever opens something
//! is given out once and kept nowhere; the store has its digest.

mod code;

use domain::audit::Action;
use domain::{Scopes, Timestamp};
use store::invitation::Invitation;
use store::session::Session;
use store::token::Token;

pub use code::{Code, Kind};

use crate::audit::{entry, record};
use crate::{Engine, Error};

/// How long a link works where nobody says otherwise, in milliseconds: 15 minutes.
pub const LINK_MS: u64 = 15 * 60 * 1_000;
/// A link that works for longer is a token by another name: a day.
pub const LINK_MS_MAX: u64 = 24 * 60 * 60 * 1_000;
/// How long a session lives that nobody uses, in milliseconds: 30 days.
pub const SESSION_MS: u64 = 30 * 24 * 60 * 60 * 1_000;
/// That something was used is written at most so often, in milliseconds: once a minute.
const SEEN_MS: u64 = 60 * 1_000;
/// Longer names of persons, tokens and devices are refused or cut, in characters.
const NAME_CHARS_MAX: usize = 100;
/// So many of each are listed.
pub const LISTED_MAX: u32 = 500;

/// What somebody gets.
#[derive(Debug, Clone)]
pub struct Grant {
    /// In whose name it is used.
    pub person: String,
    pub scopes: Scopes,
    /// For how long, in milliseconds; none is for ever.
    pub ms: Option<u64>,
}

impl Grant {
    /// # Errors
    /// Where it is for more than `own`, whoever gives it has, or for nothing.
    fn check(&self, own: Scopes) -> Result<(), Error> {
        check_name("person", &self.person)?;
        if self.scopes.is_empty() {
            let words = "it would be for nothing: name scopes, like --scopes read,task";
            return Err(Error::Unusable(words.into()));
        }
        if own.cover(self.scopes) {
            return Ok(());
        }
        let asked = self.scopes;
        let words = format!("nobody gives more than they have: asked for {asked}, yours is {own}");
        Err(Error::Unusable(words))
    }
}

fn check_name(what: &str, name: &str) -> Result<(), Error> {
    let is_plain = name.trim() == name && !name.chars().any(char::is_control);
    if !name.is_empty() && is_plain && name.chars().count() <= NAME_CHARS_MAX {
        return Ok(());
    }
    let words = format!("the {what}'s name must be 1 to {NAME_CHARS_MAX} characters in one line");
    Err(Error::Unusable(words))
}

/// Makes a link's code. `own` is what whoever makes it may do.
pub async fn invite(engine: &Engine, own: Scopes, grant: &Grant) -> Result<Code, Error> {
    grant.check(own)?;
    let now = engine.clock.now();
    let ms = grant.ms.unwrap_or(LINK_MS).min(LINK_MS_MAX);
    let code = Code::new(Kind::Link)?;
    let new = Invitation {
        digest: code.digest(),
        person: grant.person.clone(),
        scopes: grant.scopes,
        created: now,
        expires: now.plus_ms(ms),
    };
    let details = format!("for {}; {} minutes", grant.scopes, ms.div_ceil(60_000));
    let entry = entry(engine, Action::LinkMade, &grant.person, &details);
    store::invitation::make(&engine.store, &new, &entry).await?;
    Ok(code)
}

/// Uses a link up. What it gives for it is the cookie; none where the link can't be used.
pub async fn enter(engine: &Engine, code: &str, device: &str) -> Result<Option<Code>, Error> {
    let Some(code) = Code::read(Kind::Link, code) else { return Ok(None) };
    let (digest, now) = (code.digest(), engine.clock.now());
    let Some(link) = store::invitation::usable(&engine.store, &digest, now).await? else {
        return Ok(None);
    };
    let cookie = Code::new(Kind::Session)?;
    let session = Session {
        digest: cookie.digest(),
        id: code::new_id()?,
        person: link.person,
        scopes: link.scopes,
        created: now,
        expires: now.plus_ms(SESSION_MS),
        seen: now,
        device: stdx::cut::line(device, NAME_CHARS_MAX),
    };
    let engine = engine.acting_for(&session.person).through(domain::Way::Link);
    let details = format!("for {}; {}", session.scopes, session.device);
    let entry = entry(&engine, Action::SignedIn, &session.id, &details);
    let used = store::invitation::use_up(&engine.store, &digest, &session, &entry).await?;
    Ok(used.then_some(cookie))
}

/// Whose cookie that is. That it was used is kept, and its life begins anew.
pub async fn session(engine: &Engine, cookie: &str) -> Result<Option<Session>, Error> {
    let Some(code) = Code::read(Kind::Session, cookie) else { return Ok(None) };
    let (digest, now) = (code.digest(), engine.clock.now());
    let found = store::session::live(&engine.store, &digest, now).await?;
    if let Some(session) = &found
        && now.since_ms(session.seen) > SEEN_MS
    {
        let expires = now.plus_ms(SESSION_MS);
        // On a full disk people still get in.
        let _unkept = store::session::seen(&engine.store, &digest, now, expires).await;
    }
    Ok(found)
}

/// Ends a session. Whether there was one.
pub async fn end_session(engine: &Engine, id: &str) -> Result<bool, Error> {
    let entry = entry(engine, Action::SignedOut, id, "");
    Ok(store::session::end(&engine.store, id, &entry).await?)
}

/// Makes a token, which is shown once. `own` is what whoever makes it may do.
pub async fn make_token(
    engine: &Engine,
    own: Scopes,
    name: &str,
    grant: &Grant,
) -> Result<(Token, Code), Error> {
    grant.check(own)?;
    check_name("token", name)?;
    let (now, code) = (engine.clock.now(), Code::new(Kind::Token)?);
    let new = Token {
        digest: code.digest(),
        id: code::new_id()?,
        person: grant.person.clone(),
        name: name.to_owned(),
        scopes: grant.scopes,
        created: now,
        expires: grant.ms.map(|ms| now.plus_ms(ms)),
        seen: None,
        revoked: None,
    };
    let details = format!("{name} of {}, for {}", new.person, new.scopes);
    let entry = entry(engine, Action::TokenMade, &new.id, &details);
    store::token::put(&engine.store, &new, &entry).await?;
    Ok((new, code))
}

/// What that token may do, if it lives. That it was used is kept.
pub async fn token(engine: &Engine, text: &str) -> Result<Option<Token>, Error> {
    let Some(code) = Code::read(Kind::Token, text) else { return Ok(None) };
    let (digest, now) = (code.digest(), engine.clock.now());
    let found = store::token::live(&engine.store, &digest, now).await?;
    if let Some(token) = &found
        && token.seen.is_none_or(|seen| now.since_ms(seen) > SEEN_MS)
    {
        // On a full disk programs still get in.
        let _unkept = store::token::seen(&engine.store, &digest, now).await;
    }
    Ok(found)
}

/// Revokes the token of that id, or the only living one of that name.
pub async fn revoke_token(engine: &Engine, which: &str) -> Result<Token, Error> {
    let now = engine.clock.now();
    let tokens = store::token::list(&engine.store, LISTED_MAX).await?;
    let meant = tokens.into_iter().filter(|token| token.revoked.is_none());
    let meant: Vec<Token> = meant.filter(|t| t.id == which || t.name == which).collect();
    let by_id = meant.iter().find(|token| token.id == which);
    let token = match (by_id, meant.as_slice()) {
        (Some(token), _) | (None, [token]) => token.clone(),
        (None, []) => {
            let words = format!("there is no token {which:?}; `whimbrel token list` shows all");
            return Err(Error::Unusable(words));
        }
        (None, several) => {
            let ids: Vec<&str> = several.iter().map(|token| token.id.as_str()).collect();
            let words = format!("several tokens are called {which:?}: say {}", ids.join(" or "));
            return Err(Error::Unusable(words));
        }
    };
    let entry = entry(engine, Action::TokenRevoked, &token.id, &token.name);
    store::token::revoke(&engine.store, &token.id, now, &entry).await?;
    Ok(token)
}

/// Whether anybody could come in: a session or a token that lives.
pub async fn is_anybody_known(engine: &Engine) -> Result<bool, Error> {
    let now: Timestamp = engine.clock.now();
    let sessions = store::session::list(&engine.store, now, 1).await?;
    let tokens = store::token::list(&engine.store, LISTED_MAX).await?;
    Ok(!sessions.is_empty() || tokens.iter().any(|token| token.is_live(now)))
}

/// Keeps that so many sign-ins from there were refused.
pub async fn refused(engine: &Engine, from: &str, times: u64) -> Result<(), Error> {
    let stranger = engine.acting_for("").through(domain::Way::Link);
    record(&stranger, Action::SignInRefused, from, &format!("{times} within a minute")).await
}

#[cfg(test)]
mod tests;
