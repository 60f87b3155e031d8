//! Who gets in, and who doesn't: over real HTTP, against the real program.

pub mod http;

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use serde_json::Value;

use self::http::{Answer, Served};
use crate::world::{World, wait_until};

/// The code of a link that `whimbrel link` makes.
fn link(world: &World, more: &[&str]) -> String {
    let mut typed = vec!["link", "--json"];
    typed.extend(more);
    let object = world.run(&typed).exits(0).object();
    object["link"].as_str().unwrap().split_once('#').unwrap().1.to_owned()
}

fn token(world: &World, name: &str, scopes: &str) -> String {
    let made = world.run(&["--json", "token", "create", name, "--scopes", scopes]).exits(0);
    made.object()["secret"].as_str().unwrap().to_owned()
}

fn cookie(entered: &Answer) -> String {
    entered.header("set-cookie").unwrap().split(';').next().unwrap().to_owned()
}

fn enter(served: &Served, code: &str) -> Answer {
    served.ask("POST /enter", &[], &format!("token={code}"))
}

#[test]
fn the_first_link_lets_in_once_and_leaves_no_trace() {
    let world = World::new();
    let served = Served::by(&world);
    let link = served.told("link").unwrap();
    let code = link.split_once("/enter#").unwrap().1.to_owned();
    assert!(link.starts_with(&served.told("listening").unwrap()), "{link}");
    // Looking at it, as a chat's preview does, uses nothing up.
    served.ask("GET /enter", &[], "").is(200);
    let entered = enter(&served, &code).is(303);
    assert_eq!(entered.header("location").as_deref(), Some("/"));
    let set = entered.header("set-cookie").unwrap();
    assert!(set.ends_with("; Path=/; HttpOnly; SameSite=Lax; Max-Age=2592000"), "{set}");
    enter(&served, &code).is(403).says("used");

    let cookie = cookie(&entered);
    let (name, secret) = cookie.split_once('=').unwrap();
    assert_eq!(name, format!("whimbrel-{}", served.port()));
    served.ask("GET /", &[("Cookie", &cookie)], "").is(200);
    let bearer = token(&world, "ci", "read");
    served.ask("GET /", &[("Authorization", &format!("Bearer {bearer}"))], "").is(200);

    let ours = format!("http://{}", served.host());
    let mine = [("Cookie", cookie.as_str()), ("Origin", ours.as_str())];
    served.ask("POST /logout", &mine[..1], "").is(403);
    let left = served.ask("POST /logout", &mine, "").is(303);
    assert!(left.header("set-cookie").unwrap().contains("Max-Age=0"));
    served.ask("GET /", &mine, "").is(401);

    // What opens something is nowhere in the home, nor in what was said but for the link.
    for secret in [code.as_str(), secret, &bearer] {
        let found = files_with(&world.home(), secret);
        assert!(found.is_empty(), "{found:?} hold what opens something");
    }
    let said = served.said();
    assert!(!said.contains(secret) && !said.contains(&bearer), "{said}");
    let audit = world.run(&["audit", "--json"]).exits(0).stdout;
    let actions: Vec<String> = audit.lines().map(action).collect();
    let kept = ["session.end", "token.make", "session.refuse", "session.begin", "link.make"];
    assert_eq!(actions, kept, "{audit}");
    assert!(audit.contains(r#""via":"session "#) && !audit.contains("whim"), "{audit}");
    // Now somebody is known, who would be disturbed by another link in the log.
    drop(served);
    assert_eq!(Served::by(&world).told("link"), None);
}

fn action(line: &str) -> String {
    let object: Value = serde_json::from_str(line).unwrap();
    object["action"].as_str().unwrap().to_owned()
}

/// An empty file system for computers is as long as their disks, and nothing.
const SPARSE_BYTES_MIN: u64 = 64 * 1024 * 1024;

fn files_with(folder: &Path, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let kind = fs::symlink_metadata(&path).unwrap();
        if kind.is_dir() {
            found.extend(files_with(&path, text));
        } else if kind.is_file() && kind.len() < SPARSE_BYTES_MIN {
            let bytes = fs::read(&path).unwrap();
            if String::from_utf8_lossy(&bytes).contains(text) {
                found.push(path.display().to_string());
            }
        }
    }
    found
}

#[test]
fn a_colleague_gets_what_the_link_is_for_and_no_more() {
    let world = World::new();
    let served = Served::by(&world);
    let few = link(&world, &["--person", "bob", "--scopes", "read", "--expires", "5m"]);
    let cookie = cookie(&enter(&served, &few).is(303));
    let ours = format!("http://{}", served.host());
    let bobs = [("Cookie", cookie.as_str()), ("Origin", ours.as_str())];
    served.ask("GET /", &bobs, "").is(200).says("bob");
    served.ask("GET /access", &bobs, "").is(403).says("scope admin");
    served.ask("POST /access/links", &bobs, "person=bob&admin=on").is(403);
    served.ask("POST /access/tokens", &bobs, "name=x&days=1&read=on").is(403);

    let all = link(&world, &[]);
    let admin = self::cookie(&enter(&served, &all).is(303));
    let admins = [("Cookie", admin.as_str()), ("Origin", ours.as_str())];
    let page = served.ask("GET /access", &admins, "").is(200).says("bob").says("session.begin");
    assert!(!page.body.contains(&cookie) && !page.body.contains("whims_"));
    let made = served.ask("POST /access/tokens", &admins, "name=deploy&days=7&read=on").is(200);
    let at = made.body.find("whim_").unwrap();
    let bearer = format!("Bearer {}", &made.body[at..at + 63]);
    served.ask("GET /", &[("Authorization", &bearer)], "").is(200);
    world.run(&["token", "list"]).exits(0).says("deploy").says("until");
    world.run(&["token", "revoke", "deploy"]).exits(0);
    served.ask("GET /", &[("Authorization", &bearer)], "").is(401).says("revoked");

    // Ended by somebody else, at once; the newest is the admin's own.
    let listed = page.body.split("/access/sessions/").skip(1).collect::<Vec<_>>();
    assert_eq!(listed.len(), 2);
    for session in listed.iter().rev().map(|text| text.split('/').next().unwrap()) {
        served.ask(&format!("POST /access/sessions/{session}/end"), &admins, "").is(303);
    }
    served.ask("GET /", &bobs, "").is(401);
    world.run(&["token", "create", "x", "--scopes", "root"]).exits(2).says("there is no scope");
    world.run(&["link", "--expires", "2d"]).exits(2);
}

#[test]
fn who_isnt_meant_or_comes_from_elsewhere_is_refused() {
    let world = World::new();
    let served = Served::by(&world);
    let code = link(&world, &[]);
    let evil = [("Host", "evil.example")];
    served.ask("GET /healthz", &evil, "").is(421).says("--host");
    served
        .ask("POST /enter", &[("Origin", "https://evil.example")], &format!("token={code}"))
        .is(403);
    served.raw("GET /healthz HTTP/1.1\r\n\r\n").is(400);
    served.raw("GET /healthz HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n").is(400);
    let long = "a".repeat(40_000);
    served.ask("GET /healthz", &[("X-Long", &long)], "").is(431);
    served
        .raw(&format!("GET /{long} HTTP/1.1\r\nHost: localhost\r\n\r\n"))
        .answers_one_of(&[414, 431]);
    served
        .raw("POST /enter HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999\r\n\r\n")
        .is(413);
    let policy = served.ask("GET /nowhere", &[("Accept", "text/html")], "").is(401);
    assert!(policy.header("content-security-policy").unwrap().starts_with("default-src 'none'"));
    // The code wasn't used up by any of that.
    enter(&served, &code).is(303);
}

#[test]
fn beyond_this_machine_it_takes_certificates_or_a_proxy() {
    let world = World::new();
    let open = ["serve", "--listen", "0.0.0.0:0"];
    world.run(&open).exits(2).says("--tls-cert").says("--behind-proxy").says("ssh -L");
    world.run(&["serve", "--listen", "[::]:0"]).exits(2);
    world.run(&["serve", "--tls-cert", "a.pem"]).exits(2).says("--tls-key");

    let (cert, key) = (world.path().join("cert.pem"), world.path().join("key.pem"));
    let made = rcgen::generate_simple_self_signed(vec!["localhost".into()]).unwrap();
    fs::write(&cert, made.cert.pem()).unwrap();
    fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    let (cert, key) = (cert.to_str().unwrap(), key.to_str().unwrap());
    world.run(&["serve", "--tls-cert", key, "--tls-key", key]).exits(1).says("no certificate");
    let served = Served::with(&world, "127.0.0.1:0", &["--tls-cert", cert, "--tls-key", key]);
    assert!(served.told("listening").unwrap().starts_with("https://"));
    let secure = served.encrypted(made.cert.der());
    secure.ask("GET /healthz", "").is(200);
    let code = link(&world, &[]);
    let entered = secure.ask("POST /enter", &format!("token={code}")).is(303);
    let set = entered.header("set-cookie").unwrap();
    assert!(set.starts_with("__Host-whimbrel=") && set.ends_with("; Secure"), "{set}");
    assert!(entered.header("strict-transport-security").is_some());
    // Without encryption it is not spoken to.
    let mut plain = TcpStream::connect(served.host()).unwrap();
    plain.write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    let mut said = Vec::new();
    let _cut = plain.read_to_end(&mut said);
    assert!(!String::from_utf8_lossy(&said).contains("200 OK"));
}

#[test]
fn whoever_watches_over_it_is_told_how_it_is() {
    let world = World::new();
    let served = Served::by(&world);
    served.ask("GET /healthz", &[], "").is(200).says("ok");
    served.ask("GET /readyz", &[], "").is(200).says("\"ready\":true");
    served.ask("GET /metrics", &[], "").is(401);
    let bearer = format!("Bearer {}", token(&world, "prometheus", "read"));
    let repository = world.buggy("double");
    let task = world.delegate_away(&repository, &["--agent", "mechanic"], "double is wrong");
    world.run(&["cancel", &task]).exits(0);
    let figures = served.ask("GET /metrics", &[("Authorization", &bearer)], "").is(200);
    for line in [
        "whimbrel_tasks{state=\"cancelled\"} 1",
        "whimbrel_requests_total{method=\"GET\",route=\"/healthz\",status=\"200\"} 1",
        "whimbrel_request_duration_seconds_count{route=\"/readyz\"} 1",
        "whimbrel_model_cost_dollars 0",
        "whimbrel_disk_free_bytes ",
        "whimbrel_process_resident_memory_bytes ",
        "# EOF",
    ] {
        assert!(figures.body.contains(line), "no {line:?} in\n{}", figures.body);
    }
    let audit = world.run(&["audit"]).exits(0).says("task.delegate").says("task.cancel");
    assert!(audit.stdout.contains("cli"), "{audit}");

    // Its home taken away from under it, it isn't ready, and says why.
    let away = world.path().join("away");
    fs::rename(world.home(), &away).unwrap();
    let unready = served.ask("GET /readyz", &[], "");
    fs::rename(&away, world.home()).unwrap();
    unready.is(503).says("reasons");
}

#[test]
fn two_servers_beside_each_other_and_one_that_finds_no_place() {
    let (world, other) = (World::new(), World::new());
    let served = Served::by(&world);
    let taken = ["serve", "--listen", served.host()];
    other.run(&taken).exits(1).says("something listens on").says("--listen 127.0.0.1:0");
    world.run(&taken).exits(1).says("runs for").says("already");
    let second = Served::by(&other);
    assert_ne!(second.port(), served.port());
    // A link of one home opens nothing of another.
    enter(&second, &link(&world, &[])).is(403);
}

#[test]
fn what_is_open_doesnt_keep_it_from_stopping() {
    let world = World::new();
    let served = Served::by(&world);
    let bearer = format!("Bearer {}", token(&world, "follower", "read"));
    let host = served.host().to_owned();
    let mut stream = TcpStream::connect(&host).unwrap();
    let ask = "GET /api/v1/events/stream HTTP/1.1\r\nHost: localhost\r\n";
    write!(stream, "{ask}Authorization: {bearer}\r\n\r\n").unwrap();
    let mut first = [0_u8; 12];
    stream.read_exact(&mut first).unwrap();
    assert_eq!(&first, b"HTTP/1.1 200");
    let metrics = || served.ask("GET /metrics", &[("Authorization", &bearer)], "").is(200).body;
    wait_until("the stream's count", || metrics().contains("whimbrel_streams 1"));
    let file = world.home().join("server.json");
    assert!(file.exists());
    let began = Instant::now();
    served.ends(Signal::SIGTERM);
    assert!(began.elapsed() < Duration::from_secs(30), "{:?}", began.elapsed());
    assert!(!file.exists());
    world.run(&["link"]).exits(0).says("No server runs");
}

/// A crowd finds room, and the server stays a server.
#[test]
fn a_thousand_connections_are_borne() {
    let world = World::new();
    let served = Served::by(&world);
    let mut crowd: Vec<TcpStream> = Vec::new();
    for _ in 0..1_000 {
        // Where this machine lets nobody open so many files, as many as it lets.
        let Ok(mut stream) = TcpStream::connect(served.host()) else { break };
        stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n").unwrap();
        crowd.push(stream);
    }
    assert!(crowd.len() > 200, "only {} connections", crowd.len());
    served.ask("GET /healthz", &[], "").is(200);
    for stream in &mut crowd {
        stream.write_all(b"\r\n").unwrap();
        let mut first = [0_u8; 12];
        stream.read_exact(&mut first).unwrap();
        assert_eq!(&first, b"HTTP/1.1 200");
    }
}
