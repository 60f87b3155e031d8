//! The programs that are broken and repaired: small ones of several kinds, each with tests, a driver
//! that runs it on random inputs, and bugs as people make them. They are files below `corpus/`,
//! built into the program.

use anyhow::{Context, Result, bail};

use crate::cli::BenchLanguage;

#[derive(Debug, Clone, Copy)]
pub struct Program {
    pub language: BenchLanguage,
    pub name: &'static str,
    pub source: &'static str,
    test: &'static str,
    driver: &'static str,
    bugs: &'static str,
}

/// Files as they lie in a repository: path and text.
pub type Files = Vec<(String, String)>;

macro_rules! program {
    ($language:ident, $folder:literal, $name:literal, $source:literal, $test:literal, $driver:literal) => {
        Program {
            language: BenchLanguage::$language,
            name: $name,
            source: include_str!(concat!("corpus/", $folder, $name, "/", $source)),
            test: include_str!(concat!("corpus/", $folder, $name, "/", $test)),
            driver: include_str!(concat!("corpus/", $folder, $name, "/", $driver)),
            bugs: include_str!(concat!("corpus/", $folder, $name, "/bugs.txt")),
        }
    };
}

pub const PROGRAMS: [Program; 20] = [
    program!(Python, "python/", "csvparse", "csvparse.py", "test_csvparse.py", "driver.py"),
    program!(Python, "python/", "dates", "dates.py", "test_dates.py", "driver.py"),
    program!(Python, "python/", "graph", "graph.py", "test_graph.py", "driver.py"),
    program!(Python, "python/", "intervals", "intervals.py", "test_intervals.py", "driver.py"),
    program!(Python, "python/", "ledger", "ledger.py", "test_ledger.py", "driver.py"),
    program!(Python, "python/", "lru", "lru.py", "test_lru.py", "driver.py"),
    program!(Python, "python/", "matrix", "matrix.py", "test_matrix.py", "driver.py"),
    program!(Python, "python/", "roman", "roman.py", "test_roman.py", "driver.py"),
    program!(Python, "python/", "tokenizer", "tokenizer.py", "test_tokenizer.py", "driver.py"),
    program!(Python, "python/", "wrap", "wrap.py", "test_wrap.py", "driver.py"),
    program!(JavaScript, "javascript/", "heap", "heap.js", "test/heap.test.js", "driver.cjs"),
    program!(JavaScript, "javascript/", "query", "query.js", "test/query.test.js", "driver.cjs"),
    program!(JavaScript, "javascript/", "semver", "semver.js", "test/semver.test.js", "driver.cjs"),
    program!(
        JavaScript,
        "javascript/",
        "template",
        "template.js",
        "test/template.test.js",
        "driver.cjs"
    ),
    program!(TypeScript, "typescript/", "money", "money.ts", "test/money.test.ts", "driver.ts"),
    program!(
        TypeScript,
        "typescript/",
        "schedule",
        "schedule.ts",
        "test/schedule.test.ts",
        "driver.ts"
    ),
    program!(Rust, "rust/", "calendar", "src/lib.rs", "tests/calendar.rs", "driver.rs"),
    program!(Rust, "rust/", "grid", "src/lib.rs", "tests/grid.rs", "driver.rs"),
    program!(Rust, "rust/", "rle", "src/lib.rs", "tests/rle.rs", "driver.rs"),
    program!(Rust, "rust/", "rpn", "src/lib.rs", "tests/rpn.rs", "driver.rs"),
];

const MANIFEST: &str = "[package]\nname = \"program\"\nversion = \"0.1.0\"\nedition = \"2021\"\n";
const LOCK: &str = "version = 3\n\n[[package]]\nname = \"program\"\nversion = \"0.1.0\"\n";

impl BenchLanguage {
    pub const ALL: [Self; 4] = [Self::Python, Self::JavaScript, Self::TypeScript, Self::Rust];

    pub fn name(self) -> &'static str {
        match self {
            Self::Python => "Python",
            Self::JavaScript => "JavaScript",
            Self::TypeScript => "TypeScript",
            Self::Rust => "Rust",
        }
    }

    pub fn test_command(self) -> &'static str {
        match self {
            Self::Python => "python3 -m unittest",
            Self::JavaScript => "node --test",
            Self::TypeScript => "node --import tsx --test test/*.test.ts",
            Self::Rust => "cargo test --offline",
        }
    }

    /// Followed by a seed.
    pub fn driver_command(self) -> &'static str {
        match self {
            Self::Python => "python3 driver.py",
            Self::JavaScript => "node driver.cjs",
            Self::TypeScript => "node --import tsx driver.ts",
            Self::Rust => "cargo run --quiet --offline --example driver",
        }
    }

    /// Says how many tests ran, whatever came of them; none where they couldn't be loaded.
    pub fn tests_run(self, output: &str) -> Option<u32> {
        let after = |before: &str| {
            let rest = &output[output.rfind(before)? + before.len()..];
            let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
            digits.parse().ok()
        };
        match self {
            Self::Python => after("Ran ").filter(|_| !output.contains("_FailedTest")),
            Self::JavaScript | Self::TypeScript => {
                after("# tests ").or_else(|| after("\u{2139} tests "))
            }
            Self::Rust => {
                let counts = output.lines().filter_map(|line| line.strip_prefix("running "));
                let counts = counts.filter_map(|line| line.split(' ').next()?.parse::<u32>().ok());
                Some(counts.sum()).filter(|sum| *sum > 0)
            }
        }
    }
}

impl Program {
    /// Where the source is.
    pub fn path(&self) -> String {
        match self.language {
            BenchLanguage::Python => format!("{}.py", self.name),
            BenchLanguage::JavaScript => format!("{}.js", self.name),
            BenchLanguage::TypeScript => format!("{}.ts", self.name),
            BenchLanguage::Rust => "src/lib.rs".into(),
        }
    }

    /// The repository with this source, without the driver.
    pub fn files(&self, source: &str) -> Files {
        let (name, test) = (self.name, self.test.to_owned());
        let mut files = vec![(self.path(), source.to_owned())];
        let mut add = |path: String, text: String| files.push((path, text));
        match self.language {
            BenchLanguage::Python => add(format!("test_{name}.py"), test),
            BenchLanguage::JavaScript => {
                add(format!("test/{name}.test.js"), test);
                add("package.json".into(), package(name, "commonjs", self.language));
            }
            BenchLanguage::TypeScript => {
                add(format!("test/{name}.test.ts"), test);
                add("package.json".into(), package(name, "module", self.language));
                add(".gitignore".into(), "node_modules\n".into());
            }
            BenchLanguage::Rust => {
                add(format!("tests/{name}.rs"), test);
                add("Cargo.toml".into(), MANIFEST.into());
                add("Cargo.lock".into(), LOCK.into());
                add(".gitignore".into(), "target\n".into());
            }
        }
        files
    }

    /// What runs it on random inputs.
    pub fn driver(&self) -> Files {
        let beside = |name: &str, prelude: &str| {
            vec![(name.to_owned(), format!("{prelude}{}", self.driver))]
        };
        match self.language {
            BenchLanguage::Python => beside("driver.py", include_str!("corpus/python/prelude.py")),
            BenchLanguage::JavaScript => {
                beside("driver.cjs", include_str!("corpus/javascript/prelude.cjs"))
            }
            BenchLanguage::TypeScript => {
                beside("driver.ts", include_str!("corpus/typescript/prelude.ts"))
            }
            BenchLanguage::Rust => vec![
                ("examples/driver/main.rs".into(), self.driver.to_owned()),
                (
                    "examples/driver/prelude.rs".into(),
                    include_str!("corpus/rust/prelude.rs").to_owned(),
                ),
            ],
        }
    }

    /// The bugs that were written by hand, as whole sources.
    pub fn written_bugs(&self) -> Result<Vec<Written>> {
        let bugs = self.bugs.split("# ").skip(1);
        bugs.map(|bug| self.written(bug)).collect()
    }

    /// A line that says what is wrong; then the lines that go, with `-`, and those that come.
    fn written(&self, bug: &str) -> Result<Written> {
        let (words, lines) = bug.split_once('\n').context("a bug is a line of words, and lines")?;
        let of = |sign: char| -> String {
            let lines = lines.lines().filter_map(|line| line.strip_prefix(sign));
            lines.map(|line| format!("{line}\n")).collect()
        };
        let (before, after) = (of('-'), of('+'));
        if before.is_empty() || self.source.matches(&before).count() != 1 {
            bail!("{}: {words}: its lines aren't there just once", self.name);
        }
        Ok(Written { words: words.to_owned(), source: self.source.replacen(&before, &after, 1) })
    }
}

/// A bug as somebody made it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// `missing guard: …`
    pub words: String,
    /// The whole source with it.
    pub source: String,
}

fn package(name: &str, kind: &str, language: BenchLanguage) -> String {
    let test = language.test_command();
    format!(
        "{{\n  \"name\": \"{name}\",\n  \"private\": true,\n  \"type\": \"{kind}\",\n  \
         \"scripts\": {{ \"test\": \"{test}\" }}\n}}\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bug_changes_its_program_in_one_place() {
        let mut count = 0;
        for program in &PROGRAMS {
            let bugs = program.written_bugs().unwrap();
            assert!(bugs.len() >= 3, "{} has {} bugs", program.name, bugs.len());
            count += bugs.len();
            for bug in bugs {
                assert_ne!(bug.source, program.source, "{}", bug.words);
                assert!(bug.words.contains(": "), "{}", bug.words);
            }
        }
        assert!(count >= 60, "{count}");
    }

    #[test]
    fn every_program_can_be_read_and_has_many_mutants() {
        for program in &PROGRAMS {
            let parsed = syntax::Parsed::new(&program.path(), program.source.into()).unwrap();
            assert!(!parsed.has_errors(), "{}", program.name);
            let mutants = syntax::edit::mutants(&parsed, &[1..=10_000]);
            assert!(mutants.len() >= 30, "{} has {}", program.name, mutants.len());
        }
    }

    #[test]
    fn tests_are_counted_as_their_runners_say() {
        let ran = |language: BenchLanguage, text: &str| language.tests_run(text);
        assert_eq!(ran(BenchLanguage::Python, "Ran 12 tests in 0.1s\n\nFAILED"), Some(12));
        let unloaded = "ERROR: test_a (unittest.loader._FailedTest)\nRan 1 test in 0.1s";
        assert_eq!(ran(BenchLanguage::Python, unloaded), None);
        assert_eq!(ran(BenchLanguage::JavaScript, "# tests 9\n# pass 8"), Some(9));
        assert_eq!(ran(BenchLanguage::Rust, "running 0 tests\n\nrunning 7 tests\n"), Some(7));
        assert_eq!(ran(BenchLanguage::Rust, "error: could not compile"), None);
    }
}
