use super::{Code, CodeRefusal, Mirror, RefreshRefusal, SESSION_TIMEOUT_MS, Sessions, Subject, TokenPolicy};
use crate::id::RecordId;
use crate::org::{Org, OrgConfig};

fn sessions(policy: TokenPolicy) -> Sessions {
    Sessions::new(&RecordId::new(b"00D", 1), policy)
}

fn subject() -> Subject {
    let scopes = vec!["api".to_owned(), "refresh_token".to_owned()];
    Subject { user_id: RecordId::new(b"005", 1), client_id: "app".to_owned(), scopes }
}

#[test]
fn use_in_the_second_half_renews_a_session() {
    let sessions = sessions(TokenPolicy::default());
    let token = sessions.open(subject(), 0).access_token;

    assert_eq!(sessions.touch(&token, 1000).unwrap().expires_at, SESSION_TIMEOUT_MS);
    let later = SESSION_TIMEOUT_MS - 1;
    assert_eq!(sessions.touch(&token, later).unwrap().expires_at, later + SESSION_TIMEOUT_MS);
    assert!(sessions.touch(&token, later + SESSION_TIMEOUT_MS).is_none());
}

#[test]
fn the_sixth_approval_ends_the_first() {
    let sessions = sessions(TokenPolicy::default());
    let tokens: Vec<_> = (0..6).map(|_| sessions.approve(subject(), 0).refresh_token.unwrap()).collect();

    assert_eq!(sessions.refresh(&tokens[0], "app", 0).unwrap_err(), RefreshRefusal::Unknown);
    assert!(sessions.refresh(&tokens[1], "app", 0).is_ok());
    assert_eq!(sessions.refresh(&tokens[1], "other", 0).unwrap_err(), RefreshRefusal::Unknown);
}

#[test]
fn a_rotated_token_is_dead_and_may_take_the_family_with_it() {
    for revokes_on_reuse in [false, true] {
        let sessions = sessions(TokenPolicy { rotates: true, revokes_on_reuse, ..TokenPolicy::default() });
        let first = sessions.approve(subject(), 0).refresh_token.unwrap();
        let refreshed = sessions.refresh(&first, "app", 0).unwrap();
        let second = refreshed.refresh_token.unwrap();

        assert_eq!(sessions.refresh(&first, "app", 0).unwrap_err(), RefreshRefusal::Reused);
        assert_eq!(sessions.refresh(&second, "app", 0).is_ok(), !revokes_on_reuse);
        assert_eq!(sessions.touch(&refreshed.access_token, 0).is_some(), !revokes_on_reuse);
    }
}

#[test]
fn revoking_a_refresh_token_ends_its_sessions() {
    let sessions = sessions(TokenPolicy::default());
    let issued = sessions.approve(subject(), 0);

    assert!(sessions.revoke(issued.refresh_token.as_deref().unwrap()));
    assert!(sessions.touch(&issued.access_token, 0).is_none());
    assert!(!sessions.revoke("nonsense"));
}

#[test]
fn a_code_is_redeemed_once_and_in_time() {
    let sessions = sessions(TokenPolicy::default());
    let code = || Code {
        user_id: RecordId::new(b"005", 1),
        client_id: "app".to_owned(),
        redirect_uri: String::new(),
        scopes: vec![],
        challenge: None,
        nonce: None,
    };
    let (first, second) = (sessions.issue_code(code(), 0), sessions.issue_code(code(), 0));

    assert!(sessions.redeem_code(&first, 1).is_ok());
    assert_eq!(sessions.redeem_code(&first, 1).unwrap_err(), CodeRefusal::Expired);
    assert_eq!(sessions.redeem_code(&second, 15 * 60_000).unwrap_err(), CodeRefusal::Expired);
    assert_eq!(sessions.redeem_code("aPrx", 1).unwrap_err(), CodeRefusal::Unknown);
}

#[test]
fn tokens_are_issued_and_taken_back_while_others_write() {
    const NOW_MS: i64 = 1_800_000_000_000;
    let org = Org::new(OrgConfig { seed: 1, counts: [].into(), now_ms: NOW_MS });
    let mirrored = sessions(TokenPolicy::default()).mirrored_in(Mirror::new(org.clone(), Vec::new()));
    let subject = || Subject { user_id: org.user_id(), ..subject() };
    let old = mirrored.approve(subject(), NOW_MS);

    let issued: Result<_, ()> = org.transact(|| {
        let work = || {
            assert!(mirrored.revoke(old.refresh_token.as_deref().unwrap()));
            let issued = mirrored.approve(subject(), NOW_MS);
            let token = issued.refresh_token.unwrap();
            (mirrored.refresh(&token, "app", NOW_MS).unwrap().access_token, token)
        };
        Ok(std::thread::scope(|scope| scope.spawn(work).join().unwrap()))
    });

    let (session, token) = issued.unwrap();
    assert!(mirrored.touch(&session, NOW_MS).is_some());
    assert!(mirrored.touch(&old.access_token, NOW_MS).is_none());
    let count = |name: &str| org.read().row_count(org.schema().find(name).unwrap());
    assert_eq!((count("OauthToken"), count("AuthSession")), (1, 2));
    assert!(mirrored.revoke(&token));
    assert_eq!((count("OauthToken"), count("AuthSession")), (0, 0));
}
