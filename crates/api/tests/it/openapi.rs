//! The document in the repository is the one the code has.

use std::fs;
use std::path::Path;

#[test]
fn the_committed_document_is_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi.json");
    let current = api::openapi();
    if std::env::var_os("UPDATE_OPENAPI").is_some() {
        fs::write(&path, &current).unwrap();
    }

    let committed = fs::read_to_string(&path).unwrap_or_default();

    assert!(
        committed == current,
        "openapi.json differs; UPDATE_OPENAPI=1 cargo nextest run --workspace -E 'package(api) & test(the_committed_document)' rewrites it"
    );
}
