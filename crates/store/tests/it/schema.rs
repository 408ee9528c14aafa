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

        assert!(matches!(refused, Error::NewerSchema { found: 9999, known: 1 }), "{refused:?}");
    }

    async fn opening_again_changes_nothing(test_store: TestStore) {
        let again = open_store(&test_store.url, &test_store.key_file()).await.unwrap();

        assert_eq!(store::workspaces::list_workspaces(&again).await.unwrap(), [test_store.workspace.clone()]);
        again.close().await;
    }
}
