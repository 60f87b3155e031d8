//! All that is told without being about tests.

use expect_test::expect;

use super::{check, found, sources};
use crate::sources::{Side, Source};

#[test]
fn secrets_are_told_and_never_quoted() {
    // Put together here, so that nobody's scanner finds a key in this file.
    let github = format!("ghp_{}", "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8");
    let text = format!(
        "token = \"{github}\"\nkey = \"AKIA{}\"\npassword = \"{}\"\n-----BEGIN RSA {} KEY-----\n",
        "Q3EXZ5TPWL7VHJ2M", "kT9#vQ2!pL7x", "PRIVATE"
    );
    let findings = found(&[("settings.py", None, Some(&text))], &[]);
    assert!(findings.iter().all(|finding| !finding.text.contains(&github)));
    // Nor is it told by a finding of something else.
    let head = format!("[project]\ndependencies = ['a @ git+https://x:{github}@github.com/a/a']\n");
    check(
        &[("pyproject.toml", None, Some(&head))],
        expect![[r#"
        Warning Secret pyproject.toml:2: what looks like a GitHub token (ghp_…, 40 characters)
        Warning Dependency pyproject.toml: needs `a` now (`@ git+https://x:(ghp_…, 40 characters)@github.com/a/a`)
    "#]],
    );
    check(
        &[("settings.py", None, Some(&text))],
        expect![[r#"
        Warning Secret settings.py:1: what looks like a GitHub token (ghp_…, 40 characters)
        Warning Secret settings.py:2: what looks like an AWS access key (AKIA…, 20 characters)
        Warning Secret settings.py:3: what looks like a password or key (…, 12 characters)
        Warning Secret settings.py:4: what looks like a private key (----…, 31 characters)
        Note PublicInterface settings.py:1: `token` is new
        Note PublicInterface settings.py:2: `key` is new
        Note PublicInterface settings.py:3: `password` is new
    "#]],
    );
    let text = "password = os.environ['PASSWORD']\napi_key = \"your-api-key-here\"\nurl = 'postgres://user:${PASSWORD}@db/x'\nkey = \"AKIAIOSFODNN7EXAMPLE\"\nsecret_name = \"aaaaaaaaaaaaaaaaaaaa\"\n";
    check(
        &[("settings.py", None, Some(text))],
        expect![[r#"
        Note PublicInterface settings.py:1: `password` is new
        Note PublicInterface settings.py:2: `api_key` is new
        Note PublicInterface settings.py:3: `url` is new
        Note PublicInterface settings.py:4: `key` is new
        Note PublicInterface settings.py:5: `secret_name` is new
    "#]],
    );
}

#[test]
fn dependencies_and_locks() {
    let base = "[package]\nname = \"a\"\nlicense = \"MIT\"\n\n[dependencies]\nserde = \"1\"\nrand = \"0.8\"\n";
    let head =
        base.replace("\"1\"", "\"2\"").replace("rand = \"0.8\"", "evil = { git = \"https://x\" }");
    let head = head.replace("MIT", "GPL-3.0");
    check(
        &[("Cargo.toml", Some(base), Some(&head)), ("Cargo.lock", Some("a"), Some("b"))],
        expect![[r#"
            Warning Dependency Cargo.toml: needs `evil` now (`{ git = "https://x" }`)
            Warning Dependency Cargo.toml: needs `serde` `2`, before `1`
            Warning Licence Cargo.toml:3: the licence is said to be `"GPL-3.0"`
            Note Dependency Cargo.toml: no longer needs `rand`
            Note Lockfile Cargo.lock: the lock changed with its manifest
        "#]],
    );
    check(
        &[
            (
                "requirements.txt",
                Some("requests>=2\n# no\n"),
                Some("requests>=2\nleft-pad==1 # x\n"),
            ),
            (
                "package.json",
                Some("{\"dependencies\":{\"a\":\"1\"}}"),
                Some("{\"dependencies\":{\"a\":\"2\"}}"),
            ),
            ("go.mod", Some("require a.com/b v1.0.0\n"), Some("require a.com/b v1.1.0\n")),
            ("pyproject.toml", None, Some("[project]\ndependencies = ['numpy>=1', 'pandas']\n")),
            ("yarn.lock", Some("a"), Some("b")),
            ("poetry.lock", Some("a"), Some("b")),
            ("Pipfile.lock", Some("a"), Some("b")),
        ],
        expect![[r#"
            Warning Dependency go.mod: needs `a.com/b` `v1.1.0`, before `v1.0.0`
            Warning Dependency package.json: needs `a` `2`, before `1`
            Warning Dependency pyproject.toml: needs `numpy` now (`>=1`)
            Warning Dependency pyproject.toml: needs `pandas` now (``)
            Warning Dependency requirements.txt: needs `left-pad` now (`==1`)
            Warning Lockfile Pipfile.lock: the lock changed, and no Pipfile did
            Note Lockfile poetry.lock: the lock changed with its manifest
            Note Lockfile yarn.lock: the lock changed with its manifest
        "#]],
    );
}

#[test]
fn places_and_contents() {
    let long = "x = 1\n".repeat(1_001);
    check(
        &[
            (".github/workflows/ci.yml", Some("on: push\n"), Some("on: pull_request\n")),
            ("Dockerfile", None, Some("FROM debian\n")),
            ("LICENSE", Some("MIT\n"), None),
            ("long.py", None, Some(&long)),
            ("a_pb2.py", Some("x = 1\n"), Some("x = 2\n")),
            ("src/a.c", Some("// SPDX-License-Identifier: MIT\nint x;\n"), Some("int x;\n")),
        ],
        expect![[r#"
            Warning Ci .github/workflows/ci.yml: a file of CI is edited
            Warning Build Dockerfile: a file of the build is added
            Warning Licence LICENSE: a licence is deleted
            Warning Licence src/a.c: the note of its licence is gone: `// SPDX-License-Identifier: MIT`
            Note PublicInterface long.py:1001: `x` is new
            Note Large long.py: 1001 added lines; the file has 6006 bytes
            Note Generated a_pb2.py: its name is one of generated files, and it is edited
        "#]],
    );
    let odd = |head| {
        Source::new(
            "tests/test_a.py".into(),
            super::side(Some("def test_a():\n    assert f()\n")),
            head,
        )
    };
    let heads = [
        Side::Binary { bytes: 3 },
        Side::Large { bytes: 5 << 20 },
        Side::Link { target: "/etc/passwd".into() },
        Side::Submodule { commit: "a".repeat(40) },
    ];
    let told: Vec<String> = heads
        .into_iter()
        .flat_map(|head| super::super::findings(&[odd(head)], &[]))
        .map(|finding| format!("{:?} {}\n", finding.kind, finding.sentence()))
        .collect();
    expect![[r#"
        TestDeleted tests/test_a.py:1: the test `test_a` is deleted
        Binary tests/test_a.py: a binary file is edited (3 bytes)
        TestDeleted tests/test_a.py:1: the test `test_a` is deleted
        Large tests/test_a.py: 5242880 bytes, which were not read: nothing else is known of them
        TestDeleted tests/test_a.py:1: the test `test_a` is deleted
        Binary tests/test_a.py: a symbolic link to `/etc/passwd` is edited
        TestDeleted tests/test_a.py:1: the test `test_a` is deleted
        Binary tests/test_a.py: a submodule at `aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa` is edited
    "#]]
    .assert_eq(&told.concat());
}

#[test]
fn public_interface() {
    let base = "pub fn f(a: u8) {}\npub fn g() {}\npub fn moved() {}\n";
    let head = "pub fn f(a: u8, b: u8) {}\npub fn h() {}\nfn private() {}\n";
    check(
        &[
            ("src/lib.rs", Some(base), Some(head)),
            ("src/other.rs", None, Some("pub fn moved() {}\n")),
        ],
        expect![[r#"
            Warning PublicInterface src/lib.rs:1: `f` was `pub fn f(a: u8)`, is `pub fn f(a: u8, b: u8)`
            Warning PublicInterface src/lib.rs:2: `g` is no longer offered
            Note PublicInterface src/lib.rs:2: `h` is new
            Note PublicInterface src/lib.rs:3: `moved` is in another file now
            Note PublicInterface src/other.rs:1: `moved` is new
        "#]],
    );
}

#[test]
fn many_alike_are_counted() {
    let paths: Vec<String> = (0..40).map(|n| format!(".github/workflows/{n:02}.yml")).collect();
    let files: Vec<_> =
        paths.iter().map(|path| (path.as_str(), None, Some("on: push\n"))).collect();
    let findings = found(&files, &[]);
    assert_eq!(findings.len(), 31);
    assert_eq!(findings[30].text, "and 10 more like these");
    assert_eq!(sources(&files).len(), 40);
}
