use std::time::Duration;

use model::{
    Draft, EntityName, FieldMapping, FieldMappingId, NewFieldMapping, OtherValues, Transform, ValuePair,
};
use store::drafts::{delete_draft, delete_own_draft, find_draft, put_draft};
use store::field_mappings::{count_field_mappings, list_field_mappings, replace_field_mappings};

use crate::on_both;
use crate::test_store::{NOW, TestStore};

fn mapping(test_store: &TestStore, property: &str, field: &str) -> FieldMapping {
    FieldMapping {
        id: FieldMappingId::new(&test_store.clock, &test_store.random),
        integration_id: test_store.integration.id,
        entity: EntityName::Company,
        property: property.to_owned(),
        sobject: "Account".parse().unwrap(),
        field: field.parse().unwrap(),
        transform: Transform::default(),
        created_at: NOW,
    }
}

async fn replace(test_store: &TestStore, mappings: &[FieldMapping]) {
    let mut tx = test_store.store.begin().await.unwrap();
    replace_field_mappings(&mut tx, test_store.integration.id, mappings).await.unwrap();
    tx.commit().await.unwrap();
}

on_both! {
    async fn a_set_of_mappings_replaces_another(test_store: TestStore) {
        let (store, integration) = (&test_store.store, test_store.integration.id);
        let reader = test_store.reader().await;
        let first = [mapping(&test_store, "domain", "Website"), mapping(&test_store, "name", "Name")];
        replace(&test_store, &first).await;
        assert_eq!(list_field_mappings(store, &reader, integration).await.unwrap(), first);

        let second = [mapping(&test_store, "domain", "Domain__c"), mapping(&test_store, "industry", "Industry")];
        replace(&test_store, &second).await;

        let kept = FieldMapping { id: first[0].id, ..second[0].clone() };
        assert_eq!(list_field_mappings(store, &reader, integration).await.unwrap(), [kept, second[1].clone()]);
        assert_eq!(count_field_mappings(store, integration).await.unwrap(), 2);
        replace(&test_store, &[]).await;
        assert_eq!(count_field_mappings(store, integration).await.unwrap(), 0);
    }

    async fn a_transform_is_kept_with_its_mapping(test_store: TestStore) {
        let reader = test_store.reader().await;
        let transform = Transform {
            fallbacks: vec!["Site".parse().unwrap()],
            trim: true,
            values: vec![ValuePair { from: "O'Neil \u{1f6a2}".to_owned(), to: "x".to_owned() }],
            others: OtherValues::LeaveEmpty,
            default: Some("none".to_owned()),
            ..Transform::default()
        };
        replace(&test_store, &[mapping(&test_store, "name", "Name")]).await;

        let shaped = FieldMapping { transform: transform.clone(), ..mapping(&test_store, "name", "Name") };
        replace(&test_store, &[shaped]).await;

        let kept = list_field_mappings(&test_store.store, &reader, test_store.integration.id).await.unwrap();
        assert_eq!(kept[0].transform, transform);
    }

    async fn a_draft_waits_until_it_is_saved_or_thrown_away(test_store: TestStore) {
        let (store, integration) = (&test_store.store, test_store.integration.id);
        let (reader, stranger) = (test_store.reader().await, test_store.foreign_reader().await);
        assert_eq!(find_draft::<Vec<NewFieldMapping>>(store, &reader, integration).await.unwrap(), None);
        let draft = |fields: &[&str], updated_at| Draft::<Vec<NewFieldMapping>> {
            chosen: fields.iter().map(|field| mapping(&test_store, "name", field).into()).collect(),
            user_id: reader.user_id(),
            updated_at,
        };

        for draft in [draft(&["Name"], NOW), draft(&[], NOW + Duration::from_secs(1))] {
            let mut tx = store.begin().await.unwrap();
            put_draft(&mut tx, integration, &draft).await.unwrap();
            tx.commit().await.unwrap();
            assert_eq!(find_draft::<Vec<NewFieldMapping>>(store, &reader, integration).await.unwrap(), Some(draft));
        }

        assert_eq!(find_draft::<Vec<NewFieldMapping>>(store, &stranger, integration).await.unwrap(), None);
        let mut tx = store.begin().await.unwrap();
        delete_draft::<Vec<NewFieldMapping>>(&mut tx, integration).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(find_draft::<Vec<NewFieldMapping>>(store, &reader, integration).await.unwrap(), None);
    }

    async fn a_persons_end_of_a_draft_leaves_that_of_somebody_else(test_store: TestStore) {
        let (store, integration) = (&test_store.store, test_store.integration.id);
        let (reader, colleague) = (test_store.reader().await, test_store.foreign_reader().await);
        let draft = Draft::<Vec<NewFieldMapping>> {
            chosen: vec![mapping(&test_store, "name", "Name").into()],
            user_id: reader.user_id(),
            updated_at: NOW,
        };
        let end_by = async |user_id| {
            let mut tx = store.begin().await.unwrap();
            delete_own_draft::<Vec<NewFieldMapping>>(&mut tx, integration, user_id).await.unwrap();
            tx.commit().await.unwrap();
            find_draft::<Vec<NewFieldMapping>>(store, &reader, integration).await.unwrap()
        };
        let mut tx = store.begin().await.unwrap();
        put_draft(&mut tx, integration, &draft).await.unwrap();
        tx.commit().await.unwrap();

        assert_eq!(end_by(colleague.user_id()).await, Some(draft));
        assert_eq!(end_by(reader.user_id()).await, None);
    }

    async fn another_workspace_sees_no_mappings(test_store: TestStore) {
        replace(&test_store, &[mapping(&test_store, "name", "Name")]).await;
        let stranger = test_store.foreign_reader().await;

        let seen = list_field_mappings(&test_store.store, &stranger, test_store.integration.id).await.unwrap();

        assert_eq!(seen, []);
    }
}
