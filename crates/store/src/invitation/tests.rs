use domain::audit::Action;

use super::*;
use crate::sample::{self, NOW};

fn link(digest: &str) -> Invitation {
    Invitation {
        digest: digest.into(),
        person: "ada".into(),
        scopes: "read,task".parse().unwrap(),
        created: NOW,
        expires: NOW.plus_ms(1_000),
    }
}

fn session(id: &str, at: Timestamp) -> Session {
    Session {
        digest: format!("digest of {id}"),
        id: id.into(),
        person: "ada".into(),
        scopes: "read,task".parse().unwrap(),
        created: at,
        expires: at.plus_ms(60_000),
        seen: at,
        device: "Firefox".into(),
    }
}

fn entry(action: Action) -> Entry {
    let (person, subject) = ("ada".into(), "a link".into());
    Entry { at: NOW, person, via: "cli".into(), action, subject, details: String::new() }
}

#[tokio::test]
async fn a_link_lets_in_once() {
    let (_home, store) = sample::store().await;
    make(&store, &link("d1"), &entry(Action::LinkMade)).await.unwrap();
    assert_eq!(usable(&store, "d1", NOW).await.unwrap(), Some(link("d1")));
    let begun = entry(Action::SignedIn);
    let (first, second) = (session("s1", NOW), session("s2", NOW));
    let (a, b) =
        tokio::join!(use_up(&store, "d1", &first, &begun), use_up(&store, "d1", &second, &begun));
    assert_eq!([a.unwrap(), b.unwrap()].iter().filter(|used| **used).count(), 1);
    assert_eq!(session::list(&store, NOW, 10).await.unwrap().len(), 1);
    assert_eq!(usable(&store, "d1", NOW).await.unwrap(), None);
    let kept = audit::list(&store, None, 10).await.unwrap();
    let actions: Vec<&str> = kept.iter().map(|kept| kept.action.as_str()).collect();
    assert_eq!(actions, ["session.begin", "link.make"]);
}

#[tokio::test]
async fn a_link_has_its_time() {
    let (_home, store) = sample::store().await;
    make(&store, &link("d1"), &entry(Action::LinkMade)).await.unwrap();
    let late = NOW.plus_ms(1_000);
    assert_eq!(usable(&store, "d1", late).await.unwrap(), None);
    let begun = entry(Action::SignedIn);
    assert!(!use_up(&store, "d1", &session("s1", late), &begun).await.unwrap());
    assert!(session::list(&store, late, 10).await.unwrap().is_empty());

    make(&store, &link("d2"), &entry(Action::LinkMade)).await.unwrap();
    assert!(withdraw(&store, "d2", NOW, &entry(Action::LinkMade)).await.unwrap());
    assert!(!use_up(&store, "d2", &session("s1", NOW), &begun).await.unwrap());
    let much_later = Invitation { created: NOW.plus_ms(2 * KEEP_MS), ..link("d3") };
    make(&store, &much_later, &entry(Action::LinkMade)).await.unwrap();
    let left: i64 = sqlx::query_scalar("select count(*) from invitations")
        .fetch_one(&store.pool)
        .await
        .unwrap();
    assert_eq!(left, 1, "the old ones are forgotten");
}
