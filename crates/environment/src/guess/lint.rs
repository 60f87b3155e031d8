//! A linter is guessed where the project configures one and the machine has it: one that can't
//! start would fail every change alike.

use super::{Guess, View, javascript};
use crate::Finding;

struct Linter {
    name: &'static str,
    /// Must be on the `PATH`.
    program: &'static str,
    command: &'static str,
    /// Any of these, with this text somewhere in it, configures the linter.
    configs: &'static [(&'static str, &'static str)],
}

const LINTERS: [Linter; 5] = [
    Linter {
        name: "ruff",
        program: "ruff",
        command: "ruff check .",
        configs: &[("ruff.toml", ""), (".ruff.toml", ""), ("pyproject.toml", "[tool.ruff")],
    },
    Linter {
        name: "flake8",
        program: "flake8",
        command: "flake8",
        configs: &[(".flake8", ""), ("setup.cfg", "[flake8]"), ("tox.ini", "[flake8]")],
    },
    Linter {
        name: "rustfmt",
        program: "rustfmt",
        command: "cargo fmt --all --check",
        configs: &[("rustfmt.toml", ""), (".rustfmt.toml", "")],
    },
    Linter {
        name: "golangci-lint",
        program: "golangci-lint",
        command: "golangci-lint run",
        configs: &[(".golangci.yml", ""), (".golangci.yaml", ""), (".golangci.toml", "")],
    },
    Linter {
        name: "eslint",
        program: "npm",
        command: "npm run lint",
        configs: &[
            ("eslint.config.js", ""),
            ("eslint.config.mjs", ""),
            ("eslint.config.cjs", ""),
            (".eslintrc", ""),
            (".eslintrc.js", ""),
            (".eslintrc.cjs", ""),
            (".eslintrc.json", ""),
            (".eslintrc.yml", ""),
            ("package.json", "\"eslintConfig\""),
        ],
    },
];

/// The first that is configured and can start; the others are told.
pub(super) fn add(view: &View<'_>, guess: &mut Guess) {
    for linter in &LINTERS {
        let Some(file) = linter.configured_by(view) else { continue };
        match linter.obstacle(view) {
            Some(obstacle) => guess.findings.push(linter.left_out(file, &obstacle)),
            None if guess.checks.iter().any(|check| check.name == "lint") => {
                guess.findings.push(linter.left_out(file, "one linter is guessed already"));
            }
            None => {
                let why = format!("it configures {}, which this machine has", linter.name);
                guess.pick("lint", linter.command.into(), file.into(), why);
            }
        }
    }
}

impl Linter {
    fn configured_by(&self, view: &View<'_>) -> Option<&'static str> {
        let configures = |(path, text): &&(&'static str, &'static str)| view.contains(path, text);
        self.configs.iter().find(configures).map(|(path, _)| *path)
    }

    /// Why it would fail to start.
    fn obstacle(&self, view: &View<'_>) -> Option<String> {
        if self.command == "npm run lint" {
            if javascript::script(view, "lint").is_none() {
                return Some("package.json has no script lint".into());
            }
            if javascript::needs_installing(view) {
                return Some("its packages aren't in the repository".into());
            }
        }
        (!view.files.has_program(self.program))
            .then(|| format!("this machine doesn't have {}", self.program))
    }

    fn left_out(&self, file: &str, obstacle: &str) -> Finding {
        Finding {
            key: "checks.lint".into(),
            value: "not picked".into(),
            file: Some(file.into()),
            why: format!("it configures {}, but {obstacle}", self.name),
            fix: Some(super::written("lint", self.command)),
        }
    }
}
