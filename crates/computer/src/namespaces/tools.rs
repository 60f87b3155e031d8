//! What a computer shows of the host: its system, the toolchains its user has, and the variables
//! that make them work. Of a home directory nothing else, and of the host's environment nothing.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::plan::Bind;
use crate::HOME;

/// The system itself. What is a link on the host, as `/bin` mostly, becomes one in the skeleton.
const SYSTEM: [&str; 9] =
    ["/usr", "/opt", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/nix"];
/// Of `/etc`: folders of public settings that programs need. A trailing `*` stands for any ending.
const SETTINGS: [&str; 7] =
    ["alternatives", "ca-certificates", "ssl/certs", "ld.so.conf.d", "perl", "fonts", "java*"];
const PATH_ALWAYS: [&str; 6] =
    ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

/// A toolchain that lives in its user's home.
struct Toolchain {
    /// Where the user may have said that it is instead.
    variable: Option<&'static str>,
    /// Below the home directory.
    folder: &'static str,
    /// The parts that are shown; the rest may hold credentials.
    parts: &'static [&'static str],
    /// Whether the variable is set inside, too.
    told: bool,
}

const TOOLCHAINS: [Toolchain; 9] = [
    Toolchain { variable: Some("CARGO_HOME"), folder: ".cargo", parts: &["bin"], told: false },
    whole(Some("RUSTUP_HOME"), ".rustup"),
    whole(Some("PYENV_ROOT"), ".pyenv"),
    whole(Some("NVM_DIR"), ".nvm"),
    whole(Some("VOLTA_HOME"), ".volta"),
    Toolchain { variable: Some("GOPATH"), folder: "go", parts: &["bin", "pkg"], told: false },
    whole(None, ".sdkman/candidates"),
    Toolchain {
        variable: None,
        folder: ".local/share/uv",
        parts: &["python", "tools"],
        told: false,
    },
    whole(None, ".local/share/mise/installs"),
];

const fn whole(variable: Option<&'static str>, folder: &'static str) -> Toolchain {
    Toolchain { variable, folder, parts: &[""], told: true }
}

#[derive(Debug)]
pub struct Tools {
    pub binds: Vec<Bind>,
    /// The environment of every program inside.
    pub env: BTreeMap<String, String>,
}

/// The host, as far as this module looks at it.
#[derive(Debug)]
pub struct Host {
    pub env: BTreeMap<String, String>,
}

impl Host {
    pub fn current() -> Self {
        let env = std::env::vars_os();
        let text = |text: std::ffi::OsString| text.into_string().ok();
        Self { env: env.filter_map(|(name, value)| Some((text(name)?, text(value)?))).collect() }
    }

    fn home(&self) -> Option<PathBuf> {
        self.env.get("HOME").map(PathBuf::from).filter(|home| home.is_absolute())
    }

    /// Where a toolchain is, if it is.
    fn folder(&self, toolchain: &Toolchain) -> Option<PathBuf> {
        let said = toolchain.variable.and_then(|name| self.env.get(name)).map(PathBuf::from);
        let folder = said.or_else(|| Some(self.home()?.join(toolchain.folder)))?;
        (folder.is_absolute() && readable(&folder)).then_some(folder)
    }
}

fn readable(folder: &Path) -> bool {
    fs::read_dir(folder).is_ok()
}

/// Looks at the host and chooses.
pub fn find(host: &Host) -> Tools {
    let mut tools = Tools { binds: system_binds(), env: fixed_variables() };
    for toolchain in &TOOLCHAINS {
        if let Some(folder) = host.folder(toolchain) {
            tools.show(toolchain, &folder);
        }
    }
    tools.share_crates(host);
    let path = tools.path(host.env.get("PATH").map_or("", String::as_str));
    tools.env.insert("PATH".into(), path);
    tools
}

fn system_binds() -> Vec<Bind> {
    let is_folder = |path: &Path| fs::symlink_metadata(path).is_ok_and(|found| found.is_dir());
    let system = SYSTEM.iter().map(PathBuf::from).filter(|path| is_folder(path));
    let settings = SETTINGS.iter().flat_map(|name| settings_folders(name));
    system.chain(settings.filter(|path| readable(path))).map(Bind::same).collect()
}

fn settings_folders(name: &str) -> Vec<PathBuf> {
    let Some(beginning) = name.strip_suffix('*') else { return vec![Path::new("/etc").join(name)] };
    let Ok(entries) = fs::read_dir("/etc") else { return Vec::new() };
    let begins = |path: &PathBuf| {
        path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(beginning))
    };
    let mut folders: Vec<_> = entries.flatten().map(|entry| entry.path()).filter(begins).collect();
    folders.sort();
    folders
}

fn fixed_variables() -> BTreeMap<String, String> {
    let shell = if Path::new("/bin/bash").exists() { "/bin/bash" } else { "/bin/sh" };
    let cargo_home = format!("{HOME}/.cargo");
    let variables = [
        ("HOME", HOME),
        ("USER", "root"),
        ("LOGNAME", "root"),
        ("SHELL", shell),
        ("LANG", "C.UTF-8"),
        ("TERM", "dumb"),
        ("GIT_TERMINAL_PROMPT", "0"),
        ("PIP_DISABLE_PIP_VERSION_CHECK", "1"),
        ("CARGO_HOME", &cargo_home),
        ("CARGO_NET_OFFLINE", "true"),
    ];
    variables.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
}

/// Of whoever works inside, whatever an image says.
const OURS: [&str; 3] = ["HOME", "USER", "LOGNAME"];
/// Where an image doesn't say otherwise.
const IMAGE_DEFAULTS: [(&str, &str); 5] = [
    ("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"),
    ("SHELL", "/bin/sh"),
    ("LANG", "C.UTF-8"),
    ("TERM", "dumb"),
    ("GIT_TERMINAL_PROMPT", "0"),
];

/// The environment of every program on an image, which says some of it as `NAME=value`.
pub fn image_variables(said: &[String]) -> BTreeMap<String, String> {
    let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    let said = said.iter().filter_map(|variable| variable.split_once('='));
    let said = said.filter(|(name, value)| {
        !name.is_empty() && !OURS.contains(name) && !name.contains('\0') && !value.contains('\0')
    });
    let ours = [("HOME", HOME), ("USER", "root"), ("LOGNAME", "root")];
    IMAGE_DEFAULTS.into_iter().chain(said).chain(ours).map(owned).collect()
}

/// What to say of a program that an image must have for whimbrel's own work, and hasn't.
pub fn absent_from_image(program: &str) -> Option<&'static str> {
    match program {
        "/bin/sh" | "sh" => Some("the image has no shell; take one that has a /bin/sh"),
        "git" => Some(
            "the image has no git; add the package git to it (apt-get install git, apk add git or \
             dnf install git)",
        ),
        _ => None,
    }
}

impl Tools {
    fn show(&mut self, toolchain: &Toolchain, folder: &Path) {
        for part in toolchain.parts {
            let path = if part.is_empty() { folder.to_owned() } else { folder.join(part) };
            if readable(&path) && !self.has(&path) {
                self.binds.push(Bind::same(path));
            }
        }
        if let (Some(name), true) = (toolchain.variable, toolchain.told) {
            self.env.insert(name.to_owned(), folder.to_string_lossy().into_owned());
        }
        if toolchain.folder == "go" {
            let modules = folder.join("pkg/mod").to_string_lossy().into_owned();
            self.env.insert("GOMODCACHE".into(), modules);
            self.env.insert("GOPROXY".into(), "off".into());
        }
    }

    /// The crates that were downloaded before; where cargo's credentials are, is not shown.
    fn share_crates(&mut self, host: &Host) {
        let cargo = TOOLCHAINS.iter().find(|toolchain| toolchain.folder == ".cargo");
        let registry = cargo.and_then(|cargo| host.folder(cargo)).map(|home| home.join("registry"));
        if let Some(source) = registry.filter(|registry| readable(registry)) {
            let target = Path::new(HOME).join(".cargo/registry");
            self.binds.push(Bind { source, target });
        }
    }

    /// Whether `path` is inside at the same place.
    fn has(&self, path: &Path) -> bool {
        self.binds.iter().any(|bind| bind.source == bind.target && path.starts_with(&bind.target))
    }

    /// The host's search path, without what isn't inside, then the usual places.
    fn path(&self, host_path: &str) -> String {
        let given = host_path.split(':').filter(|entry| self.has(Path::new(entry)));
        let cargo = self.binds.iter().map(|bind| &bind.target);
        let cargo =
            cargo.filter(|target| target.ends_with(".cargo/bin")).filter_map(|p| p.to_str());
        let mut entries: Vec<&str> = Vec::new();
        for entry in given.chain(cargo).chain(PATH_ALWAYS) {
            if !entries.contains(&entry) && Path::new(entry).is_dir() {
                entries.push(entry);
            }
        }
        entries.join(":")
    }
}

#[cfg(test)]
mod tests;
