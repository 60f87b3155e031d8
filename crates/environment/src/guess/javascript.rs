//! JavaScript: the package's own `npm test`, else node's runner over the files it finds itself.

use serde_json::Value;

use super::{Guessed, View, folder, name};

const PACKAGE: &str = "package.json";

/// How the names of node's own test files end; the same with `-` and `_` before `test` is found
/// by node too. See "Running tests from the command line" in node's manual of its test runner.
const ENDINGS: [&str; 9] = [
    ".test.js",
    ".test.mjs",
    ".test.cjs",
    "-test.js",
    "-test.mjs",
    "-test.cjs",
    "_test.js",
    "_test.mjs",
    "_test.cjs",
];

pub(super) fn test(view: &View<'_>) -> Option<Guessed> {
    npm(view).or_else(|| node(view))
}

fn npm(view: &View<'_>) -> Option<Guessed> {
    let script = script(view, "test")?;
    let mut why = format!("its script test is {script:?}");
    if needs_installing(view) {
        why.push_str(
            "; it declares packages that aren't in the repository, so environment.setup may have \
             to provide them",
        );
    }
    let (command, file) = ("npm test".into(), PACKAGE.into());
    Some(Guessed { language: "JavaScript", command, file, why, is_rooted: true })
}

fn node(view: &View<'_>) -> Option<Guessed> {
    let file = view.own().find(|path| is_node_test(path))?;
    Some(Guessed {
        language: "JavaScript",
        command: "node --test".into(),
        file: file.into(),
        why: "node's own runner finds it by its name, and no script test is in package.json".into(),
        is_rooted: view.exists(PACKAGE),
    })
}

/// A script of package.json, unless it is what `npm init` writes.
pub(super) fn script(view: &View<'_>, name: &str) -> Option<String> {
    let package: Value = serde_json::from_str(&view.text(PACKAGE)).ok()?;
    let script = package["scripts"][name].as_str()?.trim();
    let is_placeholder = script.is_empty() || script.contains("no test specified");
    (!is_placeholder).then(|| script.to_owned())
}

pub(super) fn needs_installing(view: &View<'_>) -> bool {
    let package: Value = serde_json::from_str(&view.text(PACKAGE)).unwrap_or_default();
    let declares = ["dependencies", "devDependencies"]
        .iter()
        .any(|kind| package[kind].as_object().is_some_and(|packages| !packages.is_empty()));
    declares
        && view.setup.is_none()
        && !view.files.paths().iter().any(|path| path.starts_with("node_modules/"))
}

fn is_node_test(path: &str) -> bool {
    let name = name(path);
    let is_script = [".js", ".mjs", ".cjs"].iter().any(|ending| name.ends_with(ending));
    let in_test_folder = folder(path).split('/').any(|part| part == "test");
    let is_named_test = name.starts_with("test-") || name.split('.').next() == Some("test");
    ENDINGS.iter().any(|ending| name.ends_with(ending))
        || (is_script && (in_test_folder || is_named_test))
}
