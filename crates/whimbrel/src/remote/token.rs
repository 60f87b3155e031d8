//! The token that a server knows somebody by: from a variable or a file of the person's own, never
//! from the command line, where every process of the machine could read it.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::PathBuf;

use anyhow::{Context, Result, bail};

use super::place::Place;

/// Holds a token for whatever server is named.
const TOKEN: &str = "WHIMBREL_TOKEN";
/// Longer ones are no tokens.
const TOKEN_CHARS_MAX: usize = 512;
const OTHERS: u32 = 0o077;

/// The token for that server; none where nobody logged in. A variable comes first.
pub fn of(place: &Place) -> Result<Option<String>> {
    let typed = std::env::var(TOKEN).ok().filter(|token| !token.is_empty());
    if let Some(token) = typed {
        return checked(place, &token).map(Some);
    }
    let file = file(place)?;
    let Ok(about) = fs::metadata(&file) else { return Ok(None) };
    if about.permissions().mode() & OTHERS != 0 {
        let shown = file.display();
        bail!("others may read the token in {shown}: chmod 600 it, or log in again");
    }
    let text =
        fs::read_to_string(&file).with_context(|| format!("can't read {}", file.display()))?;
    checked(place, &text).map(Some)
}

/// Keeps it for that server, for nobody else to read.
pub fn keep(place: &Place, token: &str) -> Result<PathBuf> {
    let file = file(place)?;
    let shown = file.display().to_string();
    let folder = file.parent().context("the file for tokens has no folder")?;
    fs::create_dir_all(folder).with_context(|| format!("can't make {}", folder.display()))?;
    let new = file.with_extension("new");
    // It may lie there from a command that was killed.
    let _absent = fs::remove_file(&new);
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true).mode(0o600);
    let mut opened = options.open(&new).with_context(|| format!("can't write {shown}"))?;
    let written =
        opened.write_all(format!("{token}\n").as_bytes()).and_then(|()| opened.sync_all());
    let written = written.and_then(|()| fs::rename(&new, &file));
    written.with_context(|| format!("can't write {shown}"))?;
    Ok(file)
}

/// Whether there was one.
pub fn forget(place: &Place) -> Result<bool> {
    let file = file(place)?;
    match fs::remove_file(&file) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error).with_context(|| format!("can't remove {}", file.display())),
    }
}

/// A token that may be sent there.
pub fn checked(place: &Place, text: &str) -> Result<String> {
    let token = text.trim();
    let is_token = |c: char| c.is_ascii_alphanumeric() || "-_.~+/=".contains(c);
    if token.is_empty() || token.len() > TOKEN_CHARS_MAX || !token.chars().all(is_token) {
        bail!("this is no token; `whimbrel token create` makes one, on the server");
    }
    if place.is_plain() && !place.is_loopback() {
        bail!("a token isn't sent to {place}: without TLS, everybody on the way could read it");
    }
    Ok(token.to_owned())
}

fn file(place: &Place) -> Result<PathBuf> {
    let folder = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    let config = folder("XDG_CONFIG_HOME").map(PathBuf::from);
    let config = config.or_else(|| folder("HOME").map(|home| PathBuf::from(home).join(".config")));
    let config = config.context("set HOME or XDG_CONFIG_HOME: tokens are kept there")?;
    Ok(config.join("whimbrel/servers").join(place.file_name()))
}
