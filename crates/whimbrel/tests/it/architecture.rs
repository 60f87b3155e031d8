//! The map in ARCHITECTURE.md is true: its table has exactly the edges among our crates.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

type Edges = BTreeMap<String, BTreeSet<String>>;

#[test]
fn the_table_of_crates_has_exactly_the_edges_that_there_are() {
    assert_eq!(documented(), manifests());
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Rows like "| `agent` | … | computer, domain | … |".
fn documented() -> Edges {
    let text = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let table = text.split("<!-- crate edges: begin -->").nth(1).unwrap();
    let table = table.split("<!-- crate edges: end -->").next().unwrap();
    let rows = table.lines().filter(|line| line.starts_with("| `"));
    rows.map(|row| {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let uses = cells[3].split(',').map(str::trim).filter(|name| *name != "–");
        (cells[1].trim_matches('`').to_owned(), uses.map(str::to_owned).collect())
    })
    .collect()
}

fn manifests() -> Edges {
    let names: BTreeSet<String> = fs::read_dir(root().join("crates"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.iter().map(|name| (name.clone(), dependencies(name, &names))).collect()
}

/// The names in `[dependencies]`, without those for tests.
fn dependencies(name: &str, ours: &BTreeSet<String>) -> BTreeSet<String> {
    let text = fs::read_to_string(root().join("crates").join(name).join("Cargo.toml")).unwrap();
    let section = text.split("[dependencies]").nth(1).unwrap();
    let section = section.split("\n[").next().unwrap();
    let keys = section.lines().filter_map(|line| line.split(['.', '=', ' ']).next());
    keys.filter(|key| ours.contains(*key)).map(str::to_owned).collect()
}
