//! Files that need no reading: made by programs, or somebody else's. They are listed, and shown when
//! that is asked for; the reason is always said.

/// Why a file isn't shown at first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fold {
    Lock,
    Vendored,
    Generated,
    Minified,
    Snapshot,
    /// More than a page should have of one file.
    Long,
    /// The page has enough lines without it.
    Rest,
}

impl Fold {
    pub fn words(self) -> &'static str {
        match self {
            Self::Lock => "a lock file",
            Self::Vendored => "somebody else's code, kept here",
            Self::Generated => "made by a program",
            Self::Minified => "minified",
            Self::Snapshot => "a snapshot of tests",
            Self::Long => "long",
            Self::Rest => "not shown, because the page is long",
        }
    }

    /// By its path alone.
    pub fn of_path(path: &str) -> Option<Self> {
        let name = path.rsplit('/').next().unwrap_or(path);
        let is_in = |folders: &[&str]| {
            path.split('/').rev().skip(1).any(|folder| folders.contains(&folder))
        };
        if LOCKS.contains(&name) {
            return Some(Self::Lock);
        }
        if is_in(&["node_modules", "vendor", "third_party", "third-party", "bower_components"]) {
            return Some(Self::Vendored);
        }
        if name.ends_with(".min.js") || name.ends_with(".min.css") || name.ends_with(".map") {
            return Some(Self::Minified);
        }
        if name.ends_with(".snap") || is_in(&["__snapshots__"]) {
            return Some(Self::Snapshot);
        }
        let generated =
            ["_pb2.py", ".pb.go", ".g.dart", ".generated.ts", ".designer.cs", "_generated.go"];
        generated.iter().any(|end| name.ends_with(end)).then_some(Self::Generated)
    }

    /// By its first lines: programs say that they made it.
    pub fn of_text(text: &str) -> Option<Self> {
        let head = &text[..text.floor_char_boundary(1024.min(text.len()))];
        let says = head.lines().take(10).any(|line| {
            line.contains("@generated")
                || (line.contains("DO NOT EDIT") && line.to_ascii_lowercase().contains("generated"))
        });
        says.then_some(Self::Generated)
    }
}

const LOCKS: [&str; 16] = [
    "Cargo.lock",
    "Gemfile.lock",
    "Package.resolved",
    "Pipfile.lock",
    "bun.lock",
    "composer.lock",
    "deno.lock",
    "flake.lock",
    "go.sum",
    "mix.lock",
    "npm-shrinkwrap.json",
    "package-lock.json",
    "pnpm-lock.yaml",
    "poetry.lock",
    "uv.lock",
    "yarn.lock",
];
