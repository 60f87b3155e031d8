//! Repositories that are reached by a URL: `file://`, and `http://` served by git's own server.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use crate::repository::Repository;
use crate::scripted::{Scripted, repair};

/// Serves the folders below its own over git's smart HTTP protocol, with `git http-backend`.
const SERVER: &str = r#"
import http.server, os, subprocess

class Handler(http.server.BaseHTTPRequestHandler):
    def answer(self):
        path, _, query = self.path.partition("?")
        length = int(self.headers.get("Content-Length") or 0)
        environment = dict(
            os.environ,
            GIT_PROJECT_ROOT=os.getcwd(),
            GIT_HTTP_EXPORT_ALL="1",
            GIT_CONFIG_COUNT="2",
            GIT_CONFIG_KEY_0="http.receivepack",
            GIT_CONFIG_VALUE_0="true",
            GIT_CONFIG_KEY_1="safe.directory",
            GIT_CONFIG_VALUE_1="*",
            REQUEST_METHOD=self.command,
            PATH_INFO=path,
            QUERY_STRING=query,
            CONTENT_TYPE=self.headers.get("Content-Type", ""),
            CONTENT_LENGTH=str(length),
            HTTP_CONTENT_ENCODING=self.headers.get("Content-Encoding", ""),
            HTTP_GIT_PROTOCOL=self.headers.get("Git-Protocol", ""),
            REMOTE_ADDR="127.0.0.1",
        )
        ran = subprocess.run(
            ["git", "http-backend"],
            input=self.rfile.read(length),
            env=environment,
            stdout=subprocess.PIPE,
        )
        head, _, body = ran.stdout.partition(b"\r\n\r\n")
        fields = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
        self.send_response(int(fields.pop("Status", "200 OK").split()[0]))
        for name, value in fields.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = answer

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
"#;

/// A server that ends with the story.
struct Server {
    process: Child,
    port: u16,
}

impl Server {
    /// Serves what lies beside the repository.
    #[expect(clippy::disallowed_methods, reason = "the story serves a repository by itself")]
    fn beside(repository: &Repository) -> Self {
        let mut process = Command::new("python3")
            .args(["-c", SERVER])
            .current_dir(repository.path().parent().unwrap())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Self { process, port: line.trim().parse().unwrap() }
    }

    fn url(&self, name: &str) -> String {
        format!("http://127.0.0.1:{}/{name}", self.port)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

/// Delegates on the URL, merges, and looks at what the bare repository behind it has then.
#[track_caller]
fn delegated_and_merged(world: &Scripted, bare: &Repository, url: &str) {
    let delegate = ["delegate", "--repo", url, "--wait", "--json", "double is wrong"];
    let object = world.run(&delegate).exits(0).object();
    let text = |key: &str| object["pull_request"][key].as_str().unwrap().to_owned();
    assert_eq!(bare.whimbrel_branches(), [text("branch")]);
    assert_eq!(bare.git(&["rev-parse", &text("branch")]), text("head"));
    assert_eq!(object["attempts"][0]["evidence"]["holds"], true);
    let id = text("id");
    world.run(&["list"]).exits(0).says("double");
    world.run(&["pr", "merge", &id]).exits(0).says("Merged into main");
    assert_eq!(bare.git(&["rev-parse", "main^2"]), text("head"));
}

#[test]
fn a_file_url_is_a_path() {
    let world = Scripted::for_each(repair());
    let bare = world.buggy("double").bare_clone("double.git");
    let url = format!("file://{}", bare.path().display());
    delegated_and_merged(&world, &bare, &url);
}

#[test]
fn a_branch_is_pushed_to_an_http_server_and_merged_there() {
    let world = Scripted::for_each(repair());
    let bare = world.buggy("double").bare_clone("double.git");
    let server = Server::beside(&bare);
    delegated_and_merged(&world, &bare, &server.url("double.git"));
}

#[test]
fn what_happened_at_an_http_server_meanwhile_is_noticed() {
    let world = Scripted::for_each(repair());
    let clone = world.buggy("double");
    let bare = clone.bare_clone("double.git");
    let server = Server::beside(&bare);
    let url = server.url("double.git");
    let delegate = ["delegate", "--repo", &url, "--wait", "--json", "double is wrong"];
    let object = world.run(&delegate).exits(0).object();
    let id = object["task"].as_str().unwrap();

    clone.write("double.py", "def double(x):\n    return x + x\n").commit("Repair it otherwise");
    clone.git(&["push", "-q", bare.path().to_str().unwrap(), "main"]);
    world.run(&["pr", "merge", id]).exits(7).says("conflicts").says("double.py");
    world.run(&["pr", "close", id]).exits(0);
    assert_eq!(bare.whimbrel_branches(), [] as [&str; 0]);

    drop(server);
    world.run(&["delegate", "--repo", &url, "--wait", "again"]).exits(1).says("127.0.0.1");
}
