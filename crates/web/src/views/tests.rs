//! Pages over a home of their own, asked for as the router asks.

use std::sync::Arc;

use axum::body::to_bytes;
use axum::extract::{Path, Query, State};
use axum::response::IntoResponse;
use domain::task::{self, AgentName, Base, Mode, Settings};
use domain::{
    Attempt, AttemptId, Fact, Limits, Project, ProjectId, Scopes, SystemClock, Task, TaskId,
    Timestamp, Way, attempt,
};
use engine::{Engine, Home};
use tempfile::TempDir;

use crate::fragment::Fragment;
use crate::{Options, Person, Shared, Site, views};

const HOSTILE: &str = "<script>alert(1)</script> \u{202e}gnp.exe";

struct World {
    _home: TempDir,
    site: Shared,
}

impl World {
    async fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let engine = Engine::open(
            Home::at(home.path()),
            "/bin/false".into(),
            Arc::new(SystemClock),
            "ana".into(),
        );
        let options = Options::local(([127, 0, 0, 1], 4747).into());
        Self { site: Site::new(engine.await.unwrap(), options), _home: home }
    }

    fn person(&self) -> Person {
        Person { name: "ana".into(), via: Way::Cli, scopes: Scopes::all() }
    }

    async fn project(&self) -> Project {
        let origin = domain::project::Origin::Path("/srv/ease".into());
        let store = &self.site.engine.store;
        store::project::find_or_create(store, &origin, &ProjectId::from_random(7)).await.unwrap()
    }

    async fn task(&self, text: &str, attempts: u32, state: task::State) -> TaskId {
        let id = TaskId::from_random(u64::from(attempts) << 32 | 5);
        let task = Task {
            id: id.clone(),
            project: self.project().await.id,
            person: "ana".into(),
            text: text.into(),
            mode: Mode::Code,
            settings: Settings {
                agent: AgentName::Native,
                model: Some(HOSTILE.into()),
                attempts,
                limits: Limits::default(),
                seed: 1,
                without_setup: false,
                plan_first: false,
                enough: None,
            },
            base: Base { branch: "main".into(), commit: "a".repeat(40).parse().unwrap() },
            created: Timestamp(1_000_000),
            state,
        };
        let attempt = |number| Attempt {
            id: AttemptId::new(&id, number),
            state: attempt::State::Queued,
            created: Timestamp(1_000_000),
            started: None,
            ended: None,
            runs: 0,
            follows: None,
            waits: Some(HOSTILE.into()),
        };
        let attempts: Vec<Attempt> = (1..=attempts).map(attempt).collect();
        store::task::create(&self.site.engine.store, &task, &attempts).await.unwrap();
        id
    }

    async fn board(&self, query: &str) -> String {
        let asked = Query::try_from_uri(&format!("/?{query}").parse().unwrap()).unwrap();
        let board =
            views::board::get(State(self.site.clone()), self.person(), Fragment(false), asked);
        board.await.unwrap().into_string()
    }

    async fn page(&self, id: &TaskId, fragment: bool) -> String {
        let path = Path(id.to_string());
        let page =
            views::task::get(State(self.site.clone()), self.person(), Fragment(fragment), path);
        page.await.unwrap().into_string()
    }

    async fn log(&self, id: &AttemptId, query: &str) -> String {
        let window = Query::try_from_uri(&format!("/?{query}").parse().unwrap()).unwrap();
        let (site, path) = (State(self.site.clone()), Path(id.to_string()));
        let page = views::attempt::get(site, self.person(), Fragment(false), path, window);
        page.await.unwrap().into_string()
    }
}

/// Nothing in it acts, and no word of it hides.
#[track_caller]
fn is_harmless(page: &str) {
    assert!(!page.contains("<script>alert"), "{page}");
    assert!(!page.contains('\u{202e}'), "{page}");
    assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;"), "{page}");
}

#[tokio::test]
async fn a_fresh_home_says_the_first_steps() {
    let world = World::new().await;
    let page = world.board("").await;
    assert!(page.contains("Nothing was delegated yet") && page.contains("name=\"repo\""), "{page}");
    assert!(!page.contains("name=\"q\""), "there is nothing to find");
}

#[tokio::test]
async fn the_board_shows_what_was_asked_for_and_finds_it() {
    let world = World::new().await;
    let id = world.task(HOSTILE, 3, task::State::Running).await;
    let page = world.board("").await;
    is_harmless(&page);
    assert!(page.contains("3 attempts: 3 queued"), "{page}");
    let link = format!("href=\"/tasks/{id}\"");
    assert!(page.contains(&link));
    assert!(world.board("q=SCRIPT&state=running").await.contains(&link));
    for other in ["q=elsewhere", "state=done", "project=zzzzzzzz"] {
        assert!(!world.board(other).await.contains(&link), "{other}");
    }
}

#[tokio::test]
async fn what_cannot_be_delegated_stays_in_the_box() {
    let world = World::new().await;
    let form = "text=Fix+%3Cb%3Eit&repo=%2Fnowhere%2Fat%2Fall&usd=0.50&attempts=4&mode=ask";
    let form = axum::Form(serde_urlencoded(form));
    let answer = views::board::post(State(world.site.clone()), world.person(), form).await;
    let answer = answer.unwrap().into_response();
    assert_eq!(answer.status(), 422);
    let page = to_bytes(answer.into_body(), 1 << 20).await.unwrap();
    let page = String::from_utf8(page.to_vec()).unwrap();
    for kept in ["Fix &lt;b&gt;it", "/nowhere/at/all", "value=\"0.50\"", "role=\"alert\""] {
        assert!(page.contains(kept), "{kept}: {page}");
    }
    assert!(page.contains("<option value=\"4\" selected>"), "{page}");
}

/// A folder of the server's is not for whoever may only ask for work on what is a project already,
/// and nobody finds out by asking what is there.
#[tokio::test]
async fn another_repository_is_opened_by_who_may_do_everything() {
    let world = World::new().await;
    let few = Person { scopes: "read,task".parse().unwrap(), ..world.person() };
    for repo in [env!("CARGO_MANIFEST_DIR"), "/nowhere/at/all"] {
        let form = axum::Form(serde_urlencoded(&format!("text=Fix+it&repo={repo}")));
        let answer = views::board::post(State(world.site.clone()), few.clone(), form).await;
        let answer = answer.unwrap().into_response();
        assert_eq!(answer.status(), 422);
        let page = to_bytes(answer.into_body(), 1 << 20).await.unwrap();
        let page = String::from_utf8(page.to_vec()).unwrap();
        assert!(page.contains("This takes the scope admin"), "{repo}: {page}");
    }
    assert_eq!(store::project::list(&world.site.engine.store).await.unwrap(), []);
}

fn serde_urlencoded<T: serde::de::DeserializeOwned>(form: &str) -> T {
    Query::try_from_uri(&format!("/?{form}").parse().unwrap()).unwrap().0
}

#[tokio::test]
async fn a_task_shows_none_few_and_many_attempts() {
    let world = World::new().await;
    for (attempts, rows) in [(0, 0), (4, 4), (64, 64)] {
        let id = world.task(HOSTILE, attempts, task::State::Running).await;
        let page = world.page(&id, false).await;
        is_harmless(&page);
        assert_eq!(page.matches("id=\"attempt-").count(), rows);
        assert!(page.contains("Cancel the task"));
        let part = world.page(&id, true).await;
        assert!(!part.contains("<html") && part.matches("id=\"attempt-").count() == rows);
    }
}

#[tokio::test]
async fn a_long_log_is_read_by_windows() {
    let world = World::new().await;
    let task = world.task("Fix it", 1, task::State::Running).await;
    let id = AttemptId::new(&task, 1);
    let warned = |number: u32| Fact::Warned { text: format!("{HOSTILE} number {number}.") };
    let facts: Vec<Fact> = (2..=1_000).map(warned).collect();
    let store = &world.site.engine.store;
    store::event::append_all(store, &id, Timestamp(2_000_000), &facts, None).await.unwrap();

    let newest = world.log(&id, "").await;
    is_harmless(&newest);
    assert!(newest.contains("number 1000.") && newest.contains("number 801."), "the last 200");
    assert!(!newest.contains("number 800.") && !newest.contains("Later steps"));
    assert!(newest.contains(&format!("/attempts/{id}?before=801#log")));

    let earlier = world.log(&id, "before=801").await;
    assert!(earlier.contains("number 800.") && earlier.contains("number 601."));
    assert!(!earlier.contains("number 801.") && earlier.contains("Later steps"));
    let beyond = world.log(&id, "before=99999999").await;
    assert!(beyond.contains("number 1000."));
}
