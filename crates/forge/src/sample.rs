//! Real repositories for tests: a user's, and an agent's clone of a mirror.

use std::ffi::OsStr;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use domain::project::Origin;
use domain::task::Base;
use domain::{AttemptId, Change, Commit, Project, ProjectId, TaskId, Timestamp};
use tempfile::TempDir;

use crate::forge::{Identity, Merge};
use crate::{Local, Mirror, harvest_argv};

/// A path that is awkward in every way but one: it is UTF-8.
const FOLDER: &str = "a user's — Ünïcode dir: x";

/// A repository in a folder of its own.
pub(crate) struct Repo {
    _folder: TempDir,
    pub path: PathBuf,
}

impl Repo {
    /// On branch `main`, without a commit.
    pub fn empty() -> Self {
        Self::init(&["--initial-branch=main"])
    }

    pub fn init(options: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().canonicalize().unwrap().join(FOLDER);
        std::fs::create_dir(&path).unwrap();
        let repo = Self { _folder: folder, path };
        repo.git(&[&["init", "--quiet"], options].concat());
        repo
    }

    /// With one commit.
    pub fn new() -> Self {
        let repo = Self::empty();
        repo.write("readme.txt", "one\ntwo\nthree\n");
        repo.commit("first");
        repo
    }

    pub fn git(&self, args: &[&str]) -> String {
        git(&self.path, args)
    }

    pub fn write(&self, path: impl AsRef<Path>, bytes: impl AsRef<[u8]>) {
        let path = self.path.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }

    /// Commits everything.
    pub fn commit(&self, message: &str) -> Commit {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--allow-empty", "-m", message]);
        self.rev("HEAD")
    }

    pub fn rev(&self, name: &str) -> Commit {
        self.git(&["rev-parse", "--verify", name]).parse().unwrap()
    }

    /// Everything that must stay: files, index, HEAD and refs.
    pub fn state(&self) -> String {
        let mut state =
            self.git(&["status", "--porcelain=v2", "--branch", "--untracked-files=all"]);
        state += &self.git(&["for-each-ref"]);
        state += &self.git(&["symbolic-ref", "--quiet", "HEAD"]);
        state
    }

    pub async fn mirror(&self, home: &Path) -> Mirror {
        mirror(home, Origin::Path(self.path.to_str().unwrap().into())).await
    }
}

pub(crate) async fn mirror(home: &Path, origin: Origin) -> Mirror {
    let project = Project { id: ProjectId::from_random(7), origin };
    Mirror::open(home, &project).await.unwrap()
}

pub(crate) fn attempt() -> AttemptId {
    AttemptId::new(&TaskId::from_random(1), 1)
}

/// Runs git as its user would, with an identity. Panics if it fails.
pub(crate) fn git<S: AsRef<OsStr>>(folder: &Path, args: &[S]) -> String {
    let bytes = git_bytes(folder, args, Stdio::null());
    String::from_utf8(bytes).unwrap().trim_end().to_owned()
}

#[expect(clippy::disallowed_methods, reason = "the user of a test's repository runs git too")]
pub(crate) fn git_bytes<S: AsRef<OsStr>>(folder: &Path, args: &[S], stdin: Stdio) -> Vec<u8> {
    let output = std::process::Command::new("git")
        .args(args)
        .current_dir(folder)
        .stdin(stdin)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap())
        .env("HOME", "/nonexistent")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .envs(["GIT_AUTHOR_NAME", "GIT_COMMITTER_NAME"].map(|name| (name, "Ada")))
        .envs(["GIT_AUTHOR_EMAIL", "GIT_COMMITTER_EMAIL"].map(|name| (name, "ada@example.com")))
        .envs(["GIT_AUTHOR_DATE", "GIT_COMMITTER_DATE"].map(|name| (name, "@1000 +0000")))
        .process_group(0)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{:?}: {said}",
        args.iter().map(AsRef::as_ref).collect::<Vec<_>>()
    );
    output.stdout
}

/// What an agent has in its computer: a repository made from a mirror's pack.
pub(crate) async fn workspace(mirror: &Mirror, base: &Commit) -> Repo {
    let format = if base.as_str().len() == 64 { "sha256" } else { "sha1" };
    let repo = Repo::init(&["--initial-branch=main", &format!("--object-format={format}")]);
    take_in(&repo, mirror.pack_into_pipe(base).await.unwrap()).await;
    repo.git(&["update-ref", "refs/heads/main", base.as_str()]);
    repo.git(&["reset", "--hard", "--quiet"]);
    repo
}

/// Adds a pack's objects.
pub(crate) async fn take_in(repo: &Repo, packing: crate::Packing) {
    let shallow: String = packing.shallow.iter().map(|commit| format!("{commit}\n")).collect();
    if !shallow.is_empty() {
        repo.write(".git/shallow", shallow);
    }
    let (pipe, finish) = packing.split();
    let path = repo.path.clone();
    let index = ["index-pack", "--fix-thin", "--stdin"];
    tokio::task::spawn_blocking(move || git_bytes(&path, &index, pipe.into())).await.unwrap();
    finish.finish().await.unwrap();
}

impl Repo {
    /// What the harvest command writes.
    pub fn bundle(&self, base: &Commit) -> Vec<u8> {
        git_bytes(&self.path, &harvest_argv(base)[1..], Stdio::null())
    }
}

/// A mirror of `repo`, and an attempt's change in it that adds a line and a file.
pub(crate) async fn with_change(repo: &Repo, home: &Path) -> (Mirror, Base, Change) {
    let mirror = repo.mirror(home).await;
    let base = mirror.fetch().await.unwrap().base(None).unwrap();
    let change = change(&mirror, &base).await;
    (mirror, base, change)
}

pub(crate) async fn change(mirror: &Mirror, base: &Base) -> Change {
    let agent = workspace(mirror, &base.commit).await;
    agent.write("readme.txt", "one\ntwo\nthree\nfour\n");
    agent.write("new dir/test é.py", "assert True\n");
    agent.commit("Add four");
    let bundle = agent.bundle(&base.commit);
    mirror.import_bytes(&attempt(), &base.commit, &bundle).await.unwrap()
}

pub(crate) fn merge(base: &Base, head: &Commit) -> Merge {
    Merge {
        base: base.clone(),
        head: head.clone(),
        message: "Merge the change\n\nIt was proved.\n".into(),
        by: Identity { name: "Grace".into(), email: "grace@example.com".into() },
        at: Timestamp(5_000_000),
    }
}

pub(crate) fn local(mirror: &Mirror) -> Local {
    Local::new(mirror.clone())
}

/// A repository served over HTTP by git's own backend.
pub(crate) struct HttpServer {
    process: std::process::Child,
    pub url: String,
}

/// Answers with `git http-backend`, and prints its port.
const SERVER: &str = r#"
import http.server, os, subprocess, sys, urllib.parse
class Handler(http.server.BaseHTTPRequestHandler):
    def answer(self):
        path, _, query = self.path.partition('?')
        body = self.rfile.read(int(self.headers.get('Content-Length') or 0))
        if self.headers.get('Transfer-Encoding') == 'chunked':
            while size := int(self.rfile.readline(), 16):
                body += self.rfile.read(size); self.rfile.readline()
            self.rfile.readline()
        environment = dict(os.environ, GIT_HTTP_EXPORT_ALL='1', PATH_INFO=urllib.parse.unquote(path), QUERY_STRING=query,
            GIT_PROJECT_ROOT=sys.argv[1], REQUEST_METHOD=self.command,
            CONTENT_TYPE=self.headers.get('Content-Type', ''), CONTENT_LENGTH=str(len(body)),
            HTTP_CONTENT_ENCODING=self.headers.get('Content-Encoding', ''),
            GIT_PROTOCOL=self.headers.get('Git-Protocol', ''))
        out = subprocess.run(['git', 'http-backend'], input=body, env=environment,
            stdout=subprocess.PIPE).stdout
        head, _, rest = out.partition(b'\r\n\r\n')
        fields = [line.split(': ', 1) for line in head.decode().split('\r\n')]
        self.send_response(int(next((v[:3] for k, v in fields if k == 'Status'), '200')))
        for key, value in fields: self.send_header(key, value)
        self.end_headers(); self.wfile.write(rest)
    do_GET = do_POST = answer
    def log_message(self, *_): pass
server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
"#;

impl HttpServer {
    #[expect(clippy::disallowed_methods, reason = "the server is another program")]
    pub fn start(repo: &Path) -> Self {
        use std::io::{BufRead, BufReader};
        let mut process = std::process::Command::new("python3")
            .args(["-c", SERVER])
            .arg(repo.parent().unwrap())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the HTTP server is a Python program: install python3");
        let mut port = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut port).unwrap();
        let name: String = repo
            .file_name()
            .unwrap()
            .to_str()
            .unwrap()
            .bytes()
            .map(|b| format!("%{b:02x}"))
            .collect();
        Self { process, url: format!("http://127.0.0.1:{}/{name}", port.trim()) }
    }
}

impl Drop for HttpServer {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}
