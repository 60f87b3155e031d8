//! The linters that are known: how a project asks for one, how it is started, what it can fix, and
//! how it fixes one rule alone. They run inside; what they print is hostile data.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::clippy;
use crate::Error;
use crate::disk::inside;
use crate::jobs::Check;
use crate::jobs::tree::Tree;

/// A file that configures something is smaller.
const CONFIG_BYTES_MAX: u64 = 512 * 1024;
const RULE_CHARS_MAX: usize = 100;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Ruff,
    Eslint,
    Clippy,
    RuffFormat,
    Black,
    Prettier,
    Rustfmt,
}

struct Known {
    kind: Kind,
    name: &'static str,
    /// Any of these, with this text somewhere in it, asks for it.
    configs: &'static [(&'static str, &'static str)],
    /// So does a check with these words in it.
    words: &'static str,
    /// The first of these that says its version is the one.
    programs: &'static [&'static str],
}

/// Formatters last: what linters leave behind is formatted, too.
const KNOWN: [Known; 7] = [
    Known {
        kind: Kind::Ruff,
        name: "ruff",
        configs: &[("ruff.toml", ""), (".ruff.toml", ""), ("pyproject.toml", "[tool.ruff")],
        words: "ruff check",
        programs: &["ruff", ".venv/bin/ruff", "venv/bin/ruff", "python3 -m ruff"],
    },
    Known {
        kind: Kind::Eslint,
        name: "eslint",
        configs: &[
            ("eslint.config.js", ""),
            ("eslint.config.mjs", ""),
            ("eslint.config.cjs", ""),
            ("eslint.config.ts", ""),
            (".eslintrc", ""),
            (".eslintrc.js", ""),
            (".eslintrc.cjs", ""),
            (".eslintrc.json", ""),
            (".eslintrc.yml", ""),
            (".eslintrc.yaml", ""),
            ("package.json", "\"eslintConfig\""),
        ],
        words: "eslint",
        programs: &["node_modules/.bin/eslint"],
    },
    Known {
        kind: Kind::Clippy,
        name: "clippy",
        configs: &[
            ("clippy.toml", ""),
            (".clippy.toml", ""),
            ("Cargo.toml", "[lints"),
            ("Cargo.toml", "[workspace.lints"),
        ],
        words: "cargo clippy",
        programs: &["cargo clippy"],
    },
    Known {
        kind: Kind::RuffFormat,
        name: "ruff format",
        configs: &[
            ("ruff.toml", "[format]"),
            (".ruff.toml", "[format]"),
            ("pyproject.toml", "[tool.ruff.format"),
        ],
        words: "ruff format",
        programs: &["ruff", ".venv/bin/ruff", "venv/bin/ruff", "python3 -m ruff"],
    },
    Known {
        kind: Kind::Black,
        name: "black",
        configs: &[("pyproject.toml", "[tool.black")],
        words: "black ",
        programs: &["black", ".venv/bin/black", "venv/bin/black", "python3 -m black"],
    },
    Known {
        kind: Kind::Prettier,
        name: "prettier",
        configs: &[
            (".prettierrc", ""),
            (".prettierrc.json", ""),
            (".prettierrc.yml", ""),
            (".prettierrc.yaml", ""),
            (".prettierrc.js", ""),
            (".prettierrc.cjs", ""),
            ("prettier.config.js", ""),
            ("prettier.config.mjs", ""),
            ("prettier.config.cjs", ""),
            ("package.json", "\"prettier\":"),
        ],
        words: "prettier ",
        programs: &["node_modules/.bin/prettier"],
    },
    Known {
        kind: Kind::Rustfmt,
        name: "rustfmt",
        configs: &[("rustfmt.toml", ""), (".rustfmt.toml", "")],
        words: "cargo fmt",
        programs: &["cargo fmt"],
    },
];

/// A linter that is asked for and there.
#[derive(Debug)]
pub struct Tool {
    kind: Kind,
    name: &'static str,
    program: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    Named {
        code: String,
        /// What people call it, where that is another word.
        name: Option<String>,
    },
    /// All that a formatter does.
    Format,
}

impl Rule {
    pub fn words(&self) -> String {
        match self {
            Self::Named { code, name: Some(name) } => format!("{code} {name}"),
            Self::Named { code, name: None } => code.clone(),
            Self::Format => "format".into(),
        }
    }
}

/// Which of them a project asks for.
#[derive(Debug, Default)]
pub struct Found {
    pub tools: Vec<Tool>,
    /// Sentences about those that the computer doesn't have.
    pub missing: Vec<String>,
}

pub async fn find(tree: &Tree<'_>, checks: &[Check]) -> Result<Found, Error> {
    let texts = configs(tree).await?;
    let mut found = Found::default();
    for known in &KNOWN {
        let Some(asked) = asked(known, &texts, checks) else { continue };
        match program(tree, known).await? {
            Some(program) => {
                found.tools.push(Tool { kind: known.kind, name: known.name, program });
            }
            None => found
                .missing
                .push(format!("{asked} asks for {}, which this computer doesn't have", known.name)),
        }
    }
    Ok(found)
}

/// Who asks for it, in words.
fn asked(known: &Known, texts: &BTreeMap<String, String>, checks: &[Check]) -> Option<String> {
    let configured =
        |(path, needle): &&(&str, &str)| texts.get(*path).is_some_and(|text| text.contains(needle));
    if let Some((path, _)) = known.configs.iter().find(configured) {
        return Some((*path).to_owned());
    }
    let check = checks.iter().find(|check| format!("{} ", check.command).contains(known.words))?;
    Some(format!("the check {}", check.name))
}

/// The files in the root that configure any of them.
async fn configs(tree: &Tree<'_>) -> Result<BTreeMap<String, String>, Error> {
    let names: BTreeSet<&str> =
        KNOWN.iter().flat_map(|known| known.configs).map(|(path, _)| *path).collect();
    let list = ["ls-files", "-z", "--"].into_iter().chain(names).collect::<Vec<_>>();
    let mut texts = BTreeMap::new();
    for path in tree.must(&list).await?.split_terminator('\0') {
        let read = tree.computer.read(&inside(path), CONFIG_BYTES_MAX).await;
        // One that is too large or a link to nowhere still is there.
        let text = read.map_or(String::new(), |bytes| String::from_utf8_lossy(&bytes).into_owned());
        texts.insert(path.to_owned(), text);
    }
    Ok(texts)
}

async fn program(tree: &Tree<'_>, known: &Known) -> Result<Option<&'static str>, Error> {
    for program in known.programs {
        if tree.passes(&format!("{program} --version")).await? {
            return Ok(Some(program));
        }
    }
    Ok(None)
}

/// Asks eslint by its own library, which alone can fix one rule and leave the others. With a rule
/// it fixes that; without one it prints the rules that have fixes.
const ESLINT: &str = "\
const only = process.argv[1];
const { ESLint } = require(require.resolve('eslint', { paths: [process.cwd()] }));
(async () => {
  const linter = new ESLint({ fix: only ? (message) => message.ruleId === only : false });
  const results = await linter.lintFiles(['.']);
  if (only) return ESLint.outputFixes(results);
  const messages = results.flatMap((result) => result.messages);
  const fixable = messages.filter((message) => message.fix && message.ruleId);
  console.log(JSON.stringify([...new Set(fixable.map((message) => message.ruleId))].sort()));
})().catch((error) => { console.error(error); process.exit(2); });
";

#[derive(Deserialize)]
struct Statistic {
    code: Option<String>,
    name: Option<String>,
    #[serde(default)]
    fixable: bool,
}

impl Tool {
    pub fn name(&self) -> &'static str {
        self.name
    }

    pub fn is_formatter(&self) -> bool {
        match self.kind {
            Kind::RuffFormat | Kind::Black | Kind::Prettier | Kind::Rustfmt => true,
            Kind::Ruff | Kind::Eslint | Kind::Clippy => false,
        }
    }

    /// The rules that it finds violated and can fix, or why it can't say.
    pub async fn rules(&self, tree: &Tree<'_>) -> Result<Result<Vec<Rule>, String>, Error> {
        match self.kind {
            Kind::Ruff => {
                let statistics = format!(
                    "{} check --no-cache --exit-zero --statistics --output-format json .",
                    self.program
                );
                let ran = tree.shell(&statistics).await?;
                Ok(ruff_rules(&ran.stdout.text()).ok_or_else(|| ran.text()))
            }
            Kind::Eslint => {
                let ran = tree.shell(&eslint("")).await?;
                Ok(eslint_rules(&ran.stdout.text()).ok_or_else(|| ran.text()))
            }
            Kind::Clippy => {
                let found = clippy::find(tree).await?;
                let codes: BTreeSet<String> = found.into_iter().map(|fix| fix.code).collect();
                let rule = |code| Rule::Named { code, name: None };
                Ok(Ok(codes.into_iter().map(rule).collect()))
            }
            Kind::RuffFormat | Kind::Black | Kind::Prettier | Kind::Rustfmt => {
                Ok(Ok(vec![Rule::Format]))
            }
        }
    }

    /// Changes the files. A linter that fails half-way has its say by what it changed.
    pub async fn fix(&self, tree: &Tree<'_>, rule: &Rule) -> Result<(), Error> {
        let program = self.program;
        let code = match rule {
            Rule::Named { code, .. } => code.as_str(),
            Rule::Format => "",
        };
        let command = match self.kind {
            Kind::Ruff => {
                format!("{program} check --no-cache --exit-zero --quiet --fix --select {code} .")
            }
            Kind::Eslint => eslint(code),
            Kind::Clippy => return clippy::fix(tree, code).await,
            Kind::RuffFormat => format!("{program} format --no-cache --quiet ."),
            Kind::Black => format!("{program} --quiet ."),
            Kind::Prettier => format!("{program} --write --log-level error ."),
            Kind::Rustfmt => format!("{program} --all"),
        };
        tree.shell(&command).await.map(drop)
    }
}

/// `rule` is a [`is_code`].
fn eslint(rule: &str) -> String {
    format!("node -e \"$(cat <<'END'\n{ESLINT}END\n)\" -- {rule}")
}

/// Nothing that a shell would take apart.
fn is_code(code: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_/@".contains(c);
    !code.is_empty()
        && !code.starts_with('-')
        && code.len() <= RULE_CHARS_MAX
        && code.chars().all(plain)
}

fn ruff_rules(json: &str) -> Option<Vec<Rule>> {
    let statistics: Vec<Statistic> = serde_json::from_str(json).ok()?;
    let rule = |one: Statistic| {
        let code = one.code.filter(|code| one.fixable && is_code(code))?;
        Some(Rule::Named { code, name: one.name.filter(|name| is_code(name)) })
    };
    let rules: BTreeSet<Rule> = statistics.into_iter().filter_map(rule).collect();
    Some(rules.into_iter().collect())
}

fn eslint_rules(json: &str) -> Option<Vec<Rule>> {
    let codes: Vec<String> = serde_json::from_str(json.trim().lines().last()?).ok()?;
    let codes = codes.into_iter().filter(|code| is_code(code));
    Some(codes.map(|code| Rule::Named { code, name: None }).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_linter_is_asked_for_by_a_file_or_by_a_check() {
        let who = |kind: Kind, path: &str, text: &str, command: &str| {
            let known = KNOWN.iter().find(|known| known.kind == kind).expect("it is in the table");
            let texts = BTreeMap::from([(path.to_owned(), text.to_owned())]);
            let check = Check { name: "lint".into(), command: command.into() };
            asked(known, &texts, &[check])
        };
        let is = |found: Option<String>, expected: Option<&str>| {
            assert_eq!(found.as_deref(), expected);
        };
        is(who(Kind::Ruff, "pyproject.toml", "[tool.ruff]\n", ""), Some("pyproject.toml"));
        is(who(Kind::Ruff, "pyproject.toml", "[tool.black]\n", ""), None);
        is(who(Kind::Ruff, "x", "", "ruff check ."), Some("the check lint"));
        is(who(Kind::Black, "x", "", "python3 -m black --check ."), Some("the check lint"));
        is(who(Kind::Rustfmt, "x", "", "cargo fmt"), Some("the check lint"));
        is(who(Kind::Clippy, "Cargo.toml", "[lints.clippy]\n", ""), Some("Cargo.toml"));
        is(who(Kind::Clippy, "Cargo.toml", "[package]\n", "cargo test"), None);
    }

    #[test]
    fn only_what_can_be_fixed_and_named_is_a_rule() {
        let json = r#"[{"code":"F401","name":"unused-import","count":3,"fixable":true},
            {"code":"E501","name":"line-too-long","count":1,"fixable":false},
            {"code":"F;rm","name":"x","count":1,"fixable":true},
            {"code":null,"name":"invalid-syntax","count":1}]"#;
        let rules = ruff_rules(json).expect("it is JSON");
        let words: Vec<String> = rules.iter().map(Rule::words).collect();
        assert_eq!(words, ["F401 unused-import"]);
        assert_eq!(ruff_rules("error: unknown option"), None);
        let rules = eslint_rules("a warning\n[\"@x/semi\",\"--fix\",\"a b\"]\n").expect("JSON");
        assert_eq!(rules, [Rule::Named { code: "@x/semi".into(), name: None }]);
        assert_eq!(eslint_rules(""), None);
    }
}
