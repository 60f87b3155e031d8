use std::fmt::Write as _;

use expect_test::{Expect, expect};

use crate::tests::given;
use crate::{Environment, FILE, read};

const PLACE: &str = ".devcontainer/devcontainer.json";

fn with(container: &str, more: &[(&str, &str)]) -> Environment {
    read(&given(&[&[(PLACE, container)], more].concat())).unwrap()
}

fn shown(environment: &Environment) -> String {
    let mut shown = format!("image {}\n", environment.image);
    for (name, value) in &environment.variables {
        writeln!(shown, "{name}={value}").unwrap();
    }
    for script in &environment.setup {
        let folder = script.folder.as_deref().unwrap_or(".");
        writeln!(shown, "{} in {folder}: {}", script.name, script.command).unwrap();
    }
    for unused in &environment.unused {
        let mark = if unused.matters { "!" } else { "" };
        writeln!(shown, "not {}{mark}: {}", unused.property, unused.why).unwrap();
    }
    shown
}

fn check(container: &str, more: &[(&str, &str)], expected: Expect) {
    expected.assert_eq(&shown(&with(container, more)));
}

#[test]
fn image_commands_and_variables_are_used() {
    check(
        r#"{
            // Comments, and a trailing comma.
            "name": "x",
            "image": "mcr.microsoft.com/devcontainers/python:3.12",
            "onCreateCommand": ["pip", "install", "it's"],
            "postCreateCommand": {"b": "make b", "a": ["make", "a"]},
            "updateContentCommand": "ls ${containerWorkspaceFolder} $HOME",
            "containerEnv": {"A": "1", "B": "1"},
            "remoteEnv": {"B": "2", "P": "${containerEnv:PATH}:/x", "N": null},
            "remoteUser": "root",
        }"#,
        &[],
        expect![[r#"
            image mcr.microsoft.com/devcontainers/python:3.12
            A=1
            B=2
            onCreateCommand in .: 'pip' 'install' 'it'\''s'
            updateContentCommand in .: ls /workspace $HOME
            postCreateCommand.a in .: 'make' 'a'
            postCreateCommand.b in .: make b
            not name: it is for editors
            not remoteEnv.N!: its value isn't known before a computer runs
            not remoteEnv.P!: its value isn't known before a computer runs
        "#]],
    );
}

#[test]
fn what_is_not_used_is_named_with_the_reason() {
    check(
        r#"{
            "build": {"dockerfile": "Dockerfile"},
            "initializeCommand": "rm -rf ~",
            "mounts": ["source=/var/run/docker.sock,target=/x,type=bind"],
            "postStartCommand": "serve",
            "privileged": true,
            "remoteUser": "vscode",
            "whatever": 1
        }"#,
        &[],
        expect![[r#"
            image host
            not build!: no image is built here; build it elsewhere and name it as environment.image
            not initializeCommand!: it would run outside any computer, and nothing of a repository does
            not mounts!: no folder of the host is ever inside a computer
            not postStartCommand!: computers are forked from a snapshot, not started; write it into environment.setup, or into the check that needs it
            not privileged!: a repository can't choose how well its computers are closed
            not remoteUser!: everything in a computer runs as its own root
            not whatever!: whimbrel doesn't know it
        "#]],
    );
}

#[test]
fn features_of_the_repository_are_scripts_of_the_setup() {
    let container = r#"{"workspaceFolder": "/workspaces/app", "features": {
        "./tool": {"version": "2", "with-docs": true},
        "ghcr.io/devcontainers/features/node:1": {},
        "./../../etc": {},
        "./gone": {}
    }}"#;
    let described =
        r#"{"options": {"flavour": {"default": "plain"}, "version": {"default": "1"}}}"#;
    let files = [
        (".devcontainer/tool/install.sh", "echo"),
        (".devcontainer/tool/devcontainer-feature.json", described),
    ];
    check(
        container,
        &files,
        expect![[r#"
            image host
            feature tool in .devcontainer/tool: chmod +x install.sh && ./install.sh
            workspaceFolder in .: mkdir -p "$(dirname /workspaces/app)" && ln -sfn /workspace /workspaces/app
            not features../../../etc!: its path leads elsewhere
            not features../gone!: .devcontainer/gone has no install.sh
            not features.ghcr.io/devcontainers/features/node:1!: only features in the repository itself ("./name") are installed; write what it brings into environment.setup
        "#]],
    );
    let variables = &with(container, &files).setup[0].variables;
    let value = |name: &str| variables[name].clone();
    assert_eq!([value("FLAVOUR"), value("VERSION"), value("WITH_DOCS")], ["plain", "2", "true"]);
    assert_eq!(value("_REMOTE_USER"), "root");
}

#[test]
fn what_whimbrel_toml_writes_wins() {
    let toml = "[environment]\nimage = \"host\"\nsetup = \"mine\"\n[variables]\nA = \"mine\"\n";
    check(
        r#"{"image": "python:3", "postCreateCommand": "theirs", "containerEnv": {"A": "x", "B": "y"}}"#,
        &[(FILE, toml)],
        expect![[r#"
            image host
            A=mine
            B=y
            setup in .: mine
            not image: environment.image in whimbrel.toml wins
            not containerEnv.A: variables.A in whimbrel.toml wins
            not postCreateCommand: environment.setup in whimbrel.toml wins
        "#]],
    );
}

#[test]
fn a_file_that_is_wrong_is_an_error_with_its_line() {
    let error = |text: &str| read(&given(&[(PLACE, text)])).unwrap_err().to_string();
    let wrong = "{\n  // comment\n  \"image\": \n}";
    assert_eq!(error(wrong), ".devcontainer/devcontainer.json:4: it isn't JSON with comments");
    assert_eq!(error("[]"), ".devcontainer/devcontainer.json:1: it isn't an object");
    for (text, what) in [
        (r#"{"image": 7}"#, "image must be an image's name"),
        (r#"{"image": "a b"}"#, "image must be an image's name"),
        (r#"{"features": []}"#, "features must be an object"),
        (r#"{"postCreateCommand": 7}"#, "postCreateCommand must be a command"),
        (r#"{"workspaceFolder": "/a/$(x)"}"#, "workspaceFolder must be an absolute path"),
    ] {
        assert!(error(text).contains(what), "{}", error(text));
    }
}
