use crate::tests::given;
use crate::{Environment, FILE, read};

fn inputs(files: &[(&str, &str)]) -> (Vec<String>, bool, Vec<String>) {
    let given = given(files);
    let environment: Environment = read(&given).unwrap();
    let found = super::find(&environment, &given);
    (found.files, found.whole_tree, found.unmatched)
}

#[test]
fn manifests_and_what_the_setup_names_are_its_inputs() {
    let setup = (FILE, "[environment]\nsetup = \"./script/setup.sh --all && cat data/x\"\n");
    let (files, whole, _) = inputs(&[
        setup,
        ("script/setup.sh", "#!/bin/sh\n. \"./script/lib.sh\"\npip install -r deps.in\n"),
        ("script/lib.sh", "echo other.txt"),
        ("script/unused.sh", ""),
        ("data/x", ""),
        ("deps.in", ""),
        ("other.txt", ""),
        ("web/package-lock.json", "{}"),
        ("node_modules/a/package.json", "{}"),
        ("requirements/dev.txt", ""),
        ("src/main.py", ""),
    ]);
    let expected = [
        "data/x",
        "deps.in",
        "other.txt",
        "requirements/dev.txt",
        "script/lib.sh",
        "script/setup.sh",
        "web/package-lock.json",
    ];
    assert_eq!((files, whole), (expected.map(str::to_owned).to_vec(), false));
}

#[test]
fn without_any_sign_everything_is_an_input() {
    let (files, whole, _) =
        inputs(&[(FILE, "[environment]\nsetup = \"configure\"\n"), ("a.c", ""), ("b.c", "")]);
    assert_eq!((files.len(), whole), (3, true));
    assert_eq!(inputs(&[("a.c", "")]), (vec![], false, vec![]), "nothing reads without a setup");
}

#[test]
fn a_project_lists_further_inputs() {
    let text = "[environment]\nsetup = \"go\"\ninputs = [\"deps/*.in\", \"conf\", \"gone/*\"]\n";
    let (files, whole, unmatched) =
        inputs(&[(FILE, text), ("deps/a.in", ""), ("deps/b.txt", ""), ("conf/deep/c", "")]);
    assert_eq!(files, ["conf/deep/c", "deps/a.in"]);
    assert_eq!((whole, unmatched), (false, vec!["gone/*".to_owned()]));
}
