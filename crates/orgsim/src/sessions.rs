//! Sessions, approvals and authorization codes: everything behind an opaque token.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

pub(crate) use self::mirror::Mirror;
pub(crate) use self::policy::{OwnPolicy, RefreshValidity, SESSION_TIMEOUT_MS, TokenPolicy};
use self::state::{IssuedCode, State};
use crate::id::RecordId;
use crate::kept::KeptFile;
use crate::random;

mod mirror;
mod policy;
mod state;

/// How long a code may be redeemed (Help, OAuth 2.0 Web Server Flow).
const CODE_LIFETIME_MS: i64 = 15 * 60_000;

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
    /// Where records of them are. None is written while the state is held: a sign-in must not wait for who writes.
    mirror: Option<Mirror>,
    state: Mutex<State>,
}

impl Sessions {
    pub(crate) fn new(org_id: &RecordId, policy: TokenPolicy) -> Self {
        let state = State { policy, ..State::default() };
        let org_id = org_id.as_str()[..15].to_owned();
        Self { org_id, kept: None, mirror: None, state: Mutex::new(state) }
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
    pub(crate) fn mirrored_in(mut self, mirror: Mirror) -> Self {
        for approval in &mut self.lock().approvals {
            approval.record = mirror.add_approval(&approval.subject(), None, approval.approved_at);
        }
        self.mirror = Some(mirror);
        self
    }

    /// Changes what happens to refresh tokens from now on.
    pub(crate) fn set_policy(&self, policy: TokenPolicy) {
        self.lock().policy = policy;
    }

    /// Decides about single apps, by their consumer keys, what holds in place of that.
    pub(crate) fn set_own_policies(&self, apps: impl Iterator<Item = (String, OwnPolicy)>) {
        self.lock().apps = apps.collect();
    }

    pub(crate) fn policy(&self) -> TokenPolicy {
        self.lock().policy
    }

    /// Issues a session without a refresh token.
    pub(crate) fn open(&self, subject: Subject, now_ms: i64) -> Issued {
        let access_token = self.change(|state| state.open(&self.org_id, &subject, None, now_ms));
        self.mirror_session(&access_token, &subject, now_ms);
        Issued { subject, access_token, refresh_token: None }
    }

    /// Issues a session and, where the scopes say so, a refresh token, which counts as one more approval.
    pub(crate) fn approve(&self, subject: Subject, now_ms: i64) -> Issued {
        let refreshes = |scope: &String| matches!(scope.as_str(), "refresh_token" | "offline_access");
        let validity = self.lock().policy_of(&subject.client_id).validity;
        if !subject.scopes.iter().any(refreshes) || validity == RefreshValidity::Zero {
            return self.open(subject, now_ms);
        }
        let (number, refresh_token, access_token) = self.change(|state| {
            let (number, refresh_token) = state.approve(&subject, now_ms);
            (number, refresh_token, state.open(&self.org_id, &subject, Some(number), now_ms))
        });
        self.mirror_approval(number, &subject, now_ms);
        self.mirror_session(&access_token, &subject, now_ms);
        self.remember();
        Issued { subject, access_token, refresh_token: Some(refresh_token) }
    }

    /// Issues a session for a refresh token, and a new refresh token if tokens rotate.
    pub(crate) fn refresh(
        &self,
        token: &str,
        client_id: &str,
        now_ms: i64,
    ) -> Result<Issued, RefreshRefusal> {
        self.drop_deleted();
        let used = self.change(|state| {
            let (number, rotated) = state.use_token(token, client_id, now_ms)?;
            let approval = state.approvals.iter().find(|approval| approval.number == number);
            let (subject, record) =
                approval.map(|known| (known.subject(), known.record)).ok_or(RefreshRefusal::Unknown)?;
            let access_token = state.open(&self.org_id, &subject, Some(number), now_ms);
            Ok((Issued { subject, access_token, refresh_token: rotated }, record))
        });
        // That a token was used is remembered, and so is that a reuse ended an approval.
        self.remember();
        let (issued, record) = used?;
        if let (Some(mirror), Some(record)) = (&self.mirror, record) {
            mirror.use_approval(record, now_ms);
        }
        self.mirror_session(&issued.access_token, &issued.subject, now_ms);
        Ok(issued)
    }

    /// Finds the live session of a token. Use in the second half of its time renews it (Help, Session Security Settings).
    pub(crate) fn touch(&self, token: &str, now_ms: i64) -> Option<Session> {
        let session = self.change(|state| state.touch(token, now_ms))?;
        if self.is_live(&session) {
            return Some(session);
        }
        self.change(|state| state.end_session(token));
        None
    }

    /// Finds the live session of a token without renewing it.
    pub(crate) fn look(&self, token: &str, now_ms: i64) -> Option<Session> {
        let session = self.lock().sessions.get(token).cloned()?;
        (session.expires_at > now_ms && self.is_live(&session)).then_some(session)
    }

    /// Returns the subject of a live refresh token.
    pub(crate) fn find_refresh_token(&self, token: &str) -> Option<Subject> {
        self.drop_deleted();
        let state = self.lock();
        let approval = state.approvals.iter().find(|approval| approval.refresh_token == token)?;
        Some(approval.subject())
    }

    /// Ends a session, or an approval with its sessions. Answers false if the token is neither.
    pub(crate) fn revoke(&self, token: &str) -> bool {
        if self.change(|state| state.end_session(token)) {
            return true;
        }
        let is_ended = self.change(|state| {
            let known = state.approvals.iter().position(|approval| approval.refresh_token == token);
            known.map(|index| state.end_approval(index)).is_some()
        });
        if is_ended {
            self.remember();
        }
        is_ended
    }

    /// Ends all sessions; refresh tokens live on. Answers how many.
    pub(crate) fn expire_all(&self) -> usize {
        self.change(State::end_sessions)
    }

    /// Ends all approvals and their sessions, as when an administrator blocks the app. Answers how many.
    pub(crate) fn revoke_all(&self) -> usize {
        let count = self.change(|state| {
            state.end_sessions();
            let ended = std::mem::take(&mut state.approvals);
            state.ended.extend(ended.iter().filter_map(|approval| approval.record));
            ended.len()
        });
        self.remember();
        count
    }

    /// Returns whether a user has a live approval of an app.
    pub(crate) fn has_approval(&self, user_id: &RecordId, client_id: &str) -> bool {
        self.drop_deleted();
        let is_of = |approval: &Approval| approval.user_id == *user_id && approval.client_id == client_id;
        self.lock().approvals.iter().any(is_of)
    }

    /// Returns how many approvals there are.
    pub(crate) fn count_approvals(&self) -> usize {
        self.drop_deleted();
        self.lock().approvals.len()
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

    /// Changes the state and, once others can get at it again, removes the records of what that ended.
    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let (result, ended) = {
            let mut state = self.lock();
            (change(&mut state), std::mem::take(&mut state.ended))
        };
        if let Some(mirror) = &self.mirror {
            ended.into_iter().for_each(|record| mirror.remove(record));
        }
        result
    }

    /// Remembers the approvals. Whoever gets to write last writes what is known last.
    fn remember(&self) {
        if let Some(file) = &self.kept {
            file.change(|kept| kept.approvals.clone_from(&self.lock().approvals));
        }
    }

    /// Writes the record of a session that was just opened.
    fn mirror_session(&self, token: &str, subject: &Subject, now_ms: i64) {
        let Some(mirror) = &self.mirror else { return };
        let timeout_ms = self.lock().policy_of(&subject.client_id).session_timeout_ms;
        let record = mirror.add_session(subject, timeout_ms, now_ms);
        self.change(|state| match state.sessions.get_mut(token) {
            Some(session) => session.record = record,
            // It has ended meanwhile.
            None => state.ended.extend(record),
        });
    }

    /// Writes the record of an approval that was just given.
    fn mirror_approval(&self, number: u64, subject: &Subject, now_ms: i64) {
        let Some(mirror) = &self.mirror else { return };
        let name = self.lock().apps.get(&subject.client_id).map(|app| app.name.clone());
        let record = mirror.add_approval(subject, name.as_deref(), now_ms);
        self.change(|state| match state.approvals.iter_mut().find(|approval| approval.number == number) {
            Some(approval) => approval.record = record,
            None => state.ended.extend(record),
        });
    }

    fn is_live(&self, session: &Session) -> bool {
        match (&self.mirror, session.record) {
            (Some(mirror), Some(record)) => mirror.is_there(record),
            _ => true,
        }
    }

    /// Ends the approvals whose record was deleted.
    fn drop_deleted(&self) {
        let Some(mirror) = &self.mirror else { return };
        let known: Vec<RecordId> =
            self.lock().approvals.iter().filter_map(|approval| approval.record).collect();
        let deleted: Vec<RecordId> = known.into_iter().filter(|record| !mirror.is_there(*record)).collect();
        if deleted.is_empty() {
            return;
        }
        let is_deleted = |approval: &Approval| approval.record.is_some_and(|id| deleted.contains(&id));
        self.change(|state| {
            while let Some(index) = state.approvals.iter().position(is_deleted) {
                state.end_approval(index);
            }
        });
        self.remember();
    }
}

#[cfg(test)]
mod tests;
