//! Which records of a simulated org changed or were deleted.

use salesforce::{Retry, Timestamp};

use crate::org::TestOrg;

const MINUTE_MS: i64 = 60_000;

#[tokio::test]
async fn changes_and_deletions_are_listed() {
    let org = TestOrg::start();
    let (kept, gone) = (org.insert_account("Kept"), org.insert_account("Gone"));
    org.delete_account(gone);
    let now = org.now().as_millis();
    let (start, end) =
        (Timestamp::from_millis(now - 10 * MINUTE_MS), Timestamp::from_millis(now + 2 * MINUTE_MS));
    let (client, account) = (org.client(), "Account".parse().unwrap());

    let updated = client.updated(&account, start, end).await.unwrap();
    let deleted = client.deleted(&account, start, end).await.unwrap();

    assert_eq!(updated.ids, [kept]);
    assert!(updated.latest_date_covered > start);
    assert_eq!(deleted.deleted_records.iter().map(|record| record.id).collect::<Vec<_>>(), [gone]);
    assert!(deleted.deleted_records[0].deleted_date > start);
    assert!(deleted.earliest_date_available < start);
    assert!(deleted.latest_date_covered > start);
}

#[tokio::test]
async fn a_span_that_is_too_short_is_refused() {
    let org = TestOrg::start();
    let now = org.now();

    let error = org.client().updated(&"Account".parse().unwrap(), now, now).await.unwrap_err();

    assert_eq!(error.as_api_error().unwrap().code, "INVALID_REPLICATION_DATE");
    assert_eq!(error.retry(), Retry::Bug);
}
