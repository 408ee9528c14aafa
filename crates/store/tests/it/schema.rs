use std::path::Path;

use store::Error;

use crate::on_both;
use crate::test_store::{TestStore, open_store};

on_both! {
    async fn a_newer_schema_is_refused(test_store: TestStore) {
        let (table, checksum) = (test_store.control("migrations"), if test_store.is_sqlite() { "x'00'" } else { "'\\x00'" });
        test_store.execute(&format!(
            "insert into {table} (version, description, success, checksum, execution_time)
             values (9999, 'of the future', true, {checksum}, 0)"
        )).await;

        let refused = open_store(&test_store.url, &test_store.key_file()).await.unwrap_err();

        assert!(matches!(refused, Error::NewerSchema { found: 9999, known: 14 }), "{refused:?}");
    }

    async fn opening_again_changes_nothing(test_store: TestStore) {
        let again = open_store(&test_store.url, &test_store.key_file()).await.unwrap();

        let workspaces = store::workspaces::list_workspaces(&again).await.unwrap();
        assert_eq!(workspaces, std::slice::from_ref(&test_store.workspace));
        again.close().await;
    }
}

/// A pooled connection that has not seen a new column gives no rows for `select *`, and no error.
#[test]
fn no_statement_selects_everything() {
    fn files(folder: &Path) -> Vec<std::path::PathBuf> {
        let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
    }
    let sources = files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"));

    for source in sources {
        let text = std::fs::read_to_string(&source).unwrap().to_lowercase();
        let words: Vec<&str> = text.split_whitespace().collect();
        let selects = words.windows(2).any(|pair| pair[0].ends_with("select") && pair[1].starts_with('*'));
        assert!(!selects && !text.contains(".*\""), "{}", source.display());
    }
}
