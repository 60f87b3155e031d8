//! Go: `go test ./...` where there is a go.mod in the root.

use super::{Guessed, View};

pub(super) fn test(view: &View<'_>) -> Option<Guessed> {
    view.exists("go.mod").then(|| Guessed {
        language: "Go",
        command: "go test ./...".into(),
        file: "go.mod".into(),
        why: "a Go module is in the root".into(),
        is_rooted: true,
    })
}
