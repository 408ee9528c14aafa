use model::{MemberSession, SessionId, UserId};
use store::sessions::{
    create_session, delete_ended_sessions, delete_other_sessions, delete_session, delete_session_of,
    delete_sessions_of_member, find_session, list_sessions, put_browser, touch_session,
};
use store::{Reader, TokenHash};

use crate::on_both;
use crate::test_store::{NOW, TestStore, at};

const WEEK_S: i64 = 7 * 24 * 3_600;

async fn sign_in(test_store: &TestStore, user_id: UserId, token: &str, ends_after_s: i64) -> SessionId {
    let session = MemberSession {
        id: SessionId::new(&test_store.clock, &test_store.random),
        user_id,
        csrf_token: format!("csrf-{token}"),
        created_at: NOW,
        used_at: NOW,
        expires_at: at(ends_after_s),
    };
    let mut tx = test_store.store.begin().await.unwrap();
    create_session(&mut tx, &session, &TokenHash::of(token)).await.unwrap();
    put_browser(&mut tx, session.id, token).await.unwrap();
    tx.commit().await.unwrap();
    session.id
}

async fn browsers(test_store: &TestStore, reader: &Reader) -> Vec<String> {
    let sessions = list_sessions(&test_store.store, reader, NOW).await.unwrap();
    let mut browsers: Vec<_> = sessions.into_iter().filter_map(|session| session.browser).collect();
    browsers.sort();
    browsers
}

on_both! {
    async fn a_session_reads_as_its_member_until_it_ends(test_store: TestStore) {
        let (store, reader) = (&test_store.store, test_store.reader_as(&test_store.workspace, "operator").await);
        let id = sign_in(&test_store, reader.user_id(), "phone", 30 * WEEK_S).await;
        let token = TokenHash::of("phone");

        let (session, found) = find_session(store, &token, NOW).await.unwrap().unwrap();
        assert_eq!((session.id, session.csrf_token.as_str(), &found), (id, "csrf-phone", &reader));
        assert!(find_session(store, &TokenHash::of("other"), NOW).await.unwrap().is_none());

        // A week without use ends it, and use starts the week anew; its own end does in any case.
        assert!(find_session(store, &token, at(WEEK_S)).await.unwrap().is_none());
        touch_session(store, &token, at(WEEK_S - 1)).await.unwrap();
        assert!(find_session(store, &token, at(WEEK_S)).await.unwrap().is_some());
        touch_session(store, &token, at(30 * WEEK_S - 1)).await.unwrap();
        assert!(find_session(store, &token, at(30 * WEEK_S)).await.unwrap().is_none());
    }

    async fn a_member_lists_and_ends_only_their_own(test_store: TestStore) {
        let (ada, ben) = (test_store.reader().await, test_store.reader().await);
        let phone = sign_in(&test_store, ada.user_id(), "phone", 3_600).await;
        sign_in(&test_store, ada.user_id(), "tablet", 3_600).await;
        sign_in(&test_store, ben.user_id(), "desk", 3_600).await;
        assert_eq!(browsers(&test_store, &ada).await, ["phone", "tablet"]);

        let mut tx = test_store.store.begin().await.unwrap();
        assert!(!delete_session_of(&mut tx, &ben, phone).await.unwrap());
        assert!(delete_session_of(&mut tx, &ada, phone).await.unwrap());
        assert!(!delete_session_of(&mut tx, &ada, phone).await.unwrap());
        tx.commit().await.unwrap();

        assert_eq!(browsers(&test_store, &ada).await, ["tablet"]);
        assert_eq!(browsers(&test_store, &ben).await, ["desk"]);
    }

    async fn all_others_end_and_the_one_in_use_stays(test_store: TestStore) {
        let ada = test_store.reader().await;
        sign_in(&test_store, ada.user_id(), "phone", 3_600).await;
        let kept = sign_in(&test_store, ada.user_id(), "tablet", 3_600).await;

        let mut tx = test_store.store.begin().await.unwrap();
        delete_other_sessions(&mut tx, &ada, kept).await.unwrap();
        tx.commit().await.unwrap();

        let left = list_sessions(&test_store.store, &ada, NOW).await.unwrap();
        assert_eq!(left.iter().map(|session| session.id).collect::<Vec<_>>(), [kept]);
        let mut tx = test_store.store.begin().await.unwrap();
        delete_session(&mut tx, &TokenHash::of("tablet")).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(list_sessions(&test_store.store, &ada, NOW).await.unwrap(), []);
    }

    async fn somebody_is_signed_out_by_their_own_workspace_only(test_store: TestStore) {
        let (ada, stranger) = (test_store.reader().await, test_store.foreign_reader().await);
        sign_in(&test_store, ada.user_id(), "phone", 3_600).await;

        let mut tx = test_store.store.begin().await.unwrap();
        delete_sessions_of_member(&mut tx, &stranger, ada.user_id()).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(browsers(&test_store, &ada).await, ["phone"]);

        let mut tx = test_store.store.begin().await.unwrap();
        delete_sessions_of_member(&mut tx, &ada, ada.user_id()).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(list_sessions(&test_store.store, &ada, NOW).await.unwrap(), []);
    }

    async fn what_has_ended_is_forgotten(test_store: TestStore) {
        let ada = test_store.reader().await;
        sign_in(&test_store, ada.user_id(), "short", 60).await;
        sign_in(&test_store, ada.user_id(), "long", 30 * WEEK_S).await;

        let mut tx = test_store.store.begin().await.unwrap();
        delete_ended_sessions(&mut tx, at(3_600)).await.unwrap();
        tx.commit().await.unwrap();

        assert_eq!(browsers(&test_store, &ada).await, ["long"]);
    }
}
