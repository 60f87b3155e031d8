//! Time is passed in: nobody waits for a link's end.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use domain::Clock;

use super::*;
use crate::Home;

#[derive(Default)]
struct Hands(AtomicI64);

impl Hands {
    fn pass(&self, ms: u64) {
        self.0.fetch_add(i64::try_from(ms).unwrap(), Ordering::SeqCst);
    }
}

impl Clock for Hands {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::SeqCst))
    }
}

async fn engine() -> (tempfile::TempDir, Engine, Arc<Hands>) {
    let (folder, clock) = (tempfile::tempdir().unwrap(), Arc::new(Hands::default()));
    clock.pass(1_000_000);
    let home = Home::at(folder.path());
    let engine = Engine::open(home, "/nowhere".into(), clock.clone(), "ada".into()).await.unwrap();
    (folder, engine, clock)
}

fn grant(scopes: &str, ms: Option<u64>) -> Grant {
    Grant { person: "bob".into(), scopes: scopes.parse().unwrap(), ms }
}

#[tokio::test]
async fn a_link_becomes_a_session_once_and_in_time() {
    let (_home, engine, clock) = engine().await;
    let link = invite(&engine, Scopes::all(), &grant("read,task", None)).await.unwrap();
    clock.pass(LINK_MS - 1);
    let cookie = enter(&engine, link.reveal(), "Firefox").await.unwrap().unwrap();
    assert_eq!(enter(&engine, link.reveal(), "Firefox").await.unwrap(), None);
    let found = session(&engine, cookie.reveal()).await.unwrap().unwrap();
    assert_eq!((found.person.as_str(), found.scopes.to_string()), ("bob", "read,task".into()));

    let late = invite(&engine, Scopes::all(), &grant("read", None)).await.unwrap();
    clock.pass(LINK_MS);
    assert_eq!(enter(&engine, late.reveal(), "Firefox").await.unwrap(), None);
    assert_eq!(enter(&engine, cookie.reveal(), "Firefox").await.unwrap(), None);
}

#[tokio::test]
async fn a_session_that_is_used_lives_on() {
    let (_home, engine, clock) = engine().await;
    let link = invite(&engine, Scopes::all(), &grant("read", None)).await.unwrap();
    let cookie = enter(&engine, link.reveal(), "Firefox").await.unwrap().unwrap();
    for _ in 0..3 {
        clock.pass(SESSION_MS - 1);
        assert!(session(&engine, cookie.reveal()).await.unwrap().is_some());
    }
    clock.pass(SESSION_MS);
    assert!(session(&engine, cookie.reveal()).await.unwrap().is_none());
}

#[tokio::test]
async fn nobody_gives_more_than_they_have() {
    let (_home, engine, _clock) = engine().await;
    let own: Scopes = "read,admin".parse().unwrap();
    invite(&engine, own, &grant("read,decide", None)).await.unwrap_err();
    make_token(&engine, own, "ci", &grant("task", None)).await.unwrap_err();
    make_token(&engine, own, "ci", &grant("", None)).await.unwrap_err();
    make_token(&engine, own, "a\nb", &grant("read", None)).await.unwrap_err();
    assert!(!is_anybody_known(&engine).await.unwrap());
    make_token(&engine, own, "ci", &grant("read", None)).await.unwrap();
    assert!(is_anybody_known(&engine).await.unwrap());
}

#[tokio::test]
async fn a_token_ends_by_time_or_by_hand() {
    let (_home, engine, clock) = engine().await;
    let all = Scopes::all();
    let (kept, code) = make_token(&engine, all, "ci", &grant("read", Some(10))).await.unwrap();
    assert_eq!(token(&engine, code.reveal()).await.unwrap().unwrap().id, kept.id);
    clock.pass(10);
    assert!(token(&engine, code.reveal()).await.unwrap().is_none());

    let (first, code) = make_token(&engine, all, "bot", &grant("read", None)).await.unwrap();
    let (second, _code) = make_token(&engine, all, "bot", &grant("read", None)).await.unwrap();
    let several = revoke_token(&engine, "bot").await.unwrap_err().to_string();
    assert!(several.contains(&first.id) && several.contains(&second.id), "{several}");
    revoke_token(&engine, &first.id).await.unwrap();
    assert!(token(&engine, code.reveal()).await.unwrap().is_none());
    assert_eq!(revoke_token(&engine, "bot").await.unwrap().id, second.id);
    revoke_token(&engine, "bot").await.unwrap_err();

    let kept = store::audit::list(&engine.store, None, 100).await.unwrap();
    let text = format!("{kept:?}");
    assert!(text.contains("token.revoke") && !text.contains(code.reveal()), "{text}");
}
