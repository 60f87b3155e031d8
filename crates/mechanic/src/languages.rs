//! The languages that are known, and which of them a repository's tests are of. A further language
//! is a file below `languages/` and a line here.

mod copy;
mod javascript;
mod python;
mod rust;
mod sides;
mod weave;

use computer::{Computer, Exec};

use crate::Error;
use crate::bench::Bench;

/// Names of files that are looked at.
const LISTING_BYTES_MAX: u64 = 4 * 1024 * 1024;

struct Known {
    name: &'static str,
    /// Whether a tracked file is of the language.
    is_file: fn(&str) -> bool,
    /// What a test command of the language says, as whole words.
    words: &'static [&'static str],
    open: for<'c> fn(&'c dyn Computer, &str) -> Box<dyn Bench + 'c>,
}

const KNOWN: [Known; 3] = [PYTHON, JAVASCRIPT, RUST];

const PYTHON: Known = Known {
    name: "Python",
    is_file: python::is_file,
    words: &["python", "python3", "pytest", "unittest", "tox", "nox"],
    open: python::open,
};

const JAVASCRIPT: Known = Known {
    name: "JavaScript and TypeScript",
    is_file: javascript::is_file,
    words: &["node", "npm", "npx", "yarn", "pnpm", "mocha", "tsx", "jest", "vitest"],
    open: javascript::open,
};

const RUST: Known =
    Known { name: "Rust", is_file: rust::is_file, words: &["cargo", "nextest"], open: rust::open };

/// The benches that may serve, the likeliest first: those whose words the test command says, then
/// those with the most files.
pub async fn open<'c>(
    computer: &'c dyn Computer,
    test_command: &str,
) -> Result<Vec<Box<dyn Bench + 'c>>, Error> {
    let listed = Exec::shell("git ls-files -z").output_bytes_max(LISTING_BYTES_MAX);
    let listed = computer.run(listed).await;
    let listed =
        listed.map_err(|source| Error::Computer { step: "looking at the files", source })?;
    let text = listed.stdout.text();
    let count = |known: &Known| text.split('\0').filter(|path| (known.is_file)(path)).count();
    let mut found: Vec<(bool, usize, &Known)> = KNOWN
        .iter()
        .map(|known| (says(test_command, known.words), count(known), known))
        .filter(|(_, files, _)| *files > 0)
        .collect();
    found.sort_by_key(|(said, files, _)| std::cmp::Reverse((*said, *files)));
    Ok(found.into_iter().map(|(_, _, known)| (known.open)(computer, test_command)).collect())
}

fn says(command: &str, words: &[&str]) -> bool {
    let mut said = command.split(|c: char| !c.is_alphanumeric() && c != '_');
    said.any(|word| words.contains(&word))
}

/// Why no bench serves.
pub fn unsupported() -> String {
    let names: Vec<&str> = KNOWN.iter().map(|known| known.name).collect();
    let names = match names.split_last() {
        Some((last, [])) => (*last).to_owned(),
        Some((last, first)) => format!("{} and {last}", first.join(", ")),
        None => String::new(),
    };
    format!("there is no file in the repository of a language that the mechanic knows: {names}")
}

#[cfg(test)]
mod tests;
