//! Other ways to run `true` in a sandbox, as near to a computer as each can be: the same
//! namespaces, the host's `/usr` read-only, no network. Those that keep images run a root folder
//! that has nothing but what leads into `/usr`.

use std::fs;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::{Path, PathBuf};

use anyhow::Result;
use serde_json::{Value, json};

use super::process;
use super::report::{Report, Series};

/// The name of an image and of containers that are ours.
const NAME: &str = "whimbrel-bench";

pub struct Rival {
    argv: Vec<String>,
    pub series: Series,
    /// What is to be run at the end.
    cleanup: Option<Vec<String>>,
}

impl Rival {
    fn new(name: &'static str, argv: Vec<String>) -> Self {
        Self { argv, series: Series::new(name).beside("bubblewrap"), cleanup: None }
    }

    pub fn run(&mut self) -> Result<()> {
        self.series.times.push(process::time(&self.argv)?);
        Ok(())
    }
}

impl Drop for Rival {
    fn drop(&mut self) {
        if let Some(argv) = &self.cleanup {
            // What stays is an empty image with a name that says whose it is.
            let _stays = process::time(argv);
        }
    }
}

/// Those that are installed and run here.
pub fn find(folder: &Path, report: &mut Report) -> Result<Vec<Rival>> {
    let root = make_root(folder)?;
    let bundle = make_bundle(folder, &root)?;
    let candidates: [(&'static str, &dyn Fn() -> Result<Rival>); 5] = [
        ("bubblewrap", &|| Ok(bubblewrap())),
        // Its groups are of one version or the other, and some machines have both.
        ("crun", &|| Ok(oci("crun", &["--cgroup-manager=disabled"], folder, &bundle))),
        ("runc", &|| Ok(oci("runc", &[], folder, &bundle))),
        ("podman", &|| Ok(podman(&root))),
        ("docker", &|| docker(&root)),
    ];
    let mut rivals = Vec::new();
    for (name, make) in candidates {
        let program = if name == "bubblewrap" { "bwrap" } else { name };
        if !process::is_installed(program) {
            report.note(format!("{name} isn't installed, so it was not measured"));
            continue;
        }
        let tried = make().and_then(|rival| {
            process::output(&rival.argv, folder)?;
            Ok(rival)
        });
        match tried {
            Ok(rival) => rivals.push(rival),
            Err(error) => report.note(format!("{name} doesn't run here: {error:#}")),
        }
    }
    Ok(rivals)
}

fn strings(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// A root folder that only leads into the host's `/usr`.
fn make_root(folder: &Path) -> Result<PathBuf> {
    let root = folder.join("root");
    for name in ["usr", "proc", "dev", "tmp", "etc", "run"] {
        fs::create_dir_all(root.join(name))?;
    }
    for name in ["bin", "lib", "lib64", "sbin"] {
        symlink(Path::new("usr").join(name), root.join(name))?;
    }
    Ok(root)
}

/// No overlay, no limits.
fn bubblewrap() -> Rival {
    let argv = [
        "bwrap",
        "--unshare-all",
        "--die-with-parent",
        "--ro-bind",
        "/usr",
        "/usr",
        "--symlink",
        "usr/bin",
        "/bin",
        "--symlink",
        "usr/lib",
        "/lib",
        "--symlink",
        "usr/lib64",
        "/lib64",
        "--proc",
        "/proc",
        "--dev",
        "/dev",
        "--tmpfs",
        "/tmp",
        "true",
    ];
    let mut rival = Rival::new("bubblewrap", strings(&argv));
    rival.series.beside = None;
    rival
}

/// An OCI runtime, started as an engine would start it.
fn oci(name: &'static str, options: &[&str], folder: &Path, bundle: &Path) -> Rival {
    let state = folder.join(format!("{name}-state"));
    let (state, bundle) = (state.display().to_string(), bundle.display().to_string());
    let run = ["--root", &state, "run", "--bundle", &bundle, NAME];
    Rival::new(name, strings(&[&[name], options, &run].concat()))
}

/// With the runtime it has for itself, or where that doesn't run here, with runc. The limits are
/// given since its own may be above those of whoever is measuring.
fn podman(root: &Path) -> Rival {
    let path = root.display().to_string();
    let rival = |runtime: &[&str]| {
        let before = ["podman", "run", "--rm", "--network=none", "--volume=/usr:/usr:ro"];
        let limits = ["--ulimit=nofile=1024:1024", "--ulimit=nproc=1024:1024"];
        let root = ["--rootfs", &path, "true"];
        Rival::new("podman", strings(&[&before[..], runtime, &limits, &root].concat()))
    };
    let own = rival(&[]);
    if process::output(&own.argv, root).is_ok() { own } else { rival(&["--runtime=runc"]) }
}

/// Its image is made from the root folder, so that no registry is asked.
fn docker(root: &Path) -> Result<Rival> {
    let archive = root.with_extension("tar");
    let (from, to) = (root.display().to_string(), archive.display().to_string());
    process::output(&["tar", "-C", &from, "-cf", &to, "."], root)?;
    process::output(&["docker", "import", &to, NAME], root)?;
    let argv = [
        "docker",
        "run",
        "--rm",
        "--network",
        "none",
        "--volume",
        "/usr:/usr:ro",
        NAME,
        "/usr/bin/true",
    ];
    let mut rival = Rival::new("docker", strings(&argv));
    rival.cleanup = Some(strings(&["docker", "image", "rm", "--force", NAME]));
    Ok(rival)
}

/// A bundle for OCI runtimes.
fn make_bundle(folder: &Path, root: &Path) -> Result<PathBuf> {
    let bundle = folder.join("bundle");
    fs::create_dir_all(&bundle)?;
    fs::write(bundle.join("config.json"), serde_json::to_vec_pretty(&config(root))?)?;
    Ok(bundle)
}

/// Of this process.
pub fn ids() -> (u32, u32) {
    fs::metadata("/proc/self").map_or((0, 0), |own| (own.uid(), own.gid()))
}

fn config(root: &Path) -> Value {
    let (uid, gid) = ids();
    let mut namespaces = vec!["pid", "network", "ipc", "uts", "mount"];
    let mut linux = json!({});
    if uid != 0 {
        namespaces.push("user");
        let map = |id: u32| json!([{ "containerID": 0, "hostID": id, "size": 1 }]);
        linux = json!({ "uidMappings": map(uid), "gidMappings": map(gid) });
    }
    linux["namespaces"] = namespaces.iter().map(|name| json!({ "type": name })).collect();
    json!({
        "ociVersion": "1.0.2",
        "process": {
            "terminal": false,
            "user": { "uid": 0, "gid": 0 },
            "args": ["true"],
            "env": ["PATH=/usr/bin"],
            "cwd": "/",
            "noNewPrivileges": true,
        },
        "root": { "path": root, "readonly": false },
        "hostname": NAME,
        "mounts": [
            { "destination": "/proc", "type": "proc", "source": "proc" },
            { "destination": "/dev", "type": "tmpfs", "source": "tmpfs",
              "options": ["nosuid", "mode=755"] },
            { "destination": "/tmp", "type": "tmpfs", "source": "tmpfs" },
            { "destination": "/usr", "type": "bind", "source": "/usr",
              "options": ["rbind", "ro"] },
        ],
        "linux": linux,
    })
}
