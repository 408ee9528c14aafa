use model::{Group, GroupId, Sharing};
use store::groups::{
    GroupDeleted, create_group, delete_group, find_group, list_group_connections, list_group_members,
    list_groups, replace_group_connections, replace_group_members, update_group,
};
use store::shares::{find_own_group, put_sharing};
use store::{Reader, Tx};

use crate::on_both;
use crate::test_store::{NOW, TestStore};

/// Makes a group in a reader's workspace.
pub(crate) async fn group(test_store: &TestStore, reader: &Reader, name: &str) -> Group {
    let group = Group {
        id: GroupId::new(&test_store.clock, &test_store.random),
        workspace_id: reader.workspace_id(),
        name: name.to_owned(),
        salesforce_on_at: None,
        created_at: NOW,
    };
    let mut tx = begin(test_store).await;
    assert!(create_group(&mut tx, reader, &group).await.unwrap());
    tx.commit().await.unwrap();
    group
}

async fn begin(test_store: &TestStore) -> Tx {
    test_store.store.begin().await.unwrap()
}

on_both! {
    async fn a_name_is_one_groups_in_whatever_case(test_store: TestStore) {
        let reader = test_store.reader().await;
        let sales = group(&test_store, &reader, "Sales").await;
        let service = group(&test_store, &reader, "Service").await;
        let mut tx = begin(&test_store).await;

        let again = Group { id: GroupId::new(&test_store.clock, &test_store.random), name: "SALES".to_owned(), ..sales.clone() };
        assert!(!create_group(&mut tx, &reader, &again).await.unwrap());
        assert!(!update_group(&mut tx, &reader, &Group { name: "sales".to_owned(), ..service.clone() }).await.unwrap());
        let renamed = Group { name: "sALES".to_owned(), salesforce_on_at: Some(NOW), ..sales };
        assert!(update_group(&mut tx, &reader, &renamed).await.unwrap());
        tx.commit().await.unwrap();

        assert_eq!(list_groups(&test_store.store, &reader).await.unwrap(), [renamed, service]);
    }

    async fn another_workspace_neither_sees_nor_changes_a_group(test_store: TestStore) {
        let (reader, stranger) = (test_store.reader().await, test_store.foreign_reader().await);
        let sales = group(&test_store, &reader, "Sales").await;
        let mut tx = begin(&test_store).await;
        replace_group_members(&mut tx, &reader, sales.id, &[reader.user_id(), stranger.user_id()]).await.unwrap();

        replace_group_members(&mut tx, &stranger, sales.id, &[stranger.user_id()]).await.unwrap();
        replace_group_connections(&mut tx, &stranger, sales.id, &[]).await.unwrap();
        update_group(&mut tx, &stranger, &Group { name: "Theirs".to_owned(), ..sales.clone() }).await.unwrap();
        assert_eq!(delete_group(&mut tx, &stranger, sales.id).await.unwrap(), GroupDeleted::Unknown);
        tx.commit().await.unwrap();

        let store = &test_store.store;
        assert_eq!(find_group(store, &stranger, sales.id).await.unwrap(), None);
        assert_eq!(list_groups(store, &stranger).await.unwrap(), []);
        assert_eq!(list_group_members(store, &stranger).await.unwrap(), []);
        assert_eq!(find_group(store, &reader, sales.id).await.unwrap().as_ref(), Some(&sales));
        // Whoever is no member of the workspace is in none of its groups.
        assert_eq!(list_group_members(store, &reader).await.unwrap(), [(sales.id, reader.user_id())]);
    }

    async fn a_pair_of_groups_is_kept_once_whichever_began_it(test_store: TestStore) {
        let reader = test_store.reader().await;
        let [one, two, three] = [group(&test_store, &reader, "One").await, group(&test_store, &reader, "Two").await, group(&test_store, &reader, "Three").await];
        let mut tx = begin(&test_store).await;

        replace_group_connections(&mut tx, &reader, one.id, &[two.id, one.id]).await.unwrap();
        replace_group_connections(&mut tx, &reader, two.id, &[one.id, three.id]).await.unwrap();
        tx.commit().await.unwrap();

        let mut pairs = list_group_connections(&test_store.store, &reader).await.unwrap();
        let mut expected = [(one.id.min(two.id), one.id.max(two.id)), (two.id.min(three.id), two.id.max(three.id))];
        pairs.sort_unstable();
        expected.sort_unstable();
        assert_eq!(pairs, expected);

        let mut tx = begin(&test_store).await;
        assert_eq!(delete_group(&mut tx, &reader, two.id).await.unwrap(), GroupDeleted::Done);
        tx.commit().await.unwrap();
        assert_eq!(list_group_connections(&test_store.store, &reader).await.unwrap(), []);
    }

    async fn a_group_that_owns_an_integration_is_not_deleted(test_store: TestStore) {
        let reader = test_store.reader().await;
        let sales = group(&test_store, &reader, "Sales").await;
        let integration = test_store.integration.id;
        let mut tx = begin(&test_store).await;
        let owned = Sharing { group_id: Some(sales.id), receivers: Vec::new() };
        put_sharing(&mut tx, integration, &owned, NOW).await.unwrap();

        assert_eq!(delete_group(&mut tx, &reader, sales.id).await.unwrap(), GroupDeleted::Owner(1));
        put_sharing(&mut tx, integration, &Sharing::default(), NOW).await.unwrap();
        assert_eq!(delete_group(&mut tx, &reader, sales.id).await.unwrap(), GroupDeleted::Done);
    }

    async fn the_own_group_is_the_oldest_that_salesforce_is_on_for(test_store: TestStore) {
        let reader = test_store.reader().await;
        let mut groups = Vec::new();
        for name in ["Off", "Elsewhere", "Own", "Later"] {
            test_store.test_clock.advance(1);
            groups.push(group(&test_store, &reader, name).await);
        }
        let mut tx = begin(&test_store).await;
        assert_eq!(find_own_group(&mut tx, reader.user_id()).await.unwrap(), None);

        for group in &groups[1..] {
            update_group(&mut tx, &reader, &Group { salesforce_on_at: Some(NOW), ..group.clone() }).await.unwrap();
        }
        for at in [0, 2, 3] {
            replace_group_members(&mut tx, &reader, groups[at].id, &[reader.user_id()]).await.unwrap();
        }

        assert_eq!(find_own_group(&mut tx, reader.user_id()).await.unwrap(), Some(groups[2].id));
    }
}
