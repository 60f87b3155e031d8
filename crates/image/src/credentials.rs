//! Who we are at a registry: what was given, or what `docker login` left. Values are never shown.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use crate::Error;

/// Docker Hub's name in docker's own files.
const DOCKER_HUB: &str = "https://index.docker.io/v1/";
/// A helper's user name for a secret that is no password.
const TOKEN_USER: &str = "<token>";
const WORDS_CHARS_MAX: usize = 300;

#[derive(Clone, PartialEq, Eq)]
pub enum Credential {
    Password {
        user: String,
        password: String,
    },
    /// To be exchanged for a short-lived one.
    IdentityToken(String),
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Password { user, .. } => write!(f, "Password {{ user: {user:?}, .. }}"),
            Self::IdentityToken(_) => f.write_str("IdentityToken(..)"),
        }
    }
}

/// Where credentials come from, the first that has some first.
#[derive(Debug, Clone, Default)]
pub struct Credentials {
    given: BTreeMap<String, Credential>,
    docker: Option<PathBuf>,
}

impl Credentials {
    /// With what `docker login` left: in `$DOCKER_CONFIG`, or `~/.docker`.
    pub fn docker(variable: Option<PathBuf>, home: Option<&Path>) -> Self {
        let docker = variable.or_else(|| Some(home?.join(".docker")));
        Self { given: BTreeMap::new(), docker: docker.map(|folder| folder.join("config.json")) }
    }

    /// The same for whoever runs this program.
    pub fn of_this_user() -> Self {
        let folder =
            |name: &str| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
        Self::docker(folder("DOCKER_CONFIG"), folder("HOME").as_deref())
    }

    /// `registry` as in an image's full name.
    pub fn with(mut self, registry: impl Into<String>, credential: Credential) -> Self {
        self.given.insert(registry.into(), credential);
        self
    }

    /// Blocks, since a helper may be asked.
    pub(crate) fn of(&self, registry: &str) -> Result<Option<Credential>, Error> {
        if let Some(given) = self.given.get(registry) {
            return Ok(Some(given.clone()));
        }
        let Some(path) = self.docker.as_deref().filter(|path| path.exists()) else {
            return Ok(None);
        };
        let text = fs::read(path).map_err(|source| Error::Read { path: path.into(), source })?;
        let file: DockerFile = serde_json::from_slice(&text).map_err(|error| {
            // Its text could show what stands there.
            let what = format!("line {} is no good JSON", error.line());
            Error::Malformed { path: path.into(), what }
        })?;
        file.credential(registry)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DockerFile {
    #[serde(default)]
    auths: BTreeMap<String, DockerAuth>,
    #[serde(default)]
    cred_helpers: BTreeMap<String, String>,
    #[serde(default)]
    creds_store: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct DockerAuth {
    auth: String,
    username: String,
    password: String,
    identitytoken: String,
}

impl DockerFile {
    fn credential(&self, registry: &str) -> Result<Option<Credential>, Error> {
        let names = names(registry);
        let helper = names.iter().find_map(|name| Some((self.cred_helpers.get(name)?, name)));
        if let Some((helper, name)) = helper {
            return ask(helper, name);
        }
        // A store is asked only for what somebody logged in to; that is what the empty entry says.
        let entry = self.auths.iter().find(|(key, _)| names.contains(&host_of(key)));
        let stored = entry.and_then(|(_, auth)| auth.credential());
        match (stored, entry, self.creds_store.as_deref().filter(|store| !store.is_empty())) {
            (Some(stored), _, _) => Ok(Some(stored)),
            (None, Some((key, _)), Some(store)) => ask(store, key),
            (None, _, _) => Ok(None),
        }
    }
}

impl DockerAuth {
    fn credential(&self) -> Option<Credential> {
        if !self.identitytoken.is_empty() {
            return Some(Credential::IdentityToken(self.identitytoken.clone()));
        }
        let decoded =
            STANDARD.decode(self.auth.trim()).ok().and_then(|b| String::from_utf8(b).ok());
        let (user, password) = match decoded.as_deref().and_then(|text| text.split_once(':')) {
            // Some versions of docker end it in zeros.
            Some((user, password)) => (user.to_owned(), password.trim_end_matches('\0').to_owned()),
            None => (self.username.clone(), self.password.clone()),
        };
        (!user.is_empty()).then_some(Credential::Password { user, password })
    }
}

/// All names that docker's files may have for a registry.
fn names(registry: &str) -> Vec<String> {
    let hub = ["index.docker.io", "registry-1.docker.io", DOCKER_HUB];
    let more: &[&str] = if registry == "docker.io" { &hub } else { &[] };
    std::iter::once(registry).chain(more.iter().copied()).map(str::to_owned).collect()
}

/// Old versions of docker wrote addresses.
fn host_of(key: &str) -> String {
    let rest = key.strip_prefix("https://").or_else(|| key.strip_prefix("http://")).unwrap_or(key);
    rest.split('/').next().unwrap_or(rest).to_owned()
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    username: String,
    secret: String,
}

/// Asks the operator's own helper.
fn ask(helper: &str, name: &str) -> Result<Option<Credential>, Error> {
    let failed = |words: String| Error::Helper {
        helper: cut(helper),
        words: words.chars().take(WORDS_CHARS_MAX).collect(),
    };
    if !helper.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)) {
        return Err(failed("its name is no name of a program".into()));
    }
    #[expect(clippy::disallowed_methods, reason = "docker's way of keeping credentials")]
    let mut command = Command::new(format!("docker-credential-{helper}"));
    command.arg("get").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|error| failed(error.to_string()))?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(name.as_bytes()).map_err(|error| failed(error.to_string()))?;
    }
    let output = child.wait_with_output().map_err(|error| failed(error.to_string()))?;
    if !output.status.success() {
        let words = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        let unknown = words.contains("credentials not found");
        return if unknown { Ok(None) } else { Err(failed(words)) };
    }
    let answer: Answer = serde_json::from_slice(&output.stdout)
        .map_err(|_| failed("it didn't answer with a user and a secret".into()))?;
    Ok(Some(if answer.username == TOKEN_USER {
        Credential::IdentityToken(answer.secret)
    } else {
        Credential::Password { user: answer.username, password: answer.secret }
    }))
}

fn cut(text: &str) -> String {
    text.chars().take(64).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(text: &str, registry: &str) -> Option<Credential> {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("config.json"), text).unwrap();
        let credentials = Credentials::docker(Some(folder.path().to_owned()), None);
        credentials.of(registry).unwrap()
    }

    fn password(user: &str, password: &str) -> Option<Credential> {
        Some(Credential::Password { user: user.into(), password: password.into() })
    }

    #[test]
    fn what_docker_login_left_is_found_by_any_of_its_names() {
        let auth = STANDARD.encode("me:se:cret");
        let file = format!(
            r#"{{"auths":{{"https://index.docker.io/v1/":{{"auth":"{auth}"}},
                "http://host:5000/v2/":{{"username":"a","password":"b"}},
                "ghcr.io":{{"identitytoken":"t"}}}},"HttpHeaders":{{}}}}"#
        );
        assert_eq!(from(&file, "docker.io"), password("me", "se:cret"));
        assert_eq!(from(&file, "host:5000"), password("a", "b"));
        assert_eq!(from(&file, "ghcr.io"), Some(Credential::IdentityToken("t".into())));
        assert_eq!(from(&file, "quay.io"), None);
        assert_eq!(from("{}", "docker.io"), None);
    }

    #[test]
    fn nothing_shows_a_value() {
        let shown =
            format!("{:?}", (password("me", "hidden"), Credential::IdentityToken("hidden".into())));
        assert!(!shown.contains("hidden"), "{shown}");
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("config.json"), r#"{"auths":{"x":{"auth":hidden}}}"#).unwrap();
        let credentials = Credentials::docker(Some(folder.path().to_owned()), None);
        assert!(!format!("{:?}", credentials.of("x")).contains("hidden"));
    }

    #[test]
    fn a_helper_is_a_name_and_no_path() {
        let file = r#"{"credHelpers":{"x.io":"../../evil"}}"#;
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("config.json"), file).unwrap();
        let credentials = Credentials::docker(Some(folder.path().to_owned()), None);
        assert!(matches!(credentials.of("x.io"), Err(Error::Helper { .. })));
        assert!(credentials.of("y.io").unwrap().is_none());
    }
}
