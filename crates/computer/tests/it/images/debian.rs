//! A minimal Debian from this machine's own mirror, made once by root and kept under the target
//! folder.

use std::fs::{self, File, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use computer::egress::Options;
use computer::{Backend, Compression, Computer, Image, ImageLayer, Spec};
use domain::network::Policy;
use sha2::{Digest, Sha256};
use stdx::lock::FileLock;

use crate::bench::{Bench, GIFT};

const SOURCES: [&str; 2] = ["/etc/apt/sources.list.d/debian.sources", "/etc/apt/sources.list"];
/// What nobody needs to install something.
const LEFT_OUT: [&str; 5] =
    ["var/cache/apt", "var/lib/apt/lists", "usr/share/doc", "usr/share/locale", "usr/share/man"];

/// Where packages come from on this machine.
struct Mirror {
    url: String,
    suite: String,
}

impl Mirror {
    fn of_this_machine() -> Self {
        let texts = SOURCES.iter().filter_map(|path| fs::read_to_string(path).ok());
        texts.filter_map(|text| Self::parse(&text)).next().unwrap_or_else(|| {
            panic!("this test needs a Debian mirror in {}", SOURCES.join(" or "))
        })
    }

    /// Both of apt's formats; the first source counts.
    fn parse(text: &str) -> Option<Self> {
        let field = |name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name));
            line.and_then(|values| values.split_whitespace().next()).map(str::to_owned)
        };
        if let (Some(url), Some(suite)) = (field("URIs:"), field("Suites:")) {
            return Some(Self { url, suite });
        }
        let line = text.lines().find_map(|line| line.trim().strip_prefix("deb "))?;
        let mut words = line.split_whitespace().skip_while(|word| !word.contains("://"));
        Some(Self { url: words.next()?.to_owned(), suite: words.next()?.to_owned() })
    }

    fn host(&self) -> &str {
        let rest = self.url.split_once("://").map_or(&*self.url, |(_, rest)| rest);
        rest.split(['/', ':']).next().unwrap_or(rest)
    }
}

/// The archive of its only layer, made if this is the first time.
pub fn archive() -> PathBuf {
    let mirror = Mirror::of_this_machine();
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let archive = folder.join(format!("{}.tar", mirror.suite));
    let _lock = FileLock::wait(&archive.with_extension("lock")).unwrap();
    if !archive.exists() {
        make(&mirror, folder, &archive);
    }
    archive
}

fn make(mirror: &Mirror, folder: &Path, archive: &Path) {
    let place = tempfile::tempdir_in(folder).unwrap();
    fs::set_permissions(place.path(), Permissions::from_mode(0o755)).unwrap();
    let root = place.path().join("root");
    let unfinished = place.path().join("archive");
    let mut debootstrap = vec!["debootstrap", "--variant=minbase", &mirror.suite];
    debootstrap.extend([root.to_str().unwrap(), &*mirror.url]);
    run(&debootstrap);
    for part in LEFT_OUT {
        fs::remove_dir_all(root.join(part)).unwrap();
    }
    let (root, target) = (root.to_str().unwrap(), unfinished.to_str().unwrap());
    run(&["tar", "--numeric-owner", "-C", root, "-cf", target, "."]);
    fs::rename(&unfinished, archive).unwrap();
}

fn run(argv: &[&str]) {
    #[expect(clippy::disallowed_methods, reason = "a real Debian to install packages on")]
    let mut command = Command::new(argv[0]);
    let output = command.args(&argv[1..]).output();
    let output = output.unwrap_or_else(|error| {
        panic!("this test needs {}: run script/bootstrap --for test ({error})", argv[0])
    });
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{argv:?}: {text}{}", String::from_utf8_lossy(&output.stderr));
}

/// On the archive that this half of a test was given, or made itself. It may reach the mirror.
pub async fn computer(bench: &Bench) -> Box<dyn Computer> {
    let given = bench.folder.join(GIFT);
    let path = if given.exists() { given } else { archive() };
    let diff_id = digest(&path);
    let layer = ImageLayer { path, diff_id: diff_id.clone(), compression: Compression::None };
    let image = Image { digest: diff_id, layers: vec![layer], env: Vec::new() };
    let snapshot = bench.backend.image(&image).await.unwrap();
    let mirror = Mirror::of_this_machine();
    let network = Policy::Only(vec![mirror.host().parse().unwrap()]);
    // A mirror may well be on a private network.
    let private_hosts = vec![mirror.host().parse().unwrap()];
    let egress = Options { private_hosts, ..Options::default() };
    let spec = Spec { network, egress, ..Spec::default() };
    bench.backend.fork(&snapshot, &spec).await.unwrap()
}

fn digest(path: &Path) -> String {
    let mut hasher = Sha256::new();
    std::io::copy(&mut File::open(path).unwrap(), &mut HasherWriter(&mut hasher)).unwrap();
    let hex: String = hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}

struct HasherWriter<'a>(&'a mut Sha256);

impl std::io::Write for HasherWriter<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
