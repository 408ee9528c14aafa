use secrecy::{ExposeSecret, SecretString};
use store::connections::{
    claim_refresh, find_connection, find_next_obstacle, find_tokens, list_obstacles, note_obstacle,
    release_refresh, restore_connection, store_tokens, touch_obstacle,
};
use store::{Error, Keyring};

use crate::on_both;
use crate::test_store::{NOW, TestStore, at, open_store, tokens};

on_both! {
    async fn only_one_refresh_of_a_grant_is_under_way(test_store: TestStore) {
        let (store, connection) = (&test_store.store, test_store.connection.id);

        assert!(claim_refresh(store, connection, 1, at(30), NOW).await.unwrap());
        assert!(!claim_refresh(store, connection, 1, at(31), at(1)).await.unwrap());
        assert!(store_tokens(store, connection, 1, &tokens("access-2", None), &test_store.clock).await.unwrap());
        assert!(!store_tokens(store, connection, 1, &tokens("stale", None), &test_store.clock).await.unwrap());
        assert!(!claim_refresh(store, connection, 1, at(60), at(40)).await.unwrap());

        let found = find_tokens(store, connection).await.unwrap().unwrap();
        assert_eq!(found.access_token.expose_secret(), "access-2");
        assert_eq!(found.refresh_token.unwrap().expose_secret(), "refresh-1");
        assert_eq!((found.generation, found.refresh_until), (2, None));
    }

    async fn a_grant_that_is_renewed_at_the_orgs_own_host_follows_it(test_store: TestStore) {
        let (store, connection) = (&test_store.store, test_store.connection.id);
        let renamed = |url: &str| store::connections::NewTokens {
            instance_url: Some(url.to_owned()),
            ..tokens("access", None)
        };
        let hosts = async || {
            let found = find_connection(store, connection).await.unwrap().unwrap();
            (found.login_host, found.instance_url)
        };
        let own = |host: &str| (host.to_owned(), host.to_owned());

        store_tokens(store, connection, 1, &renamed("https://nordwind.my.salesforce.com"), &test_store.clock).await.unwrap();
        assert_eq!(hosts().await, ("login.salesforce.com".to_owned(), "https://nordwind.my.salesforce.com".to_owned()));
        test_store.execute(&format!("update {} set login_host = instance_url", test_store.control("connections"))).await;
        store_tokens(store, connection, 2, &tokens("access", None), &test_store.clock).await.unwrap();
        assert_eq!(hosts().await, own("https://nordwind.my.salesforce.com"));
        store_tokens(store, connection, 3, &renamed("https://ostwind.my.salesforce.com"), &test_store.clock).await.unwrap();
        assert_eq!(hosts().await, own("https://ostwind.my.salesforce.com"));
    }

    async fn a_claim_ends_or_is_released(test_store: TestStore) {
        let (store, connection) = (&test_store.store, test_store.connection.id);

        assert!(claim_refresh(store, connection, 1, at(30), NOW).await.unwrap());
        assert!(claim_refresh(store, connection, 1, at(60), at(30)).await.unwrap());
        release_refresh(store, connection, 1).await.unwrap();

        assert!(claim_refresh(store, connection, 1, at(60), at(31)).await.unwrap());
    }

    async fn secrets_are_not_in_the_database(test_store: TestStore) {
        let column = format!("select {} from {}", if test_store.is_sqlite() { "hex(access_token)" } else { "upper(encode(access_token, 'hex'))" }, test_store.control("connections"));

        let stored = test_store.texts(&column).await;

        let plain: String = b"access-1".iter().map(|byte| format!("{byte:02X}")).collect();
        assert!(!stored[0].as_deref().unwrap().contains(&plain));
    }

    async fn a_secret_moved_to_another_row_does_not_open(test_store: TestStore) {
        let second = model::Connection {
            id: model::ConnectionId::new(&test_store.clock, &test_store.random),
            ..test_store.connection.clone()
        };
        let mut tx = test_store.store.begin().await.unwrap();
        store::connections::create_connection(&mut tx, &second, &tokens("access-b", Some("refresh-b")), &test_store.clock)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        let (table, first) = (test_store.control("connections"), test_store.connection.id);

        test_store.execute(&format!(
            "update {table} set refresh_token = (select refresh_token from {table} where connection_id = '{first}')
             where connection_id = '{}'", second.id
        )).await;

        let moved = find_tokens(&test_store.store, second.id).await;
        assert!(matches!(moved, Err(Error::Unsealable { column: "refresh_token", .. })), "{moved:?}");
        assert!(find_tokens(&test_store.store, first).await.unwrap().is_some());
    }

    async fn a_store_whose_key_is_missing_is_refused(test_store: TestStore) {
        let other = test_store.folder.path().join("other-key");
        Keyring::create(&other, 0o400, &test_store.random).unwrap();

        let refused = open_store(&test_store.url, &other).await;

        assert!(matches!(refused, Err(Error::UnknownKey(_))));
        assert!(open_store(&test_store.url, &test_store.key_file()).await.is_ok());
    }

    async fn an_app_keeps_its_secret(test_store: TestStore) {
        let (store, workspace) = (&test_store.store, test_store.workspace.id);
        let secret = SecretString::from("client-secret");
        let mut tx = store.begin().await.unwrap();
        store::apps::put_app(&mut tx, workspace, "towpath", Some(&secret), &test_store.clock).await.unwrap();
        store::apps::put_app(&mut tx, workspace, "public", None, &test_store.clock).await.unwrap();
        tx.commit().await.unwrap();

        let found = store::apps::find_client_secret(store, workspace, "towpath").await.unwrap();

        assert_eq!(found.unwrap().expose_secret(), "client-secret");
        assert!(store::apps::find_client_secret(store, workspace, "public").await.unwrap().is_none());
    }

    async fn a_connection_reads_back(test_store: TestStore) {
        let found = find_connection(&test_store.store, test_store.connection.id).await.unwrap();

        assert_eq!(found, Some(test_store.connection.clone()));
    }

    async fn what_keeps_a_connection_out_is_news_once_and_so_is_its_end(test_store: TestStore) {
        let (store, id) = (&test_store.store, test_store.connection.id);
        let note = async |code: &str, now| {
            let mut tx = store.begin().await.unwrap();
            let is_news = note_obstacle(&mut tx, id, code, now).await.unwrap();
            tx.commit().await.unwrap();
            is_news
        };
        let restore = async || {
            let mut tx = store.begin().await.unwrap();
            let is_news = restore_connection(&mut tx, id, at(50)).await.unwrap();
            tx.commit().await.unwrap();
            is_news
        };

        assert!(note("app.blocked", at(1)).await);
        assert!(!note("app.blocked", at(2)).await);
        assert!(note("user.no_api", at(3)).await);
        assert_eq!(list_obstacles(store, at(2), 9).await.unwrap(), []);
        assert_eq!(list_obstacles(store, at(3), 9).await.unwrap(), [id]);
        touch_obstacle(store, id, at(4)).await.unwrap();
        assert_eq!(list_obstacles(store, at(3), 9).await.unwrap(), []);
        assert_eq!(find_next_obstacle(store).await.unwrap(), Some(at(4)));
        // A renewed token says nothing of it.
        assert!(store_tokens(store, id, 1, &tokens("access-2", None), &test_store.clock).await.unwrap());
        let found = find_connection(store, id).await.unwrap().unwrap();
        assert_eq!(found.status, model::ConnectionStatus::NeedsAttention);

        assert!(restore().await);
        assert!(!restore().await);
        assert_eq!(find_next_obstacle(store).await.unwrap(), None);
        let found = find_connection(store, id).await.unwrap().unwrap();
        assert_eq!((found.status, found.status_code), (model::ConnectionStatus::Connected, None));
    }

    async fn who_has_to_connect_again_is_told_nothing_less(test_store: TestStore) {
        let (store, id) = (&test_store.store, test_store.connection.id);
        let ended = model::ConnectionStatus::NeedsReconnect;
        let mut tx = store.begin().await.unwrap();
        store::connections::set_connection_status(&mut tx, id, ended, Some("user.inactive"), NOW).await.unwrap();

        let is_news = note_obstacle(&mut tx, id, "app.blocked", at(1)).await.unwrap();
        tx.commit().await.unwrap();

        assert!(!is_news);
        assert_eq!(find_connection(store, id).await.unwrap().unwrap().status, ended);
    }

    async fn a_grant_that_ended_needs_a_person(test_store: TestStore) {
        let (store, connection) = (&test_store.store, test_store.connection.id);
        let mut tx = store.begin().await.unwrap();
        store::connections::set_connection_status(
            &mut tx, connection, model::ConnectionStatus::NeedsReconnect, Some("token.revoked"), NOW,
        ).await.unwrap();
        tx.commit().await.unwrap();

        let found = find_connection(store, connection).await.unwrap().unwrap();

        assert_eq!(found.status, model::ConnectionStatus::NeedsReconnect);
        assert_eq!(found.status_code.as_deref(), Some("token.revoked"));
    }
}
