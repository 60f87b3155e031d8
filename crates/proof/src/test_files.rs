//! Which files are tests, by their path alone, and whether a test's name says that it lies in one.

/// Folders whose files are tests or belong to them.
const FOLDERS: [&str; 6] = ["tests", "test", "__tests__", "spec", "testdata", "fixtures"];

const PREFIXES: [&str; 2] = ["test_", "test-"];

const ENDINGS: [&str; 12] = [
    "_test.py",
    "_test.go",
    "_test.rs",
    "_tests.rs",
    ".test.js",
    ".test.mjs",
    ".test.cjs",
    ".test.ts",
    ".test.tsx",
    ".test.jsx",
    ".spec.js",
    ".spec.ts",
];

const NAMES: [&str; 4] = ["conftest.py", "tests.py", "test.py", "tests.rs"];

pub(crate) fn is_test_file(path: &str) -> bool {
    let (folders, name) = path.rsplit_once('/').unwrap_or(("", path));
    NAMES.contains(&name)
        || PREFIXES.iter().any(|prefix| name.starts_with(prefix))
        || ENDINGS.iter().any(|ending| name.ends_with(ending))
        || is_in_test_folder(folders)
}

/// Rust's `src/foo/tests/` is part of what it tests and compiles only with it.
fn is_in_test_folder(folders: &str) -> bool {
    folders.split('/').take_while(|folder| *folder != "src").any(|f| FOLDERS.contains(&f))
}

/// `tests/test_x.py::t`, `tests/it.rs::t`, `a.test.js > t` and `tests.test_x.T.t` lie in a file.
pub(crate) fn lies_in(test: &str, path: &str) -> bool {
    let module = path.strip_suffix(".py").unwrap_or(path).replace('/', ".");
    // Unittest names a module from where discovery started, which may be below the root.
    let mut modules = std::iter::successors(Some(module.as_str()), |module| {
        module.split_once('.').map(|(_, rest)| rest)
    });
    begins(test, path) || (path.ends_with(".py") && modules.any(|module| begins(test, module)))
}

fn begins(test: &str, place: &str) -> bool {
    test.strip_prefix(place)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with([':', '.', ' ']))
}

#[cfg(test)]
mod tests;
