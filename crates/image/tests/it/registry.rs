//! Debian's docker-registry on a port of this machine.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::made::{Made, digest};

/// For the user `someone`, of whom the password is `pass word`.
const PASSWORDS: &str = "someone:$2y$05$abcdefghijklmnopqrstuuIt/9/tGzLcigNq/.RWIDjeEVR30RSf.\n";
pub const USER: &str = "someone";
pub const PASSWORD: &str = "pass word";

pub struct Registry {
    process: Child,
    _folder: tempfile::TempDir,
    /// `127.0.0.1:port`.
    pub host: String,
    client: reqwest::Client,
    has_passwords: bool,
}

impl Registry {
    pub fn open() -> Self {
        Self::start("")
    }

    pub fn with_passwords() -> Self {
        Self::start("auth: {htpasswd: {realm: test, path: passwords}}\n")
    }

    fn start(auth: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config = format!(
            "version: 0.1\nlog: {{level: info}}\nhttp: {{addr: '127.0.0.1:0', secret: x}}\n\
             storage: {{filesystem: {{rootdirectory: data}}}}\n{auth}"
        );
        std::fs::write(folder.path().join("config.yml"), config).unwrap();
        std::fs::write(folder.path().join("passwords"), PASSWORDS).unwrap();
        let mut process = spawn(folder.path());
        let host = listening(&mut process);
        install_crypto();
        let client = reqwest::Client::builder().no_proxy().tls_certs_only([]).build().unwrap();
        Self { process, _folder: folder, host, client, has_passwords: !auth.is_empty() }
    }

    pub async fn push(&self, made: &Made, name: &str, tag: &str) {
        for blob in made.blobs() {
            self.push_blob(name, blob).await;
        }
        self.push_manifest(name, tag, &made.manifest, made.media_type).await;
    }

    pub async fn push_manifest(&self, name: &str, tag: &str, bytes: &[u8], media_type: &str) {
        let url = format!("http://{}/v2/{name}/manifests/{tag}", self.host);
        let request = self.client.put(url).header("content-type", media_type.to_owned());
        self.send(request.body(bytes.to_owned())).await;
    }

    async fn push_blob(&self, name: &str, blob: &[u8]) {
        let url = format!("http://{}/v2/{name}/blobs/uploads/", self.host);
        let begun = self.send(self.client.post(url)).await;
        let place = begun.headers()["location"].to_str().unwrap().to_owned();
        let place = format!("{place}&digest={}", digest(blob));
        self.send(self.client.put(place).body(blob.to_owned())).await;
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> reqwest::Response {
        let request = match self.has_passwords {
            true => request.basic_auth(USER, Some(PASSWORD)),
            false => request,
        };
        request.send().await.unwrap().error_for_status().unwrap()
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

fn spawn(folder: &Path) -> Child {
    #[expect(clippy::disallowed_methods, reason = "a real registry to pull from")]
    let mut command = Command::new("docker-registry");
    command.args(["serve", "config.yml"]).current_dir(folder);
    let started = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn();
    started.expect("this test needs docker-registry: run script/bootstrap --for test")
}

/// It says which port it got; the rest of its log is read away.
fn listening(process: &mut Child) -> String {
    let mut lines = BufReader::new(process.stderr.take().unwrap()).lines();
    let said = lines.find_map(|line| {
        let line = line.unwrap();
        Some(line.split_once("listening on ")?.1.split('"').next()?.to_owned())
    });
    std::thread::spawn(move || lines.for_each(drop));
    said.expect("docker-registry doesn't say where it listens")
}

pub fn install_crypto() {
    // An error says that somebody installed one before.
    let _already_there = rustls::crypto::ring::default_provider().install_default();
}
