//! Cargo: how the test command calls it, what it builds, and what the compiler complains of.

use std::time::Duration;

use computer::{Computer, Exec, Exited};
use serde::Deserialize;

use crate::Error;
use crate::languages::copy;

/// Of what cargo and the compiler say, as JSON.
const MESSAGES_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// Of the test command's own output.
pub const OUTPUT_BYTES_MAX: u64 = 256 * 1024;
/// Words of a command line.
const WORDS_BYTES_MAX: u64 = 64 * 1024;
/// What asking for the packages may take.
const METADATA_TIME_MAX: Duration = Duration::from_secs(30);

/// How the test command calls cargo.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Call {
    toolchain: Option<String>,
    /// That choose what is built.
    options: Vec<String>,
    /// For the test programs: names of tests, and what stood after `--`.
    pub filters: Vec<String>,
}

const FLAGS: [&str; 13] = [
    "--workspace",
    "--all",
    "--all-features",
    "--no-default-features",
    "--release",
    "-r",
    "--lib",
    "--bins",
    "--tests",
    "--examples",
    "--all-targets",
    "--benches",
    "--locked",
];
const WITH_VALUE: [&str; 13] = [
    "-p",
    "--package",
    "--exclude",
    "-F",
    "--features",
    "--bin",
    "--test",
    "--example",
    "--bench",
    "--manifest-path",
    "--profile",
    "--config",
    "--target",
];
/// Options whose value isn't for us.
const OTHER_WITH_VALUE: [&str; 9] = [
    "-j",
    "--jobs",
    "--target-dir",
    "--message-format",
    "--color",
    "-Z",
    "-E",
    "--retries",
    "--test-threads",
];

impl Call {
    pub fn of(words: &[String]) -> Self {
        let mut call = Self::default();
        let mut words = words.iter();
        let mut is_nextest = false;
        while let Some(word) = words.next() {
            let name = word.split('=').next().unwrap_or_default();
            if word == "--" {
                call.filters.extend(words.by_ref().filter(is_filter).cloned());
            } else if let Some(toolchain) = word.strip_prefix('+') {
                call.toolchain = Some(format!("+{toolchain}"));
            } else if FLAGS.contains(&name) {
                call.options.push(word.clone());
            } else if WITH_VALUE.contains(&name) && !(is_nextest && name == "--profile") {
                call.options.push(word.clone());
                call.options.extend(words.next().filter(|_| !word.contains('=')).cloned());
            } else if OTHER_WITH_VALUE.contains(&name) || name == "--profile" {
                if !word.contains('=') {
                    words.next();
                }
            } else if matches!(word.as_str(), "test" | "t" | "nextest" | "run") {
                is_nextest |= word == "nextest";
            } else if !word.starts_with('-') {
                call.filters.push(word.clone());
            }
        }
        call
    }
}

/// Names, and options that choose among names. How many threads or colours is ours to say.
fn is_filter(word: &&String) -> bool {
    !word.starts_with('-') || matches!(word.as_str(), "--skip" | "--exact" | "--include-ignored")
}

/// Runs the test command with our own cargo in it, which runs no tests.
pub async fn overhear(
    computer: &dyn Computer,
    test_command: &str,
    time: Duration,
) -> Result<(Exited, Option<Call>), Error> {
    let (bin, out) = (copy::scratch("bin"), copy::scratch("out"));
    let shim = include_str!("probe/cargo.sh").as_bytes();
    let written = computer.write(&bin.join("cargo"), shim, 0o755).await;
    written.map_err(|source| Error::Computer { step: "putting the probe in", source })?;
    let command = format!(
        "rm -rf {out}; mkdir -p {out}; WHIMBREL_PATH=\"$PATH\"; export WHIMBREL_PATH; \
         PATH=\"{bin}:$PATH\"; export PATH; {test_command}",
        out = out.display(),
        bin = bin.display()
    );
    let exec = Exec::shell(&command)
        .cwd(copy::root())
        .env("WHIMBREL_OUT", out.to_string_lossy())
        .timeout(time)
        .output_bytes_max(OUTPUT_BYTES_MAX);
    let exited = computer.run(exec).await;
    let exited = exited.map_err(|source| Error::Computer { step: "running the tests", source })?;
    // That cargo wasn't called is told by the absence.
    let words = computer.read(&out.join("heard/words"), WORDS_BYTES_MAX).await.ok();
    let words = words.map(|words| String::from_utf8_lossy(&words).into_owned());
    let call = words.map(|text| Call::of(&text.lines().map(str::to_owned).collect::<Vec<_>>()));
    Ok((exited, call))
}

/// Cargo as the test command would have called it, in the same folder and environment, building
/// beside the copy.
fn cargo(call: &Call, words: &[&str]) -> Exec {
    let heard = copy::scratch("out").join("heard");
    let script = format!(
        ". {heard}/env; PATH=\"$WHIMBREL_PATH\"; cd \"$(cat {heard}/cwd)\"; \
         export CARGO_TARGET_DIR={target}; exec cargo \"$@\"",
        heard = heard.display(),
        target = copy::root().join("target").display()
    );
    let mut argv = vec!["sh".to_owned(), "-c".into(), script, "cargo".into()];
    argv.extend(call.toolchain.clone());
    argv.extend(words.iter().map(|word| (*word).to_owned()));
    Exec::new(argv)
        .cwd(copy::root())
        .env("CARGO_NET_OFFLINE", "true")
        .env("CARGO_INCREMENTAL", "1")
        .env("CARGO_PROFILE_DEV_DEBUG", "0")
        .env("CARGO_PROFILE_TEST_DEBUG", "0")
        .env("CARGO_TERM_COLOR", "never")
        .output_bytes_max(MESSAGES_BYTES_MAX)
}

/// The workspace, as far as it matters here.
#[derive(Debug, Default)]
pub struct Workspace {
    /// Relative to the copy; empty if it is the copy itself.
    pub root: String,
    /// The main file of each library and program.
    pub mains: Vec<String>,
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
    workspace_root: String,
}

#[derive(Deserialize)]
struct Package {
    targets: Vec<Target>,
}

#[derive(Debug, Clone, Deserialize)]
struct Target {
    kind: Vec<String>,
    name: String,
    src_path: String,
}

/// What packages there are; the reason if cargo doesn't know either.
pub async fn workspace(
    computer: &dyn Computer,
    call: &Call,
) -> Result<Result<Workspace, String>, Error> {
    let mut words = vec!["metadata", "--no-deps", "--format-version=1"];
    let manifest = call.options.iter().position(|word| word == "--manifest-path");
    if let Some(path) = manifest.and_then(|at| call.options.get(at + 1)) {
        words.extend(["--manifest-path", path]);
    }
    let ran = computer.run(cargo(call, &words).timeout(METADATA_TIME_MAX)).await;
    let ran = ran.map_err(|source| Error::Computer { step: "asking cargo", source })?;
    let Ok(metadata) = serde_json::from_slice::<Metadata>(&ran.stdout.bytes) else {
        return Ok(Err(ran.stderr.text()));
    };
    let targets = metadata.packages.into_iter().flat_map(|package| package.targets);
    let is_main = |target: &Target| {
        let kinds = ["lib", "rlib", "dylib", "cdylib", "staticlib", "bin"];
        target.kind.iter().any(|kind| kinds.contains(&kind.as_str()))
    };
    let mains = targets.filter(is_main).map(|target| inside(&target.src_path).to_owned());
    Ok(Ok(Workspace { root: inside(&metadata.workspace_root).into(), mains: mains.collect() }))
}

/// A path in the copy, relative to it; whatever links lead to the home folder.
fn inside(path: &str) -> &str {
    match path.split_once(copy::FOLDER) {
        Some((_, inside)) => inside.trim_start_matches('/'),
        None => path,
    }
}

/// A test program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    pub path: String,
    pub kind: String,
    pub name: String,
    /// Its package's.
    pub folder: String,
    /// Its main file, relative to the copy.
    pub main: String,
}

impl Program {
    /// What chooses it, as an option of cargo's.
    fn options(&self) -> Vec<String> {
        let manifest = format!("{}/Cargo.toml", self.folder);
        let kind = match self.kind.as_str() {
            "bin" | "test" | "example" | "bench" => {
                vec![format!("--{}", self.kind), self.name.clone()]
            }
            _ => vec!["--lib".into()],
        };
        [vec!["--manifest-path".into(), manifest], kind].concat()
    }
}

/// Something the compiler doesn't accept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Complaint {
    /// Files and bytes in them, the likeliest to be at fault first.
    pub places: Vec<(String, usize)>,
    pub text: String,
    /// Of borrows, moves or lifetimes, which is looked at last.
    pub is_of_borrows: bool,
}

#[derive(Debug, Default)]
pub struct Built {
    pub is_success: bool,
    pub programs: Vec<Program>,
    pub complaints: Vec<Complaint>,
    /// What cargo itself said.
    pub output: String,
}

#[derive(Deserialize)]
#[serde(tag = "reason")]
enum Message {
    #[serde(rename = "compiler-artifact")]
    Artifact { target: Target, executable: Option<String>, manifest_path: String },
    #[serde(rename = "compiler-message")]
    Complaint { message: Diagnostic },
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
struct Diagnostic {
    level: String,
    message: String,
    code: Option<Code>,
    spans: Vec<Span>,
    #[serde(default)]
    children: Vec<Self>,
}

#[derive(Deserialize)]
struct Code {
    code: String,
}

#[derive(Deserialize)]
struct Span {
    file_name: String,
    byte_start: usize,
    is_primary: bool,
    expansion: Option<Expansion>,
}

#[derive(Deserialize)]
struct Expansion {
    span: Box<Span>,
}

/// Builds the tests of the copy, all or only one program's, but runs none.
pub async fn build(
    computer: &dyn Computer,
    call: &Call,
    workspace: &Workspace,
    only: Option<&Program>,
    time: Duration,
) -> Result<Built, Error> {
    let mut words = vec!["test", "--no-run", "--message-format=json"];
    let chosen = only.map(Program::options).unwrap_or_default();
    let selects = |word: &String| {
        only.is_some()
            && ["-p", "--lib", "--bin", "--test", "--all", "--work", "--manif", "--ex", "--pack"]
                .iter()
                .any(|option| word.starts_with(option))
    };
    let mut options = call.options.iter();
    while let Some(word) = options.next() {
        if !selects(word) {
            words.push(word);
        } else if WITH_VALUE.contains(&word.as_str()) {
            options.next();
        }
    }
    words.extend(chosen.iter().map(String::as_str));
    let ran = computer.run(cargo(call, &words).timeout(time)).await;
    let ran = ran.map_err(|source| Error::Computer { step: "building the tests", source })?;
    let mut built = Built { is_success: ran.status.is_success(), ..Built::default() };
    built.output = ran.stderr.text();
    for message in ran.stdout.text().lines().filter_map(|line| serde_json::from_str(line).ok()) {
        built.note(message, &workspace.root);
    }
    // Cargo tells of them as they are ready. The library's comes first.
    let order =
        |it: &Program| (it.kind != "lib", it.kind.clone(), it.name.clone(), it.path.clone());
    built.programs.sort_by_cached_key(order);
    Ok(built)
}

impl Built {
    fn note(&mut self, message: Message, root: &str) {
        match message {
            Message::Artifact { target, executable: Some(path), manifest_path } => {
                let folder = manifest_path.trim_end_matches("/Cargo.toml").to_owned();
                let kind = target.kind.into_iter().next().unwrap_or_default();
                let main = inside(&target.src_path).to_owned();
                self.programs.push(Program { path, kind, name: target.name, folder, main });
            }
            Message::Complaint { message } if message.level == "error" => {
                let mut places = Vec::new();
                message.places(root, &mut places);
                let is_of_borrows = message.is_of_borrows();
                self.complaints.push(Complaint { places, text: message.message, is_of_borrows });
            }
            Message::Artifact { .. } | Message::Complaint { .. } | Message::Other => {}
        }
    }
}

/// The codes of the borrow checker.
const OF_BORROWS: [&str; 19] = [
    "E0373", "E0381", "E0382", "E0384", "E0499", "E0500", "E0501", "E0502", "E0503", "E0505",
    "E0506", "E0507", "E0515", "E0521", "E0594", "E0596", "E0597", "E0713", "E0716",
];

impl Diagnostic {
    fn is_of_borrows(&self) -> bool {
        let code = self.code.as_ref().map(|code| code.code.as_str());
        code.map_or(self.message.contains("lifetime") || self.message.contains("escape"), |code| {
            OF_BORROWS.contains(&code)
        })
    }

    fn places(&self, root: &str, found: &mut Vec<(String, usize)>) {
        for primary in [true, false] {
            for span in self.spans.iter().filter(|span| span.is_primary == primary) {
                span.places(root, found);
            }
        }
        for child in &self.children {
            child.places(root, found);
        }
    }
}

impl Span {
    /// A place inside of a macro is followed to where the macro is used.
    fn places(&self, root: &str, found: &mut Vec<(String, usize)>) {
        let mut span = self;
        loop {
            let path = inside(&span.file_name);
            let path = if root.is_empty() || path.starts_with('/') {
                path.to_owned()
            } else {
                format!("{root}/{path}")
            };
            found.push((path, span.byte_start));
            let Some(expansion) = &span.expansion else { break };
            span = &expansion.span;
        }
    }
}

#[cfg(test)]
mod tests;
