//! Where a form leads when its work is done.

use axum::response::Redirect;

/// The page that the form names, if it is one of ours.
pub fn back(named: &str, otherwise: &str) -> Redirect {
    Redirect::to(if is_ours(named) { named } else { otherwise })
}

/// A path from our root. `//host` and `/\host` would lead to another server.
fn is_ours(address: &str) -> bool {
    let mut chars = address.chars();
    let rooted = chars.next() == Some('/') && !matches!(chars.next(), Some('/' | '\\'));
    rooted && address.chars().all(|c| !c.is_control())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_never_leads_to_another_server() {
        assert!(is_ours("/tasks/k3v9x2ab#log") && is_ours("/"));
        for address in ["", "//evil.test", "/\\evil.test", "https://evil.test", "/a\nb", "tasks"] {
            assert!(!is_ours(address), "{address}");
        }
    }
}
