use std::collections::HashSet;
use std::fs;
use std::path::Path;

use super::{DOCUMENT, operations, text};

#[test]
fn the_document_in_the_repository_is_that_of_the_code() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/openapi.json");
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        fs::write(&path, text()).expect("docs can be written");
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    let renew = "renew it with UPDATE_EXPECT=1 cargo test -p whimbrel-web document";
    assert!(kept == text(), "docs/openapi.json isn't that of the code; {renew}");
}

#[test]
fn operations_have_ids_of_their_own_and_say_what_they_do() {
    let mut ids = HashSet::new();
    for operation in operations::all() {
        let meta = &operation.meta;
        assert!(ids.insert(meta.id), "{} is there twice", meta.id);
        let known = operations::TAGS.iter().any(|(name, _)| *name == meta.tag);
        assert!(known && !meta.summary.is_empty(), "{}", meta.id);
    }
}

/// Whoever reads it finds what it names.
#[test]
fn every_reference_leads_somewhere() {
    let text = text();
    let references = text.split("\"$ref\": \"#").skip(1).filter_map(|rest| rest.split('"').next());
    let mut count = 0;
    for reference in references {
        assert!(DOCUMENT.pointer(reference).is_some(), "{reference} leads nowhere");
        count += 1;
    }
    assert!(count > 100, "only {count} references");
}
