//! The JSON Schema of evidence, made from the types themselves and kept in `docs/`, where other
//! programs find it.

use std::fs;
use std::path::Path;

use schemars::schema_for;

use super::Evidence;

#[test]
fn the_schema_in_the_documents_is_that_of_the_types() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/evidence.schema.json");
    let made = serde_json::to_string_pretty(&schema_for!(Evidence)).expect("a schema is JSON");
    let made = format!("{made}\n");
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        fs::write(&path, &made).expect("docs can be written");
    }
    let kept = fs::read_to_string(&path).expect("the schema is in docs");
    let renew = "renew it with UPDATE_EXPECT=1 cargo test -p whimbrel-domain schema";
    assert!(kept == made, "docs/evidence.schema.json isn't that of the types; {renew}");
}
