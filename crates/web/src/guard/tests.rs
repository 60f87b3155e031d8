use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::Request;
use domain::{Scopes, SystemClock};
use engine::access::{Code, Grant};
use engine::{Engine, Home};
use tower::ServiceExt;

use super::*;

use super::headers::POLICY;
use crate::site::Options;
use crate::{Site, route};

/// A server without a socket.
struct Served {
    _home: tempfile::TempDir,
    site: Shared,
    router: Router,
}

async fn served(change: impl FnOnce(&mut Options)) -> Served {
    let folder = tempfile::tempdir().unwrap();
    let (home, clock) = (Home::at(folder.path()), Arc::new(SystemClock));
    let engine = Engine::open(home, "/nowhere".into(), clock, "ada".into()).await.unwrap();
    let mut options = Options::local("127.0.0.1:4747".parse().unwrap());
    change(&mut options);
    let site = Site::new(engine, options);
    Served { _home: folder, router: route::router(site.clone()), site }
}

impl Served {
    async fn ask(&self, asked: &str, headers: &[(&str, &str)], body: &str) -> Response {
        let (method, path) = asked.split_once(' ').unwrap();
        let mut request = Request::builder().method(method).uri(path);
        if !headers.iter().any(|(name, _)| *name == "host") {
            request = request.header("host", "127.0.0.1:4747");
        }
        for (name, value) in headers.iter().filter(|(_, value)| !value.is_empty()) {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::from(body.to_owned())).unwrap();
        self.router.clone().oneshot(request).await.unwrap()
    }

    async fn status(&self, asked: &str, headers: &[(&str, &str)]) -> u16 {
        self.ask(asked, headers, "").await.status().as_u16()
    }

    fn grant(scopes: &str) -> Grant {
        Grant { person: "bob".into(), scopes: scopes.parse().unwrap(), ms: None }
    }

    async fn cookie(&self, scopes: &str) -> String {
        let engine = &self.site.engine;
        let link =
            engine::access::invite(engine, Scopes::all(), &Self::grant(scopes)).await.unwrap();
        let opened = engine::access::enter(engine, link.reveal(), "Firefox").await.unwrap();
        format!("whimbrel-4747={}", opened.unwrap().reveal())
    }

    async fn bearer(&self, scopes: &str) -> String {
        let grant = Self::grant(scopes);
        let made = engine::access::make_token(&self.site.engine, Scopes::all(), "ci", &grant).await;
        let (_token, code): (_, Code) = made.unwrap();
        format!("Bearer {}", code.reveal())
    }
}

#[tokio::test]
async fn only_what_this_server_is_called_is_answered() {
    let served = served(|options| options.hosts.push("Review.Example.com".into())).await;
    let status = async |host: &str| served.status("GET /healthz", &[("host", host)]).await;
    for ours in ["127.0.0.1:4747", "localhost", "LOCALHOST:9", "[::1]:4747", "review.example.com."]
    {
        assert_eq!(status(ours).await, 200, "{ours}");
    }
    for other in ["evil.example", "127.0.0.1.evil.example", "192.0.2.7", "localhost.evil.example"] {
        assert_eq!(status(other).await, 421, "{other}");
    }
    for malformed in ["a b", "user@localhost"] {
        assert_eq!(status(malformed).await, 400, "{malformed}");
    }
    assert_eq!(status("").await, 400, "no host at all");
    let two = [("host", "localhost"), ("host", "evil.example")];
    assert_eq!(served.status("GET /healthz", &two).await, 400);
    // A proxy's words are nobody's here.
    let forwarded = [("x-forwarded-host", "localhost"), ("host", "evil.example")];
    assert_eq!(served.status("GET /healthz", &forwarded).await, 421);
    assert_eq!(served.status("GET http://evil.example/healthz", &[]).await, 400);
}

#[tokio::test]
async fn what_another_site_posts_is_refused() {
    let served = served(|_| {}).await;
    let cookie = served.cookie("read,admin").await;
    let post = async |headers: &[(&str, &str)]| {
        let mut all = vec![("cookie", cookie.as_str())];
        all.extend(headers);
        served.status("POST /access/tokens/none/revoke", &all).await
    };
    let ours = ("origin", "http://127.0.0.1:4747");
    // 422: it came as far as the handler, which knows no such token.
    assert_eq!(post(&[ours]).await, 422);
    assert_eq!(post(&[("sec-fetch-site", "same-origin")]).await, 422);
    assert_eq!(post(&[ours, ("sec-fetch-site", "same-origin")]).await, 422);
    for refused in [
        &[][..],
        &[("origin", "http://evil.example")],
        &[("origin", "null")],
        &[("origin", "http://127.0.0.1:4748")],
        &[("origin", "https://127.0.0.1:4747")],
        &[("origin", "http://127.0.0.1:4747.evil.example")],
        &[("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "same-site")],
        &[("sec-fetch-site", "cross-site"), ours],
        &[("sec-fetch-site", "same-origin"), ("origin", "http://evil.example")],
        &[("referer", "http://127.0.0.1:4747/")],
    ] {
        assert_eq!(post(refused).await, 403, "{refused:?}");
    }
    let entering = [("origin", "http://evil.example")];
    assert_eq!(served.status("POST /enter", &entering).await, 403, "nor is anybody signed in so");
}

#[tokio::test]
async fn a_token_does_what_it_is_for_and_nothing_else() {
    let served = served(|_| {}).await;
    let matrix: [(&str, &str, &[&str]); 5] = [
        ("GET /", "read", &["task", "decide", "secrets", "admin"]),
        ("GET /metrics", "read", &["task", "decide", "secrets", "admin"]),
        ("GET /access", "read,admin", &["read", "admin", "read,decide"]),
        ("POST /access/links", "admin", &["read", "task", "decide", "secrets"]),
        ("POST /access/sessions/x/end", "admin", &["read", "task", "decide,secrets"]),
    ];
    for (asked, enough, too_little) in matrix {
        let form = ("content-type", "application/x-www-form-urlencoded");
        let bearer = served.bearer(enough).await;
        let status = served.status(asked, &[("authorization", &bearer), form]).await;
        assert_ne!(status, 403, "{asked} with {enough}");
        for scopes in too_little {
            let bearer = served.bearer(scopes).await;
            let status = served.status(asked, &[("authorization", &bearer), form]).await;
            assert_eq!(status, 403, "{asked} with {scopes}");
        }
    }
    // A token that isn't one isn't helped by a cookie that is.
    let cookie = served.cookie("read").await;
    let both = [("authorization", "Bearer whim_none"), ("cookie", cookie.as_str())];
    assert_eq!(served.status("GET /", &both).await, 401);
    assert_eq!(served.status("GET /", &both[1..]).await, 200);
    let twice = format!("{cookie}; whimbrel-4747=whims_other");
    assert_eq!(served.status("GET /", &[("cookie", &twice)]).await, 401);
}

#[tokio::test]
async fn strangers_see_nothing_that_isnt_open() {
    let served = served(|_| {}).await;
    for path in ["/", "/access", "/metrics", "/nowhere", "/api/v1", "/api/v1/tasks", "/feed"] {
        assert_eq!(served.status(&format!("GET {path}"), &[]).await, 401, "{path}");
    }
    for path in ["/enter", "/healthz"] {
        assert_eq!(served.status(&format!("GET {path}"), &[]).await, 200, "{path}");
    }
    assert_eq!(served.status("POST /api/v1/tasks", &[]).await, 401);
}

/// What is asked, with which headers; the status, and what the answer is.
type Asked<'a> = (&'a str, &'a [(&'a str, &'a str)], u16, &'a str);

#[tokio::test]
async fn every_answer_has_its_headers_and_is_told_as_it_was_wanted() {
    let served = served(|_| {}).await;
    let cookie = served.cookie("read").await;
    let html = ("accept", "text/html,*/*");
    let asked: [Asked<'_>; 6] = [
        ("GET /", &[html], 401, "text/html"),
        ("GET /", &[], 401, "application/problem+json"),
        ("GET /api/v1/nowhere", &[html, ("cookie", &cookie)], 404, "application/problem+json"),
        ("GET /nowhere", &[html, ("cookie", &cookie)], 404, "text/html"),
        ("DELETE /healthz", &[], 405, "application/problem+json"),
        ("GET /healthz", &[("host", "evil.example"), html], 421, "text/html"),
    ];
    for (line, headers, status, kind) in asked {
        let answer = served.ask(line, headers, "").await;
        assert_eq!(answer.status().as_u16(), status, "{line} {headers:?}");
        let header = |name: &str| answer.headers().get(name).map_or("", |v| v.to_str().unwrap());
        assert!(header("content-type").starts_with(kind), "{line} {headers:?}: {answer:?}");
        assert_eq!(header("content-security-policy"), POLICY, "{line}");
        assert_eq!(header("x-content-type-options"), "nosniff");
        assert_eq!(header("cache-control"), "no-store");
        assert!(header("permissions-policy").starts_with("microphone=(self), camera=()"));
        assert_eq!(answer.headers().contains_key("www-authenticate"), status == 401, "{line}");
        let body = to_bytes(answer.into_body(), 1 << 20).await.unwrap();
        assert!(!body.is_empty() && !String::from_utf8_lossy(&body).contains("style="), "{line}");
    }
    let asset = crate::asset::url("base.css");
    let answer = served.ask(&format!("GET {asset}"), &[], "").await;
    assert!(answer.headers()["cache-control"].to_str().unwrap().contains("immutable"));
}

#[tokio::test]
async fn behind_a_proxy_its_words_count() {
    let served = served(|options| {
        options.behind_proxy = true;
        options.url = Some("https://review.example.com".into());
    })
    .await;
    let proxied = [
        ("host", "127.0.0.1:4747"),
        ("x-forwarded-host", "review.example.com"),
        ("x-forwarded-proto", "https"),
    ];
    let engine = &served.site.engine;
    let grant = Served::grant("read,admin");
    let link = engine::access::invite(engine, Scopes::all(), &grant).await.unwrap();
    let mut headers = proxied.to_vec();
    headers.extend([
        ("content-type", "application/x-www-form-urlencoded"),
        ("origin", "https://review.example.com"),
    ]);
    let entered = served.ask("POST /enter", &headers, &format!("token={}", link.reveal())).await;
    assert_eq!(entered.status(), StatusCode::SEE_OTHER);
    let cookie = entered.headers()["set-cookie"].to_str().unwrap();
    let [name, rest] = cookie.split_once('=').map(|(a, b)| [a, b]).unwrap();
    assert_eq!(name, "__Host-whimbrel");
    assert!(rest.ends_with("; Path=/; HttpOnly; SameSite=Lax; Max-Age=2592000; Secure"), "{rest}");
    assert!(entered.headers().contains_key("strict-transport-security"));
    let evil = [("host", "127.0.0.1:4747"), ("x-forwarded-host", "evil.example")];
    assert_eq!(served.status("GET /healthz", &evil).await, 421);
}

#[tokio::test]
async fn a_body_is_as_long_as_it_may_be_and_whole() {
    let served = served(|options| {
        options.limits.body = std::time::Duration::from_millis(50);
    })
    .await;
    let long = (BODY_BYTES_MAX + 1).to_string();
    assert_eq!(served.status("POST /enter", &[("content-length", &long)]).await, 413);
    let form = ("content-type", "application/x-www-form-urlencoded");
    let body = format!("token={}", "a".repeat(BODY_BYTES_MAX));
    let answer = served.ask("POST /enter", &[form], &body).await;
    assert_eq!(answer.status(), StatusCode::PAYLOAD_TOO_LARGE);

    // One that never ends isn't taken for what came so far.
    let drops = futures::stream::iter([Ok::<_, std::io::Error>("token=whiml_")]);
    let drops = futures::StreamExt::chain(drops, futures::stream::pending());
    let request = Request::post("/enter").header("host", "localhost").header(form.0, form.1);
    let request = request.body(Body::from_stream(drops)).unwrap();
    let answer = served.router.clone().oneshot(request).await.unwrap();
    assert!(answer.status().is_client_error(), "{answer:?}");
}

#[tokio::test]
async fn whoever_guesses_is_heard_for_a_while() {
    let served = served(|_| {}).await;
    let wrong = [("authorization", "Bearer whim_none")];
    for _ in 0..20 {
        assert_eq!(served.status("GET /", &wrong).await, 401);
    }
    assert_eq!(served.status("GET /", &wrong).await, 429);
    // Whoever is signed in, or has a good token, is none of them.
    let good = served.bearer("read").await;
    assert_eq!(served.status("GET /", &[("authorization", &good)]).await, 200);
    let cookie = served.cookie("read").await;
    assert_eq!(served.status("GET /", &[("cookie", &cookie)]).await, 200);
    let audit = store::audit::list(&served.site.engine.store, None, 100).await.unwrap();
    let refused: Vec<_> = audit.iter().filter(|line| line.action == "session.refuse").collect();
    assert_eq!(refused.len(), 2, "{refused:?}");
}
