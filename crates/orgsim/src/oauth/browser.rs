//! People's browsers: who is signed in, which authorizations wait for them, what they approved before.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use axum::http::{HeaderMap, header};

use crate::id::RecordId;
use crate::random;
use crate::sessions::SESSION_TIMEOUT_MS;

/// The cookie of a person's session, named as Salesforce's is.
const COOKIE: &str = "sid";

/// As many authorizations may wait at once, and as many people be signed in; the oldest are forgotten.
const MAX_WAITING: usize = 1_000;

/// How long an address that signs a browser in is good.
const ENTRANCE_LIFETIME_MS: i64 = 60_000;

/// What a client wants sent to its callback.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum ResponseType {
    /// A code, in the query string: the web server flow.
    Code,
    /// Tokens, in the fragment: the user-agent flow.
    Token,
    /// Tokens and an id token.
    TokenAndIdToken,
}

impl ResponseType {
    /// Reads the parameter `response_type`, whose words may stand in any order.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut words: Vec<&str> = text.split_whitespace().collect();
        words.sort_unstable();
        match words.as_slice() {
            ["code"] => Some(Self::Code),
            ["token"] => Some(Self::Token),
            ["id_token", "token"] => Some(Self::TokenAndIdToken),
            _ => None,
        }
    }
}

/// An authorization that a client asked for, already checked.
#[derive(Clone, Debug)]
pub(super) struct Wish {
    pub(super) client_id: String,
    pub(super) redirect_uri: String,
    pub(super) scopes: Vec<String>,
    pub(super) state: Option<String>,
    pub(super) response: ResponseType,
    pub(super) nonce: Option<String>,
    pub(super) challenge: Option<String>,
    pub(super) login_hint: Option<String>,
    /// Whether the person must enter the password even when signed in.
    pub(super) needs_login: bool,
    /// Whether the person is asked even after approving before.
    pub(super) needs_consent: bool,
}

/// A person signed in with a browser.
#[derive(Clone, Debug)]
pub(super) struct Login {
    pub(super) user_id: RecordId,
    /// Stands in every form shown to this person, so that no other site can send the form.
    pub(super) form_token: String,
    since: i64,
}

/// All browsers.
#[derive(Debug, Default)]
pub(crate) struct Browser {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    waiting: HashMap<String, (i64, Wish)>,
    logins: HashMap<String, Login>,
    approved: HashSet<(RecordId, String, Vec<String>)>,
    /// Addresses that sign a browser in once, with whom and since when.
    entrances: HashMap<String, (RecordId, i64)>,
}

impl Browser {
    /// Keeps an authorization while the person signs in and decides; returns the name it has in URLs.
    pub(super) fn wait(&self, wish: Wish, now_ms: i64) -> String {
        let mut state = self.lock();
        if state.waiting.len() >= MAX_WAITING {
            let oldest =
                state.waiting.iter().min_by_key(|(_, (at, _))| *at).map(|(source, _)| source.clone());
            oldest.and_then(|source| state.waiting.remove(&source));
        }
        let source = random::letters(32);
        state.waiting.insert(source.clone(), (now_ms, wish));
        source
    }

    pub(super) fn find_wish(&self, source: &str) -> Option<Wish> {
        self.lock().waiting.get(source).map(|(_, wish)| wish.clone())
    }

    /// Takes an authorization out: it has been decided.
    pub(super) fn take_wish(&self, source: &str) -> Option<Wish> {
        self.lock().waiting.remove(source).map(|(_, wish)| wish)
    }

    /// Signs a person in and returns the cookie to set.
    pub(super) fn sign_in(&self, user_id: RecordId, source: &str, now_ms: i64) -> String {
        let mut state = self.lock();
        if state.logins.len() >= MAX_WAITING {
            let oldest =
                state.logins.iter().min_by_key(|(_, login)| login.since).map(|(cookie, _)| cookie.clone());
            oldest.and_then(|cookie| state.logins.remove(&cookie));
        }
        if let Some((_, wish)) = state.waiting.get_mut(source) {
            wish.needs_login = false;
        }
        let cookie = random::letters(48);
        state
            .logins
            .insert(cookie.clone(), Login { user_id, form_token: random::letters(32), since: now_ms });
        format!("{COOKIE}={cookie}; Path=/; HttpOnly; SameSite=Lax")
    }

    /// Returns a secret that signs a browser in once, within a minute.
    pub(super) fn let_in(&self, user_id: RecordId, now_ms: i64) -> String {
        let mut state = self.lock();
        state.entrances.retain(|_, (_, since)| now_ms - *since < ENTRANCE_LIFETIME_MS);
        let once = random::letters(48);
        if state.entrances.len() < MAX_WAITING {
            state.entrances.insert(once.clone(), (user_id, now_ms));
        }
        once
    }

    /// Finds whom such a secret signs in, and forgets it.
    pub(super) fn take_entrance(&self, once: &str, now_ms: i64) -> Option<RecordId> {
        let (user_id, since) = self.lock().entrances.remove(once)?;
        (now_ms - since < ENTRANCE_LIFETIME_MS).then_some(user_id)
    }

    /// Finds who a browser is signed in as.
    pub(super) fn find_login(&self, headers: &HeaderMap, now_ms: i64) -> Option<Login> {
        let login = self.lock().logins.get(cookie(headers)?).cloned();
        login.filter(|login| now_ms - login.since < SESSION_TIMEOUT_MS)
    }

    /// Signs a browser out and returns the cookie that clears its own.
    pub(super) fn sign_out(&self, headers: &HeaderMap) -> String {
        if let Some(cookie) = cookie(headers) {
            self.lock().logins.remove(cookie);
        }
        format!("{COOKIE}=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0")
    }

    pub(super) fn remember_approval(&self, user_id: RecordId, wish: &Wish) {
        self.lock().approved.insert(approval_key(user_id, wish));
    }

    pub(super) fn has_approved(&self, user_id: RecordId, wish: &Wish) -> bool {
        self.lock().approved.contains(&approval_key(user_id, wish))
    }

    /// Forgets what a user approved of an app.
    pub(super) fn forget_approvals_of(&self, user_id: &RecordId, client_id: &str) {
        self.lock().approved.retain(|(user, client, _)| user != user_id || client != client_id);
    }

    /// Forgets what people approved, so that all are asked again.
    pub(crate) fn forget_approvals(&self) {
        self.lock().approved.clear();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn approval_key(user_id: RecordId, wish: &Wish) -> (RecordId, String, Vec<String>) {
    let mut scopes = wish.scopes.clone();
    scopes.sort();
    (user_id, wish.client_id.clone(), scopes)
}

fn cookie(headers: &HeaderMap) -> Option<&str> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    cookies.flat_map(|value| value.split(';')).find_map(|pair| {
        let (name, value) = pair.trim().split_once('=')?;
        (name == COOKIE).then_some(value)
    })
}
