//! What an org says about itself.

use salesforce::{ApiVersion, Error, FieldType, Retry};

use crate::org::TestOrg;

#[tokio::test]
async fn the_newest_version_both_know_is_used() {
    let org = TestOrg::start();
    let client = org.client();

    assert_eq!(client.negotiate_version(ApiVersion::PINNED).await.unwrap(), ApiVersion::PINNED);
    let newest = *client.versions().await.unwrap().last().unwrap();
    assert_eq!(client.negotiate_version(ApiVersion::new(newest.number() + 1)).await.unwrap(), newest);
    let error = client.negotiate_version(ApiVersion::new(7)).await.unwrap_err();
    assert!(matches!(error, Error::UnsupportedVersion { .. }), "{error:?}");
}

#[tokio::test]
async fn every_sobject_is_described() {
    let org = TestOrg::start();
    let client = org.client();

    let global = client.describe_global().await.unwrap();

    assert!(global.sobjects.iter().any(|sobject| sobject.name == "Account" && sobject.queryable));
    for sobject in &global.sobjects {
        let describe = client.describe(&sobject.name).await.unwrap();
        assert_eq!(describe.name(), &sobject.name);
        // Events are no records, so they have no id.
        let has_id = describe.fields.iter().any(|field| field.field_type == FieldType::Id);
        assert_eq!(has_id, sobject.queryable, "{}", sobject.name);
        assert!(describe.fields.iter().all(|field| field.field_type != FieldType::Other), "{}", sobject.name);
    }
}

#[tokio::test]
async fn an_account_has_its_fields() {
    let org = TestOrg::start();

    let account = org.client().describe(&"ACCOUNT".parse().unwrap()).await.unwrap();

    let field = |name: &str| account.find_field(&name.parse().unwrap()).unwrap();
    assert_eq!(account.summary.key_prefix.as_deref(), Some("001"));
    assert_eq!(field("AnnualRevenue").field_type, FieldType::Currency);
    assert_eq!(field("OwnerId").reference_to, ["User"]);
    assert_eq!(field("SystemModstamp").field_type, FieldType::DateTime);
    assert!(field("BillingAddress").field_type.is_compound());
    assert!(field("Name").is_required());
    assert!(!field("Industry").picklist_values.is_empty());
}

#[tokio::test]
async fn an_sobject_that_is_not_there_is_an_error() {
    let org = TestOrg::start();

    let error = org.client().describe(&"Nonsense__c".parse().unwrap()).await.unwrap_err();

    assert_eq!(error.as_api_error().unwrap().status, 404);
    assert_eq!(error.retry(), Retry::Row);
}
