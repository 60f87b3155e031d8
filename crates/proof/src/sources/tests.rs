//! Over the fake computer, with real git.

use std::path::PathBuf;
use std::time::Duration;

use computer::fake::Fake;
use computer::{Backend, Computer, Exec, Spec};
use domain::Change;

use super::*;

const TIME: Duration = Duration::from_secs(60);

async fn sh(computer: &dyn Computer, command: &str) -> String {
    let exited = computer.run(Exec::shell(command).timeout(TIME)).await.unwrap();
    assert!(exited.status.is_success(), "{command}: {}", exited.text());
    exited.stdout.text().trim().to_owned()
}

/// A computer with two commits, made by shell commands.
struct Repository {
    computer: Box<dyn Computer>,
    change: Change,
}

impl Repository {
    async fn new(base: &str, head: &str) -> Self {
        let computer = Fake::new().fork(&Fake::new().bare(), &Spec::default()).await.unwrap();
        let commit = "git add -A && git commit -q -m c && git rev-parse HEAD";
        let begin = "git init -q -b main && git config user.name A && git config user.email a@b";
        let base = sh(&*computer, &format!("{begin} && {base} && {commit}")).await.parse().unwrap();
        let head = sh(&*computer, &format!("{head} && {commit}")).await.parse().unwrap();
        let change = Change { base, head, commits: Vec::new(), files: Vec::new() };
        Self { computer, change }
    }

    fn job(&self) -> Job<'_> {
        Job {
            base: self.change.base.clone(),
            head: self.change.head.clone(),
            change: &self.change,
            bundle: std::path::Path::new("/dev/null"),
            checks: &[],
            time: TIME,
            proving: environment::Proving::default(),
            summary: "",
            width: 1,
            kept: None,
        }
    }

    async fn read(&self) -> Vec<Source> {
        read(&*self.computer, &self.job()).await.unwrap()
    }
}

#[tokio::test]
async fn both_sides_are_read_with_their_lines() {
    let repository = Repository::new(
        "printf 'a\\nb\\nc\\n' > edited && echo gone > deleted",
        "printf 'a\\nB\\nc\\nd\\n' > edited && rm deleted && echo new > added",
    )
    .await;
    let sources = repository.read().await;
    let told: Vec<_> = sources
        .iter()
        .map(|s| (s.path.as_str(), s.kind, s.changed.clone(), s.gone.clone()))
        .collect();
    assert_eq!(
        told,
        [
            ("added", Kind::Added, vec![1..=1], vec![]),
            ("deleted", Kind::Deleted, vec![], vec![1..=1]),
            ("edited", Kind::Modified, vec![2..=2, 4..=4], vec![2..=2]),
        ]
    );
    assert_eq!(sources[2].base.text(), Some("a\nb\nc\n"));
}

#[tokio::test]
async fn links_submodules_odd_names_binary_and_large_files_are_what_they_are() {
    let large = TEXT_BYTES_MAX + 1;
    let repository = Repository::new(
        "echo a > kept",
        &format!(
            "ln -s /etc/passwd link && printf 'a\\0b' > binary && printf '\\377' > latin \
             && head -c {large} /dev/zero > large && echo x > \"$(printf 'new\\nline \\303\\244')\" \
             && echo y > \"$(printf 'not-\\377-utf8')\" && echo '* text eol=crlf' > .gitattributes \
             && git init -q sub && git -C sub -c user.name=A -c user.email=a@b commit -q --allow-empty -m s"
        ),
    )
    .await;
    let sources = repository.read().await;
    let side = |path: &str| {
        let found = sources.iter().find(|source| source.path == path);
        found.unwrap_or_else(|| panic!("no {path}: {sources:?}")).head.clone()
    };
    assert_eq!(side("link"), Side::Link { target: "/etc/passwd".into() });
    assert_eq!(side("binary"), Side::Binary { bytes: 3 });
    assert_eq!(side("latin"), Side::Binary { bytes: 1 });
    assert_eq!(side("large"), Side::Large { bytes: large });
    assert_eq!(side("new\nline ä"), Side::Text("x\n".into()));
    assert_eq!(side("not-\u{fffd}-utf8"), Side::Text("y\n".into()));
    assert!(matches!(side("sub"), Side::Submodule { .. }));
}

#[tokio::test]
async fn thousands_of_files_are_read() {
    let many = "mkdir d && for i in $(seq 1 3000); do echo $i > d/$i; done";
    let repository = Repository::new("echo a > kept", many).await;
    let sources = repository.read().await;
    assert_eq!(sources.len(), 3_000);
    assert!(sources.iter().all(|source| source.head.text().is_some()));
}

#[tokio::test]
async fn replaced_objects_are_read_as_they_are() {
    let repository = Repository::new("echo a > f", "echo b > f").await;
    let replace = "git replace $(git rev-parse HEAD:f) $(echo forged | git hash-object -w --stdin)";
    sh(&*repository.computer, replace).await;
    assert_eq!(repository.read().await[0].head.text(), Some("b\n"));
}

#[tokio::test]
async fn tests_that_mention_a_changed_function_are_found() {
    let repository = Repository::new(
        "mkdir tests && printf 'def roman(n):\\n    return 1\\n' > a.py \
         && echo 'assert roman(4)' > tests/test_a.py && echo 'x = roman' > other.py \
         && echo 'romantic' > tests/test_b.py",
        "printf 'def roman(n):\\n    return 2\\n' > a.py && rm tests/test_a.py",
    )
    .await;
    let sources = repository.read().await;
    let found = mentions(&*repository.computer, &repository.job(), &sources).await.unwrap();
    let wanted = Mention { path: "tests/test_a.py".into(), text: "assert roman(4)\n".into() };
    assert_eq!(found, [wanted]);
    let none = Repository::new("echo a > f", "echo b > f").await;
    let sources = none.read().await;
    assert!(mentions(&*none.computer, &none.job(), &sources).await.unwrap().is_empty());
}

#[test]
fn paths_are_read_in_the_order_of_what_they_can_do() {
    let mut paths: Vec<PathBuf> =
        ["a.bin", "src/a.py", "tests/test_a.py", "Makefile"].map(PathBuf::from).to_vec();
    paths.sort_by_key(|path| rank(path.to_str().unwrap()));
    assert_eq!(paths, ["tests/test_a.py", "src/a.py", "Makefile", "a.bin"].map(PathBuf::from));
}
