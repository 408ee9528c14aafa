use std::fs;

use salesforce::{FieldType, FieldValue, ValueError};
use store::{CsvFolder, CsvRows, Error, Store, StoreOptions};

use crate::on_both;
use crate::test_store::{NOW, TestStore, id, layout, stamp, text};

const COLUMNS: [(&str, FieldType); 3] = [
    ("Name", FieldType::String),
    ("AnnualRevenue", FieldType::Currency),
    ("SystemModstamp", FieldType::DateTime),
];

fn row(number: u32, name: &str) -> CsvRows {
    let mut rows = CsvRows::default();
    rows.push(id(b'1', number), [text(name)]).unwrap();
    rows
}

#[test]
fn rows_are_written_as_rfc_4180_wants() {
    let folder = tempfile::tempdir().unwrap();
    let csv_folder = CsvFolder::open(folder.path()).unwrap();
    let account = "Account".parse().unwrap();
    let (mut csv_file, _) = csv_folder.create_file(&account, &layout(&COLUMNS)).unwrap();

    let revenue = FieldValue::Decimal("1234567890.10".parse().unwrap());
    let mut rows = CsvRows::default();
    rows.push(id(b'1', 1), [text("Ada, \"the\"\nfirst"), Ok(revenue), stamp(0)]).unwrap();
    rows.push(id(b'1', 2), [text("Bö"), Ok(FieldValue::Null), Ok(FieldValue::Null)]).unwrap();
    let malformed = Err(ValueError::Malformed(FieldType::Currency));
    assert!(rows.push(id(b'1', 3), [text("Cy"), malformed, stamp(0)]).is_err());
    csv_file.append(&rows).unwrap();
    assert_eq!(rows.len(), 2);
    csv_file.finish().unwrap();

    assert_eq!(
        fs::read_to_string(folder.path().join("Account.csv")).unwrap(),
        "Id,Name,AnnualRevenue,SystemModstamp\n\
         001000000000001AAA,\"Ada, \"\"the\"\"\nfirst\",1234567890.1,2025-11-21T22:04:05.000Z\n\
         001000000000002AAA,Bö,,\n"
    );
    assert!(!folder.path().join("Account.csv.part").exists());
}

#[test]
fn a_file_goes_on_at_its_committed_length() {
    let folder = tempfile::tempdir().unwrap();
    let csv_folder = CsvFolder::open(folder.path()).unwrap();
    let account = "Account".parse().unwrap();
    let (mut csv_file, header) = csv_folder.create_file(&account, &layout(&COLUMNS[..1])).unwrap();
    csv_file.append(&row(1, "Ada")).unwrap();
    let committed = csv_file.sync().unwrap();
    csv_file.append(&row(2, "lost")).unwrap();
    csv_file.sync().unwrap();
    drop(csv_file);

    let mut csv_file = csv_folder.resume_at(&account, committed).unwrap();
    csv_file.append(&row(2, "Bo")).unwrap();
    csv_file.finish().unwrap();

    assert_eq!(header, 8);
    assert_eq!(
        fs::read_to_string(folder.path().join("Account.csv")).unwrap(),
        "Id,Name\n001000000000001AAA,Ada\n001000000000002AAA,Bo\n"
    );
    assert!(matches!(csv_folder.resume_at(&account, 99), Err(Error::CsvCut { found: 0, committed: 99, .. })));
}

#[tokio::test]
async fn the_folder_keeps_its_state_beside_the_files() {
    let folder = tempfile::tempdir().unwrap();
    let csv_folder = CsvFolder::open(folder.path()).unwrap();

    let random = model::Random::from_number(1);
    let store = Store::open(&csv_folder.state_url(), StoreOptions::new(random)).await.unwrap();
    store.close().await;

    assert!(folder.path().join(".towpath/state.db").exists());
}

on_both! {
    async fn the_length_of_a_file_is_committed_with_the_lease(test_store: TestStore) {
        let lease = test_store.lease("worker-1").await.unwrap();
        let rule = test_store.sync_rule.id;
        let mut tx = test_store.store.begin().await.unwrap();
        store::put_csv_length(&mut tx, &lease, rule, "Account.csv", 42, NOW).await.unwrap();
        tx.commit().await.unwrap();

        assert_eq!(store::find_csv_length(&test_store.store, rule).await.unwrap(), Some(42));
    }
}
