//! Rust: `cargo test` where there is a Cargo.toml in the root. Cargo is told to go on after a
//! target that fails, because otherwise the others' tests look as if they were removed.

use super::{Guessed, View};

pub(super) fn test(view: &View<'_>) -> Option<Guessed> {
    if !view.exists("Cargo.toml") {
        return None;
    }
    let is_workspace = view.contains("Cargo.toml", "[workspace");
    let (command, why) = if is_workspace {
        ("cargo test --workspace --no-fail-fast", "a Cargo workspace is in the root")
    } else {
        ("cargo test --no-fail-fast", "a Cargo package is in the root")
    };
    Some(Guessed {
        language: "Rust",
        command: command.into(),
        file: "Cargo.toml".into(),
        why: why.into(),
        is_rooted: true,
    })
}
