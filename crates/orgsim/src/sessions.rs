//! Sessions, approvals and authorization codes: everything behind an opaque token.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

pub(crate) use self::mirror::Mirror;
pub(crate) use self::policy::{RefreshValidity, SESSION_TIMEOUT_MS, TokenPolicy};
use crate::id::RecordId;
use crate::kept::KeptFile;
use crate::random;

mod mirror;
mod policy;

/// How long a code may be redeemed (Help, OAuth 2.0 Web Server Flow).
const CODE_LIFETIME_MS: i64 = 15 * 60_000;

/// A user may approve an app this often; one more takes the oldest approval away without a word (Help, Manage OAuth Access).
const APPROVALS_PER_USER_AND_APP: usize = 5;

/// As many sessions are kept; beyond that the one idle longest goes, so that a client that never refreshes cannot fill memory.
const MAX_SESSIONS: usize = 10_000;

/// As many rotated tokens of one approval are remembered to tell a reuse from nonsense.
const MAX_RETIRED: usize = 100;

/// Who an access token speaks for.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    pub(crate) user_id: RecordId,
    pub(crate) client_id: String,
    pub(crate) scopes: Vec<String>,
    pub(crate) issued_at: i64,
    pub(crate) expires_at: i64,
    approval: Option<u64>,
    /// The record that stands for it.
    record: Option<RecordId>,
}

impl Session {
    /// Returns how many seconds it lives if it is not used.
    pub(crate) fn remaining_s(&self, now_ms: i64) -> i64 {
        (self.expires_at - now_ms) / 1000
    }

    /// Returns whether the session may call the REST API.
    pub(crate) fn may_call_api(&self) -> bool {
        self.scopes.iter().any(|scope| matches!(scope.as_str(), "api" | "full"))
    }
}

/// What an authorization code stands for.
#[derive(Clone, Debug)]
pub(crate) struct Code {
    pub(crate) user_id: RecordId,
    pub(crate) client_id: String,
    pub(crate) redirect_uri: String,
    pub(crate) scopes: Vec<String>,
    pub(crate) challenge: Option<String>,
    pub(crate) nonce: Option<String>,
}

/// A user's approval of an app, which a refresh token stands for.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Approval {
    number: u64,
    user_id: RecordId,
    client_id: String,
    scopes: Vec<String>,
    refresh_token: String,
    retired_tokens: Vec<String>,
    /// A file of an older program does not tell.
    #[serde(default)]
    approved_at: i64,
    #[serde(default)]
    used_at: i64,
    /// The record that stands for it, which is made anew after a restart.
    #[serde(skip)]
    record: Option<RecordId>,
}

/// Whom tokens are issued for.
#[derive(Clone, Debug)]
pub(crate) struct Subject {
    pub(crate) user_id: RecordId,
    pub(crate) client_id: String,
    pub(crate) scopes: Vec<String>,
}

/// Tokens just issued.
#[derive(Clone, Debug)]
pub(crate) struct Issued {
    pub(crate) subject: Subject,
    pub(crate) access_token: String,
    pub(crate) refresh_token: Option<String>,
}

/// Why a refresh was refused.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum RefreshRefusal {
    Unknown,
    Reused,
    /// Not used for too long.
    Idle,
    /// Its lifetime is over.
    Over,
}

/// Why a code was refused.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum CodeRefusal {
    Unknown,
    Expired,
}

/// All tokens of the org.
#[derive(Debug)]
pub(crate) struct Sessions {
    /// The 15-character organization id that access tokens begin with.
    org_id: String,
    /// Where approvals are remembered.
    kept: Option<Arc<KeptFile>>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    policy: TokenPolicy,
    mirror: Option<Mirror>,
    sessions: HashMap<String, Session>,
    approvals: Vec<Approval>,
    codes: HashMap<String, IssuedCode>,
    last_approval: u64,
}

#[derive(Debug)]
struct IssuedCode {
    code: Code,
    issued_at: i64,
    is_used: bool,
}

impl Sessions {
    pub(crate) fn new(org_id: &RecordId, policy: TokenPolicy) -> Self {
        let state = State { policy, ..State::default() };
        Self { org_id: org_id.as_str()[..15].to_owned(), kept: None, state: Mutex::new(state) }
    }

    /// Goes on with the approvals that were remembered, and remembers those to come.
    pub(crate) fn keep_in(mut self, file: Arc<KeptFile>) -> Self {
        let mut state = self.lock();
        state.approvals = file.kept().approvals.clone();
        state.last_approval =
            state.approvals.iter().map(|approval| approval.number).max().unwrap_or_default();
        drop(state);
        self.kept = Some(file);
        self
    }

    /// Keeps a record of each session and approval, also of those that were remembered.
    pub(crate) fn mirrored_in(self, mirror: Mirror) -> Self {
        let mut state = self.lock();
        for approval in &mut state.approvals {
            approval.record = mirror.add_approval(&approval.subject(), approval.approved_at);
        }
        state.mirror = Some(mirror);
        drop(state);
        self
    }

    fn remember(&self, state: &State) {
        if let Some(file) = &self.kept {
            file.change(|kept| kept.approvals.clone_from(&state.approvals));
        }
    }

    /// Changes what happens to refresh tokens from now on.
    pub(crate) fn set_policy(&self, policy: TokenPolicy) {
        self.lock().policy = policy;
    }

    pub(crate) fn policy(&self) -> TokenPolicy {
        self.lock().policy
    }

    /// Issues a session without a refresh token.
    pub(crate) fn open(&self, subject: Subject, now_ms: i64) -> Issued {
        let access_token = self.lock().open(&self.org_id, &subject, None, now_ms);
        Issued { subject, access_token, refresh_token: None }
    }

    /// Issues a session and, where the scopes say so, a refresh token, which counts as one more approval.
    pub(crate) fn approve(&self, subject: Subject, now_ms: i64) -> Issued {
        if !subject.scopes.iter().any(|scope| matches!(scope.as_str(), "refresh_token" | "offline_access")) {
            return self.open(subject, now_ms);
        }
        let mut state = self.lock();
        if state.policy.validity == RefreshValidity::Zero {
            let access_token = state.open(&self.org_id, &subject, None, now_ms);
            return Issued { subject, access_token, refresh_token: None };
        }
        let (number, refresh_token) = state.approve(&subject, now_ms);
        let access_token = state.open(&self.org_id, &subject, Some(number), now_ms);
        self.remember(&state);
        Issued { subject, access_token, refresh_token: Some(refresh_token) }
    }

    /// Issues a session for a refresh token, and a new refresh token if tokens rotate.
    pub(crate) fn refresh(
        &self,
        token: &str,
        client_id: &str,
        now_ms: i64,
    ) -> Result<Issued, RefreshRefusal> {
        let mut state = self.lock();
        state.drop_deleted();
        let policy = state.policy;
        if let Some(reused) =
            state.approvals.iter().position(|approval| approval.retired_tokens.iter().any(|t| t == token))
        {
            if policy.revokes_on_reuse {
                state.end_approval(reused);
                self.remember(&state);
            }
            return Err(RefreshRefusal::Reused);
        }
        let approval = state
            .approvals
            .iter_mut()
            .find(|approval| approval.refresh_token == token && approval.client_id == client_id);
        let approval = approval.ok_or(RefreshRefusal::Unknown)?;
        match policy.validity {
            RefreshValidity::Zero => return Err(RefreshRefusal::Unknown),
            RefreshValidity::Inactivity(ms) if now_ms - approval.used_at >= ms => {
                return Err(RefreshRefusal::Idle);
            }
            RefreshValidity::Lifetime(ms) if now_ms - approval.approved_at >= ms => {
                return Err(RefreshRefusal::Over);
            }
            _ => approval.used_at = now_ms,
        }
        let rotated = policy.rotates.then(|| approval.rotate());
        let (subject, number, record) = (approval.subject(), approval.number, approval.record);
        if let (Some(mirror), Some(record)) = (&state.mirror, record) {
            mirror.use_approval(record, now_ms);
        }
        let access_token = state.open(&self.org_id, &subject, Some(number), now_ms);
        if rotated.is_some() {
            self.remember(&state);
        }
        Ok(Issued { subject, access_token, refresh_token: rotated })
    }

    /// Finds the live session of a token. Use in the second half of its time renews it (Help, Session Security Settings).
    pub(crate) fn touch(&self, token: &str, now_ms: i64) -> Option<Session> {
        let mut state = self.lock();
        let state = &mut *state;
        let timeout_ms = state.policy.session_timeout_ms;
        let session = state.sessions.get_mut(token)?;
        let is_deleted = state.mirror.as_ref().is_some_and(|mirror| !mirror.is_live(session));
        if session.expires_at <= now_ms || is_deleted {
            state.end_session(token);
            return None;
        }
        if session.expires_at - now_ms < timeout_ms / 2 {
            session.expires_at = now_ms + timeout_ms;
        }
        Some(session.clone())
    }

    /// Finds the live session of a token without renewing it.
    pub(crate) fn look(&self, token: &str, now_ms: i64) -> Option<Session> {
        let state = self.lock();
        let session = state.sessions.get(token).filter(|session| session.expires_at > now_ms)?;
        state.mirror.as_ref().is_none_or(|mirror| mirror.is_live(session)).then(|| session.clone())
    }

    /// Returns the subject of a live refresh token.
    pub(crate) fn find_refresh_token(&self, token: &str) -> Option<Subject> {
        let mut state = self.lock();
        state.drop_deleted();
        let approval = state.approvals.iter().find(|approval| approval.refresh_token == token)?;
        Some(approval.subject())
    }

    /// Ends a session, or an approval with its sessions. Answers false if the token is neither.
    pub(crate) fn revoke(&self, token: &str) -> bool {
        let mut state = self.lock();
        if state.end_session(token) {
            return true;
        }
        let Some(index) = state.approvals.iter().position(|approval| approval.refresh_token == token) else {
            return false;
        };
        state.end_approval(index);
        self.remember(&state);
        true
    }

    /// Ends all sessions; refresh tokens live on. Answers how many.
    pub(crate) fn expire_all(&self) -> usize {
        let mut state = self.lock();
        let sessions = std::mem::take(&mut state.sessions);
        sessions.values().for_each(|session| state.unmirror(session.record));
        sessions.len()
    }

    /// Ends all approvals and their sessions, as when an administrator blocks the app. Answers how many.
    pub(crate) fn revoke_all(&self) -> usize {
        let mut state = self.lock();
        let sessions = std::mem::take(&mut state.sessions);
        sessions.values().for_each(|session| state.unmirror(session.record));
        let ended = std::mem::take(&mut state.approvals);
        ended.iter().for_each(|approval| state.unmirror(approval.record));
        self.remember(&state);
        ended.len()
    }

    /// Returns whether a user has a live approval of an app.
    pub(crate) fn has_approval(&self, user_id: &RecordId, client_id: &str) -> bool {
        let mut state = self.lock();
        state.drop_deleted();
        state.approvals.iter().any(|approval| approval.user_id == *user_id && approval.client_id == client_id)
    }

    /// Returns how many approvals there are.
    pub(crate) fn count_approvals(&self) -> usize {
        let mut state = self.lock();
        state.drop_deleted();
        state.approvals.len()
    }

    pub(crate) fn issue_code(&self, code: Code, now_ms: i64) -> String {
        let text = format!("aPrx{}==", random::letters(60));
        let mut state = self.lock();
        // A used or old code is remembered for a while: it is answered otherwise than one that never was.
        state.codes.retain(|_, issued| now_ms - issued.issued_at < 4 * CODE_LIFETIME_MS);
        state.codes.insert(text.clone(), IssuedCode { code, issued_at: now_ms, is_used: false });
        text
    }

    /// Redeems a code, once.
    pub(crate) fn redeem_code(&self, text: &str, now_ms: i64) -> Result<Code, CodeRefusal> {
        let mut state = self.lock();
        let issued = state.codes.get_mut(text).ok_or(CodeRefusal::Unknown)?;
        let is_late = now_ms - issued.issued_at >= CODE_LIFETIME_MS;
        if std::mem::replace(&mut issued.is_used, true) || is_late {
            return Err(CodeRefusal::Expired);
        }
        Ok(issued.code.clone())
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn open(&mut self, org_id: &str, subject: &Subject, approval: Option<u64>, now_ms: i64) -> String {
        if self.sessions.len() >= MAX_SESSIONS {
            let oldest = self
                .sessions
                .iter()
                .min_by_key(|(_, session)| session.expires_at)
                .map(|(token, _)| token.clone());
            oldest.into_iter().for_each(|token| {
                self.end_session(&token);
            });
        }
        let access_token = format!("{org_id}!AQ{}", random::letters(94));
        let session = Session {
            user_id: subject.user_id,
            client_id: subject.client_id.clone(),
            scopes: subject.scopes.clone(),
            issued_at: now_ms,
            expires_at: now_ms + self.policy.session_timeout_ms,
            approval,
            record: self
                .mirror
                .as_ref()
                .and_then(|mirror| mirror.add_session(subject, self.policy.session_timeout_ms, now_ms)),
        };
        self.sessions.insert(access_token.clone(), session);
        access_token
    }

    fn approve(&mut self, subject: &Subject, now_ms: i64) -> (u64, String) {
        self.last_approval += 1;
        let same = |approval: &Approval| {
            approval.user_id == subject.user_id && approval.client_id == subject.client_id
        };
        while self.approvals.iter().filter(|approval| same(approval)).count() >= APPROVALS_PER_USER_AND_APP {
            // Sessions of the oldest approval go on until they time out: only its refresh token is dead.
            let oldest = self.approvals.iter().position(same).expect("there are five");
            let evicted = self.approvals.remove(oldest);
            self.unmirror(evicted.record);
        }
        let refresh_token = new_refresh_token();
        self.approvals.push(Approval {
            number: self.last_approval,
            user_id: subject.user_id,
            client_id: subject.client_id.clone(),
            scopes: subject.scopes.clone(),
            refresh_token: refresh_token.clone(),
            retired_tokens: Vec::new(),
            approved_at: now_ms,
            used_at: now_ms,
            record: self.mirror.as_ref().and_then(|mirror| mirror.add_approval(subject, now_ms)),
        });
        (self.last_approval, refresh_token)
    }

    fn end_approval(&mut self, index: usize) {
        let ended = self.approvals.remove(index);
        self.unmirror(ended.record);
        let mut records = Vec::new();
        self.sessions.retain(|_, session| {
            let is_of_another = session.approval != Some(ended.number);
            records.extend(session.record.filter(|_| !is_of_another));
            is_of_another
        });
        records.into_iter().for_each(|record| self.unmirror(Some(record)));
    }

    /// Ends a session. Answers false if there is none.
    fn end_session(&mut self, token: &str) -> bool {
        let Some(session) = self.sessions.remove(token) else { return false };
        self.unmirror(session.record);
        true
    }

    /// Ends the approvals whose record was deleted.
    fn drop_deleted(&mut self) {
        let Some(mirror) = self.mirror.clone() else { return };
        let is_deleted = |approval: &Approval| approval.record.is_some_and(|id| !mirror.is_there(id));
        while let Some(index) = self.approvals.iter().position(is_deleted) {
            self.end_approval(index);
        }
    }

    fn unmirror(&self, record: Option<RecordId>) {
        if let Some(mirror) = &self.mirror {
            mirror.remove(record);
        }
    }
}

impl Approval {
    fn subject(&self) -> Subject {
        Subject { user_id: self.user_id, client_id: self.client_id.clone(), scopes: self.scopes.clone() }
    }

    fn rotate(&mut self) -> String {
        let retired = std::mem::replace(&mut self.refresh_token, new_refresh_token());
        if self.retired_tokens.len() == MAX_RETIRED {
            self.retired_tokens.remove(0);
        }
        self.retired_tokens.push(retired);
        self.refresh_token.clone()
    }
}

fn new_refresh_token() -> String {
    format!("5Aep861{}", random::letters(80))
}

#[cfg(test)]
mod tests;
