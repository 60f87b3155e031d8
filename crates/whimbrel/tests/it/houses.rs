//! Projects, secrets and numbers as pages of the running server: what a form changes is changed, what
//! goes in as a secret comes out nowhere, and what was merged is counted.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::Value;

use crate::environments::files_with;
use crate::repository::Repository;
use crate::world::{Running, World, wait_until};

/// Long enough for no other text to contain it.
const SECRET: &str = "correct-horse-battery-of-the-index";

/// For one answer.
const ANSWER_TIME: Duration = Duration::from_secs(60);

/// A server, and somebody who may do everything.
struct House {
    address: String,
    token: String,
    _serving: Running,
}

struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl House {
    fn open(world: &World) -> Self {
        let scopes = "read,task,decide,secrets,admin";
        let made = world.run(&["token", "create", "house", "--scopes", scopes, "--json"]).exits(0);
        let token = made.object()["secret"].as_str().unwrap().to_owned();
        let serving = world.start(&["--json", "serve", "--listen", "127.0.0.1:0"]);
        wait_until("its address", || serving.said().contains("listening"));
        let said = serving.said();
        let line = said.lines().find(|line| line.contains("listening")).unwrap();
        let told: Value = serde_json::from_str(line).unwrap();
        let url = told["listening"].as_str().unwrap();
        let address = url.strip_prefix("http://").unwrap().to_owned();
        Self { address, token, _serving: serving }
    }

    fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, "")
    }

    /// A form, as a browser sends it; the answer leads to another page.
    fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let plain =
            |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c));
        assert!(fields.iter().all(|(name, value)| plain(name) && plain(value)));
        let fields: Vec<String> =
            fields.iter().map(|(name, value)| format!("{name}={value}")).collect();
        self.ask("POST", path, &fields.join("&"))
    }

    fn ask(&self, method: &str, path: &str, form: &str) -> Answer {
        let mut socket = TcpStream::connect(&self.address).unwrap();
        socket.set_read_timeout(Some(ANSWER_TIME)).unwrap();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\n\
             Accept: text/html\r\nConnection: close\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
            self.address,
            self.token,
            form.len()
        );
        socket.write_all(request.as_bytes()).unwrap();
        let mut bytes = Vec::new();
        socket.read_to_end(&mut bytes).unwrap();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Answer { status, head: head.to_owned(), body: body.to_owned() }
    }

    /// The page of the only project there is.
    fn project(&self) -> String {
        let listed = self.get("/projects").is(200).body;
        let (_, rest) = listed.split_once("href=\"/projects/").unwrap();
        format!("/projects/{}", rest.split_once('"').unwrap().0)
    }
}

impl Answer {
    #[track_caller]
    fn is(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}\n{}", self.head, self.body);
        self
    }

    /// Where it leads to.
    fn leads(&self) -> &str {
        let mut lines = self.head.lines();
        lines.find_map(|line| line.strip_prefix("location: ")).unwrap_or_default()
    }

    #[track_caller]
    fn says(self, text: &str) -> Self {
        assert!(self.body.contains(text), "no {text:?} in\n{}", self.body);
        self
    }
}

fn repo(repository: &Repository) -> &str {
    repository.path().to_str().unwrap()
}

#[test]
fn what_an_approval_does_is_changed_by_a_form() {
    let world = World::new();
    let repository = world.buggy("double");
    world.run(&["env", "explain", "--repo", repo(&repository)]).exits(0);
    let house = House::open(&world);
    let page = house.project();
    let _before = house.get(&page).is(200).says("value=\"merge\" checked").says("checks.test");

    let kept = house.post(&format!("{page}/settings"), &[("approval", "offer")]).is(303);

    assert_eq!(kept.leads(), format!("{page}?done=settings"));
    let after = house.get(kept.leads()).is(200).says("value=\"offer\" checked");
    assert!(after.body.contains("It holds for approvals from now on"), "{}", after.body);
    let _unknown = house.post(&format!("{page}/settings"), &[("approval", "always")]).is(422);
    world.run(&["audit"]).exits(0).says("project.settings");
}

#[test]
fn an_origin_is_asked_only_where_a_person_says_so() {
    let world = World::new();
    let repository = world.buggy("double");
    world.run(&["env", "explain", "--repo", repo(&repository)]).exits(0);
    let house = House::open(&world);
    let page = house.project();
    repository.write("whimbrel.toml", "[checks]\ntest = \"sh newer.sh\"\n");
    repository.commit("Test otherwise");

    assert!(!house.get(&page).is(200).body.contains("sh newer.sh"));
    let fetched = house.post(&format!("{page}/refresh"), &[]).is(303);
    let _now = house.get(fetched.leads()).is(200).says("sh newer.sh");
    std::fs::remove_dir_all(repository.path()).unwrap();
    let _still = house.get(&page).is(200).says("sh newer.sh");
    let refused = house.post(&format!("{page}/refresh"), &[]);
    assert!(refused.status >= 400, "{}", refused.head);
}

#[test]
fn a_secret_goes_in_by_a_form_and_comes_out_in_the_setup_alone() {
    let world = World::new();
    let repository = world.buggy("double");
    let setup = "[environment]\nsetup = \"test -n \\\"$TOKEN\\\" && echo it is $TOKEN\"\n\
                 secrets = [\"TOKEN\"]\n";
    repository.write("whimbrel.toml", setup);
    repository.commit("Want a secret");
    world.run(&["env", "build", "--repo", repo(&repository)]).exits(1).says("TOKEN");
    let house = House::open(&world);
    let page = house.project();
    let id = page.rsplit('/').next().unwrap().to_owned();
    let _wanted = house.get(&page).is(200).says("isn't set");
    let fields =
        [("scope", id.as_str()), ("name", "TOKEN"), ("value", SECRET), ("back", "project")];

    let kept = house.post("/secrets", &fields).is(303);

    assert!(!kept.head.contains(SECRET));
    let built = world.run(&["env", "build", "--repo", repo(&repository)]).exits(0);
    assert!(!format!("{built}").contains(SECRET), "{built}");
    let shown = house.get(&page).is(200).says("is set").says("what it printed");
    let (_, rest) = shown.body.split_once("/logs/").unwrap();
    let log = format!("{page}/logs/{}", rest.split_once('"').unwrap().0);
    let _log = house.get(&log).is(200).says("it is [TOKEN]");
    for path in [page.as_str(), &log, "/projects", "/secrets", "/numbers", "/"] {
        let answer = house.get(path).is(200);
        assert!(!answer.body.contains(SECRET) && !answer.head.contains(SECRET), "{path}");
    }
    let audit = world.run(&["audit"]).exits(0).says("secret.set").says("TOKEN");
    assert!(!format!("{audit}").contains(SECRET), "{audit}");
    let secrets = world.home().join("secrets");
    let told: Vec<PathBuf> = files_with(&world.home(), SECRET);
    assert!(told.len() == 1 && told[0].starts_with(&secrets), "{told:?}");

    let fields = [("scope", id.as_str()), ("name", "TOKEN")];
    let _gone = house.post("/secrets/remove", &fields).is(303);
    let _twice = house.post("/secrets/remove", &fields).is(404);
    assert_eq!(files_with(&world.home(), SECRET), Vec::<PathBuf>::new());
}

#[test]
fn what_was_merged_is_counted() {
    let world = World::new();
    let repository = world.buggy("double");
    let task = world.delegate(&repository, &[], "double is wrong").exits(0).object();
    let task = task["task"].as_str().unwrap().to_owned();
    let house = House::open(&world);
    let _before = house.get("/numbers").is(200).says("0 merged, 0 closed");
    world.run(&["pr", "merge", &task]).exits(0);

    let page = house.get("/numbers?days=7").is(200).says("1 merged, 0 closed").says("100 %");

    assert!(page.body.contains("mechanic") && !page.body.contains("NaN"), "{}", page.body);
    let project = house.project();
    let id = project.rsplit('/').next().unwrap();
    let _own = house.get(&format!("/numbers?project={id}")).is(200).says("1 merged");
    let _none = house.get("/numbers?project=00000000").is(404);
    let counted = world.run(&["numbers", "--json", "--project", "double"]).exits(0).object();
    assert_eq!(counted["total"]["merged"], 1);
    assert_eq!(counted["days"].as_array().unwrap().len(), 30);
    assert_eq!(counted["outcomes"][0]["name"], "changed");
    world.run(&["numbers", "--project", "triple"]).exits(1).says("double");
}
