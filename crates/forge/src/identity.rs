//! Who the user is to git, by their own settings for all repositories: for merges that they ask
//! for.

use std::path::Path;

use crate::Error;
use crate::forge::Identity;
use crate::git::Git;

/// Where git's settings say nothing. The name is no person's, so that nobody is impersonated.
const UNKNOWN: (&str, &str) = ("whimbrel", "whimbrel@localhost");

/// The name and address in the user's own (global) settings.
pub async fn of_user() -> Result<Identity, Error> {
    let name = setting("user.name").await?;
    let email = setting("user.email").await?;
    match (name, email) {
        (Some(name), Some(email)) => Ok(Identity { name, email }),
        _ => Ok(Identity::unknown()),
    }
}

impl Identity {
    pub(crate) fn unknown() -> Self {
        Self { name: UNKNOWN.0.into(), email: UNKNOWN.1.into() }
    }
}

/// `git config --get` exits with 1 where there is no such setting.
async fn setting(name: &str) -> Result<Option<String>, Error> {
    let done = Git::new(format!("read {name}"), Path::new("/"))
        .with_network()
        .args(["config", "--global", "--get", name])
        .done()
        .await?;
    let text = String::from_utf8_lossy(&done.stdout).trim().to_owned();
    Ok((done.code == 0 && !text.is_empty()).then_some(text))
}
