use model::{Sharing, SyncRun, SyncRunId, TimelineEntry, TimelineId, TimelineKind};
use store::groups::{delete_group, replace_group_members};
use store::integrations::{
    find_integration_of, list_integration_facts, remove_integration, retire_integration,
};
use store::shares::{
    find_sharing, find_sharing_in, list_owner_groups, list_reading_groups, list_shares, list_shares_of,
    put_sharing,
};
use store::sync_runs::{create_run, find_run_of, list_runs_of};
use store::timeline::{add_timeline_entries, list_timeline};
use store::{Access, Reader, find_access};

use crate::groups::group;
use crate::on_both;
use crate::test_store::{NOW, TestStore, at};

async fn share(test_store: &TestStore, sharing: &Sharing) {
    let mut tx = test_store.store.begin().await.unwrap();
    put_sharing(&mut tx, test_store.integration.id, sharing, NOW).await.unwrap();
    tx.commit().await.unwrap();
}

async fn member_of(test_store: &TestStore, group: &model::Group) -> Reader {
    let reader = test_store.reader().await;
    let mut tx = test_store.store.begin().await.unwrap();
    replace_group_members(&mut tx, &reader, group.id, &[reader.user_id()]).await.unwrap();
    tx.commit().await.unwrap();
    reader
}

async fn access(test_store: &TestStore, reader: &Reader) -> Option<Access> {
    find_access(&test_store.store, reader, test_store.integration.id).await.unwrap()
}

/// How much a reader is told of the integration, by each way that lists something of it.
async fn told(test_store: &TestStore, reader: &Reader) -> [usize; 5] {
    let (store, id) = (&test_store.store, test_store.integration.id);
    [
        usize::from(find_integration_of(store, reader, id).await.unwrap().is_some()),
        list_integration_facts(store, reader, None, 10, NOW).await.unwrap().len(),
        list_runs_of(store, reader, None, None, 10).await.unwrap().len(),
        list_timeline(store, reader, None, None, 10).await.unwrap().len(),
        list_owner_groups(store, reader).await.unwrap().len(),
    ]
}

on_both! {
    async fn who_may_read_follows_the_owner_the_shares_and_the_role(test_store: TestStore) {
        let outsider = test_store.reader().await;
        let admin = test_store.reader_as(&test_store.workspace, "admin").await;
        let [owner, receiver, other] = [group(&test_store, &admin, "Sales").await, group(&test_store, &admin, "Service").await, group(&test_store, &admin, "Legal").await];
        let [own, lent, neither] = [member_of(&test_store, &owner).await, member_of(&test_store, &receiver).await, member_of(&test_store, &other).await];
        let foreign = test_store.foreign_reader().await;
        let everybody = [&admin, &own, &lent, &neither, &outsider, &foreign];
        let mut found = Vec::new();

        for sharing in [
            Sharing::default(),
            Sharing { group_id: Some(owner.id), receivers: Vec::new() },
            Sharing { group_id: Some(owner.id), receivers: vec![receiver.id] },
        ] {
            share(&test_store, &sharing).await;
            for reader in everybody {
                found.push(access(&test_store, reader).await);
            }
        }

        let (own, lent) = (Some(Access::Own), Some(Access::Received));
        assert_eq!(found[..6], [own, own, own, own, own, None]);
        assert_eq!(found[6..12], [own, own, None, None, None, None]);
        assert_eq!(found[12..], [own, own, lent, None, None, None]);
    }

    async fn nothing_of_a_private_integration_is_told_to_others(test_store: TestStore) {
        let admin = test_store.reader_as(&test_store.workspace, "admin").await;
        let outsider = test_store.reader().await;
        let sales = group(&test_store, &admin, "Sales").await;
        let run = SyncRun { id: SyncRunId::new(&test_store.clock, &test_store.random), integration_id: test_store.integration.id, started_at: NOW, end: None };
        let entry = TimelineEntry {
            id: TimelineId::new(&test_store.clock, &test_store.random),
            workspace_id: test_store.workspace.id,
            integration_id: Some(test_store.integration.id),
            sync_rule_id: None,
            sobject: None,
            field: None,
            kind: TimelineKind::IntegrationAdded,
            user_id: None,
            before: None,
            after: None,
            happened_at: NOW,
        };
        let mut tx = test_store.store.begin().await.unwrap();
        create_run(&mut tx, &run).await.unwrap();
        add_timeline_entries(&mut tx, &[entry]).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(told(&test_store, &outsider).await, [1, 1, 1, 1, 0]);

        share(&test_store, &Sharing { group_id: Some(sales.id), receivers: Vec::new() }).await;

        assert_eq!(told(&test_store, &outsider).await, [0; 5]);
        assert_eq!(find_run_of(&test_store.store, &outsider, run.id).await.unwrap(), None);
        assert_eq!(told(&test_store, &admin).await, [1; 5]);
        // What is deleted becomes nobody else's, not even when its group goes.
        let mut tx = test_store.store.begin().await.unwrap();
        retire_integration(&mut tx, test_store.integration.id, NOW).await.unwrap();
        delete_group(&mut tx, &admin, sales.id).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(told(&test_store, &outsider).await, [0; 5]);
        assert_eq!(told(&test_store, &admin).await, [0, 0, 0, 1, 0]);
    }

    async fn a_share_that_stays_keeps_its_time(test_store: TestStore) {
        let admin = test_store.reader_as(&test_store.workspace, "admin").await;
        let [owner, first, second] = [group(&test_store, &admin, "Sales").await, group(&test_store, &admin, "Alpha").await, group(&test_store, &admin, "Beta").await];
        share(&test_store, &Sharing { group_id: Some(owner.id), receivers: vec![first.id] }).await;

        assert_eq!(find_sharing(&test_store.store, &admin, test_store.integration.id).await.unwrap(), Some(Sharing { group_id: Some(owner.id), receivers: vec![first.id] }));
        let outsider = test_store.reader().await;
        assert_eq!(find_sharing(&test_store.store, &outsider, test_store.integration.id).await.unwrap(), None);
        let both = Sharing { group_id: Some(owner.id), receivers: vec![first.id, second.id] };
        let (store, id) = (&test_store.store, test_store.integration.id);
        let mut tx = store.begin().await.unwrap();
        put_sharing(&mut tx, id, &both, at(60)).await.unwrap();
        let stored = find_sharing_in(&mut tx, id).await.unwrap();
        let mut of_first = list_shares_of(&mut tx, &admin, first.id).await.unwrap();
        of_first.extend(list_shares_of(&mut tx, &admin, owner.id).await.unwrap());
        tx.commit().await.unwrap();

        assert_eq!((stored.group_id, stored.receivers.len(), of_first.len()), (both.group_id, 2, 3));
        let times = |groups: Vec<store::shares::ReadingGroup>| -> Vec<_> {
            groups.into_iter().map(|known| (known.group.name, known.shared_at)).collect()
        };
        let all = list_reading_groups(store, &admin, id).await.unwrap();
        let expected = [("Alpha".to_owned(), Some(NOW)), ("Beta".to_owned(), Some(at(60))), ("Sales".to_owned(), None)];
        assert_eq!(times(all), expected);
        // Who received it is told of the owner and of their own groups.
        let received = member_of(&test_store, &second).await;
        let seen = list_reading_groups(store, &received, id).await.unwrap();
        assert_eq!(times(seen), expected[1..]);
        assert_eq!(list_shares(store, &received).await.unwrap(), [(id, second.id)]);
        assert_eq!(list_shares(store, &admin).await.unwrap().len(), 2);
    }

    async fn a_removed_integration_takes_its_shares_along(test_store: TestStore) {
        let admin = test_store.reader_as(&test_store.workspace, "admin").await;
        let [owner, receiver] = [group(&test_store, &admin, "Sales").await, group(&test_store, &admin, "Service").await];
        share(&test_store, &Sharing { group_id: Some(owner.id), receivers: vec![receiver.id] }).await;

        let mut tx = test_store.store.begin().await.unwrap();
        remove_integration(&mut tx, &test_store.integration).await.unwrap();
        tx.commit().await.unwrap();

        assert_eq!(list_shares(&test_store.store, &admin).await.unwrap(), []);
    }
}
