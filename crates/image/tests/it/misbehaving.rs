//! Connections that are cut, servers that lie, and logins by token.

use std::os::unix::fs::PermissionsExt;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use image::{Credential, Credentials, Error, Options, Pulled};

use crate::made::{Made, digest, made, noise};
use crate::pulling::{source, store};
use crate::server::{Answer, Request, Server};

/// What a registry has for a request, without any fuss.
fn honest(made: &Made, request: &Request) -> Answer {
    if request.path.contains("/manifests/") {
        return Answer::ok(&made.manifest).header("content-type", made.media_type);
    }
    let named = |blob: &&Vec<u8>| request.path.ends_with(&digest(blob));
    made.blobs().find(named).map_or(Answer::status(404), |blob| Answer::part(blob, request))
}

fn is_layer(made: &Made, request: &Request) -> bool {
    request.path.ends_with(&digest(&made.layers[0]))
}

async fn pull(server: &Server, options: &Options) -> Result<Pulled, Error> {
    let (_folder, store) = store();
    let pulled = store.pull(&source(&format!("{}/some/image", server.host)), options).await;
    // Looked at here, where its files are.
    pulled.inspect(|pulled| assert!(pulled.layers.iter().all(|layer| layer.path.is_file())))
}

#[tokio::test]
async fn a_download_goes_on_where_it_was_cut() {
    let made = made(vec![noise(1, 1_000_000)]);
    let whole = made.layers[0].clone();
    let cuts = AtomicUsize::new(0);
    let server = Server::start(move |request| {
        let answer = honest(&made, request);
        let cut = is_layer(&made, request) && cuts.fetch_add(1, Ordering::SeqCst) < 2;
        Answer { cut_at: cut.then_some(300_000), ..answer }
    });
    let (_folder, store) = store();
    let source = source(&format!("{}/some/image", server.host));
    let pulled = store.pull(&source, &Options::default()).await.unwrap();
    assert_eq!(std::fs::read(&pulled.layers[0].path).unwrap(), whole);
    let begins: Vec<_> = server.seen().iter().filter_map(Request::begins).collect();
    assert_eq!(begins, [300_000, 600_000]);
}

#[tokio::test]
async fn a_later_pull_goes_on_with_what_an_earlier_one_left() {
    let made = made(vec![noise(2, 1_000_000)]);
    let broken = Mutex::new(true);
    let is_broken = std::sync::Arc::new(broken);
    let flag = std::sync::Arc::clone(&is_broken);
    let whole = made.layers[0].clone();
    let server = Server::start(move |request| {
        let broken = *flag.lock().unwrap() && is_layer(&made, request);
        match (broken, request.begins()) {
            (true, Some(_)) => Answer::status(404),
            (true, None) => Answer { cut_at: Some(400_000), ..honest(&made, request) },
            (false, _) => honest(&made, request),
        }
    });
    let (_folder, store) = store();
    let source = source(&format!("{}/some/image", server.host));
    store.pull(&source, &Options::default()).await.unwrap_err();
    *is_broken.lock().unwrap() = false;
    let pulled = store.pull(&source, &Options::default()).await.unwrap();
    assert_eq!(std::fs::read(&pulled.layers[0].path).unwrap(), whole);
    assert_eq!(server.seen().iter().filter_map(Request::begins).next_back(), Some(400_000));
}

#[tokio::test]
async fn a_server_without_ranges_begins_again() {
    let made = made(vec![noise(3, 500_000)]);
    let cuts = AtomicUsize::new(0);
    let server = Server::start(move |request| {
        let named = |blob: &&Vec<u8>| request.path.ends_with(&digest(blob));
        let blob = made.blobs().find(named);
        let answer = blob.map_or_else(|| honest(&made, request), |blob| Answer::ok(blob));
        let cut = is_layer(&made, request) && cuts.fetch_add(1, Ordering::SeqCst) < 1;
        Answer { cut_at: cut.then_some(200_000), ..answer }
    });
    pull(&server, &Options::default()).await.unwrap();
}

#[tokio::test]
async fn other_bytes_than_the_digests_are_refused_and_not_kept() {
    let made = made(vec![noise(4, 10_000)]);
    let (layer, other) = (digest(&made.layers[0]), noise(5, 10_000));
    let server = Server::start(move |request| {
        if is_layer(&made, request) { Answer::ok(&other) } else { honest(&made, request) }
    });
    let (folder, store) = store();
    let source = source(&format!("{}/some/image", server.host));
    let error = store.pull(&source, &Options::default()).await.unwrap_err();
    assert!(matches!(error, Error::Mismatch { .. }), "{error}");
    // What came of other blobs meanwhile stays, to be gone on with.
    let hex = layer.strip_prefix("sha256:").unwrap();
    for place in ["partial", "blobs"] {
        assert!(!folder.path().join("images").join(place).join(hex).exists(), "{place}");
    }
}

#[tokio::test]
async fn another_manifest_than_the_digests_is_refused() {
    let (wanted, other) = (made(vec![noise(6, 10)]), made(vec![noise(7, 10)]));
    let server = Server::start(move |request| honest(&other, request));
    let (_folder, store) = store();
    let source = source(&format!("{}/some/image@{}", server.host, wanted.digest()));
    let error = store.pull(&source, &Options::default()).await.unwrap_err();
    assert!(matches!(error, Error::Mismatch { .. }), "{error}");
}

#[tokio::test]
async fn more_bytes_than_said_are_not_taken() {
    let made = made(vec![noise(8, 10_000)]);
    let server = Server::start(move |request| {
        let mut answer = honest(&made, request);
        if is_layer(&made, request) {
            answer.body.resize(5_000_000, 0);
        }
        answer
    });
    let error = pull(&server, &Options::default()).await.unwrap_err();
    assert!(matches!(error, Error::Size { .. }), "{error}");
}

#[tokio::test]
async fn a_manifest_without_end_is_not_taken() {
    let server = Server::start(|_| Answer::ok(&vec![b' '; 9 * 1024 * 1024]));
    let error = pull(&server, &Options::default()).await.unwrap_err();
    assert!(matches!(error, Error::TooMuch { .. }), "{error}");
}

#[tokio::test]
async fn what_passes_is_tried_again() {
    let made = made(vec![noise(9, 1000)]);
    let asked = AtomicUsize::new(0);
    let server = Server::start(move |request| match asked.fetch_add(1, Ordering::SeqCst) {
        0 => Answer::status(503),
        1 => Answer::status(429),
        _ => honest(&made, request),
    });
    pull(&server, &Options::default()).await.unwrap();
}

#[tokio::test]
async fn a_token_is_fetched_with_the_password_and_shown_to_no_other_host() {
    let made = made(vec![noise(10, 50_000)]);
    let layer = made.layers[0].clone();
    let elsewhere = Server::start(move |request| Answer::part(&layer, request));
    let target = elsewhere.host.clone();
    let own: std::sync::Arc<Mutex<String>> = std::sync::Arc::default();
    let host = std::sync::Arc::clone(&own);
    let server = Server::start(move |request| {
        if request.path.starts_with("/token?") {
            let knows = request.header("authorization") == Some("Basic bWU6c2VjcmV0");
            let scoped = request.path.contains("scope=repository%3Asome%2Fimage%3Apull");
            return if knows && scoped {
                Answer::ok(br#"{"token":"short-lived"}"#)
            } else {
                Answer::status(403)
            };
        }
        if request.header("authorization") != Some("Bearer short-lived") {
            let realm = format!(
                "Bearer realm=\"http://{}/token\",service=\"here\",scope=\"repository:some/image:pull\"",
                host.lock().unwrap()
            );
            return Answer::status(401).header("www-authenticate", realm);
        }
        if is_layer(&made, request) {
            return Answer::status(307).header("location", format!("http://{target}/signed"));
        }
        honest(&made, request)
    });
    *own.lock().unwrap() = server.host.clone();
    let error = pull(&server, &Options::default()).await.unwrap_err();
    assert!(matches!(error, Error::Unauthorized { .. }), "{error}");
    let credential = Credential::Password { user: "me".into(), password: "secret".into() };
    let credentials = Credentials::default().with(server.host.clone(), credential);
    pull(&server, &Options { credentials, ..Options::default() }).await.unwrap();
    assert!(elsewhere.seen().iter().all(|request| request.header("authorization").is_none()));
    assert_eq!(elsewhere.seen().len(), 1);
}

#[tokio::test]
async fn an_identity_token_is_exchanged() {
    let made = made(vec![noise(11, 10)]);
    let wanted = made.digest();
    let own: std::sync::Arc<Mutex<String>> = std::sync::Arc::default();
    let host = std::sync::Arc::clone(&own);
    let server = Server::start(move |request| {
        if request.method == "POST" {
            let right = request.body.contains("refresh_token=long%2Dlived")
                || request.body.contains("refresh_token=long-lived");
            return if right {
                Answer::ok(br#"{"access_token":"short"}"#)
            } else {
                Answer::status(400)
            };
        }
        if request.header("authorization") == Some("Bearer short") {
            return honest(&made, request);
        }
        let realm = format!("Bearer realm=\"http://{}/t\"", host.lock().unwrap());
        Answer::status(401).header("www-authenticate", realm)
    });
    *own.lock().unwrap() = server.host.clone();
    let credentials = Credentials::default()
        .with(server.host.clone(), Credential::IdentityToken("long-lived".into()));
    let pulled = pull(&server, &Options { credentials, ..Options::default() }).await.unwrap();
    assert_eq!(pulled.digest, wanted);
}

/// Says that this test was started again, with a helper on its search path.
const AGAIN: &str = "WHIMBREL_TEST_HELPER";

#[tokio::test]
async fn a_helper_is_asked_for_what_it_keeps() {
    if std::env::var_os(AGAIN).is_none() {
        return again_with_a_helper();
    }
    let made = made(vec![noise(14, 10)]);
    let server = Server::start(move |request| match request.header("authorization") {
        // me:from the helper
        Some("Basic bWU6ZnJvbSB0aGUgaGVscGVy") => honest(&made, request),
        _ => Answer::status(401).header("www-authenticate", "Basic realm=x"),
    });
    let with = async |helper: &str| {
        let folder = tempfile::tempdir().unwrap();
        let file = format!(r#"{{"credHelpers":{{"{}":"{helper}"}}}}"#, server.host);
        std::fs::write(folder.path().join("config.json"), file).unwrap();
        let credentials = Credentials::docker(Some(folder.path().to_owned()), None);
        pull(&server, &Options { credentials, ..Options::default() }).await
    };
    with("test").await.unwrap();
    let error = with("absent").await.unwrap_err();
    assert!(error.to_string().contains("docker-credential-absent"), "{error}");
}

fn again_with_a_helper() {
    let folder = tempfile::tempdir().unwrap();
    let helper = folder.path().join("docker-credential-test");
    let script = "#!/bin/sh\n[ \"$1\" = get ] && grep -q '^127.0.0.1:' && \
                  echo '{\"Username\":\"me\",\"Secret\":\"from the helper\"}'\n";
    std::fs::write(&helper, script).unwrap();
    std::fs::set_permissions(&helper, std::fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:{}", folder.path().display(), std::env::var("PATH").unwrap());
    #[expect(clippy::disallowed_methods, reason = "this test again, with another search path")]
    let mut command = std::process::Command::new("/proc/self/exe");
    command.args(["--exact", "misbehaving::a_helper_is_asked_for_what_it_keeps"]);
    let output = command.env(AGAIN, "1").env("PATH", path).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("1 passed"), "{text}");
}

#[tokio::test]
async fn a_layer_that_two_layers_are_is_fetched_once() {
    let made = made(vec![noise(12, 10_000), noise(12, 10_000)]);
    let expected = made.layers.clone();
    let layer = digest(&made.layers[0]);
    let server = Server::start(move |request| honest(&made, request));
    let (_folder, store) = store();
    let source = source(&format!("{}/some/image", server.host));
    let pulled = store.pull(&source, &Options::default()).await.unwrap();
    assert_eq!(pulled.layers.len(), expected.len());
    assert_eq!(server.seen().iter().filter(|request| request.path.ends_with(&layer)).count(), 1);
}
