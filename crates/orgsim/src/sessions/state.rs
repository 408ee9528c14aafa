//! What is known of tokens, which one at a time may change. Nothing here waits for anything.

use std::collections::HashMap;

use super::{Approval, Code, OwnPolicy, RefreshRefusal, RefreshValidity, Session, Subject, TokenPolicy};
use crate::id::RecordId;
use crate::random;

/// A user may approve an app this often; one more takes the oldest approval away without a word (Help, Manage OAuth Access).
const APPROVALS_PER_USER_AND_APP: usize = 5;

/// As many sessions are kept; beyond that the one idle longest goes, so that a client that never refreshes cannot fill memory.
const MAX_SESSIONS: usize = 10_000;

/// As many rotated tokens of one approval are remembered to tell a reuse from nonsense.
const MAX_RETIRED: usize = 100;

#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) policy: TokenPolicy,
    /// Apps about which something else is decided, by their consumer keys.
    pub(super) apps: HashMap<String, OwnPolicy>,
    /// The records of what has ended, which are to be removed.
    pub(super) ended: Vec<RecordId>,
    pub(super) sessions: HashMap<String, Session>,
    pub(super) approvals: Vec<Approval>,
    pub(super) codes: HashMap<String, IssuedCode>,
    pub(super) last_approval: u64,
}

#[derive(Debug)]
pub(super) struct IssuedCode {
    pub(super) code: Code,
    pub(super) issued_at: i64,
    pub(super) is_used: bool,
}

impl State {
    /// Returns what is decided about an app.
    pub(super) fn policy_of(&self, client_id: &str) -> TokenPolicy {
        self.apps.get(client_id).map_or(self.policy, |app| app.policy)
    }

    pub(super) fn open(
        &mut self,
        org_id: &str,
        subject: &Subject,
        approval: Option<u64>,
        now_ms: i64,
    ) -> String {
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
            expires_at: now_ms + self.policy_of(&subject.client_id).session_timeout_ms,
            approval,
            record: None,
        };
        self.sessions.insert(access_token.clone(), session);
        access_token
    }

    pub(super) fn approve(&mut self, subject: &Subject, now_ms: i64) -> (u64, String) {
        self.last_approval += 1;
        let same = |approval: &Approval| {
            approval.user_id == subject.user_id && approval.client_id == subject.client_id
        };
        while self.approvals.iter().filter(|approval| same(approval)).count() >= APPROVALS_PER_USER_AND_APP {
            // Sessions of the oldest approval go on until they time out: only its refresh token is dead.
            let oldest = self.approvals.iter().position(same).expect("there are five");
            let evicted = self.approvals.remove(oldest);
            self.ended.extend(evicted.record);
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
            record: None,
        });
        (self.last_approval, refresh_token)
    }

    /// Uses a refresh token: returns the number of its approval and, if tokens rotate, the one to use from now on.
    pub(super) fn use_token(
        &mut self,
        token: &str,
        client_id: &str,
        now_ms: i64,
    ) -> Result<(u64, Option<String>), RefreshRefusal> {
        let policy = self.policy_of(client_id);
        let is_retired = |approval: &Approval| approval.retired_tokens.iter().any(|retired| retired == token);
        if let Some(reused) = self.approvals.iter().position(is_retired) {
            if policy.revokes_on_reuse {
                self.end_approval(reused);
            }
            return Err(RefreshRefusal::Reused);
        }
        let approval = self
            .approvals
            .iter_mut()
            .find(|approval| approval.refresh_token == token && approval.client_id == client_id)
            .ok_or(RefreshRefusal::Unknown)?;
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
        Ok((approval.number, policy.rotates.then(|| approval.rotate())))
    }

    /// Finds a session that is not over, and renews it where it is time.
    pub(super) fn touch(&mut self, token: &str, now_ms: i64) -> Option<Session> {
        let client_id = &self.sessions.get(token)?.client_id;
        let timeout_ms = self.policy_of(client_id).session_timeout_ms;
        let session = self.sessions.get_mut(token)?;
        if session.expires_at <= now_ms {
            self.end_session(token);
            return None;
        }
        if session.expires_at - now_ms < timeout_ms / 2 {
            session.expires_at = now_ms + timeout_ms;
        }
        Some(session.clone())
    }

    pub(super) fn end_approval(&mut self, index: usize) {
        let ended = self.approvals.remove(index);
        self.ended.extend(ended.record);
        let sessions = &mut self.ended;
        self.sessions.retain(|_, session| {
            let is_of_another = session.approval != Some(ended.number);
            sessions.extend(session.record.filter(|_| !is_of_another));
            is_of_another
        });
    }

    /// Ends a session. Answers false if there is none.
    pub(super) fn end_session(&mut self, token: &str) -> bool {
        let Some(session) = self.sessions.remove(token) else { return false };
        self.ended.extend(session.record);
        true
    }

    /// Ends all sessions. Answers how many.
    pub(super) fn end_sessions(&mut self) -> usize {
        let sessions = std::mem::take(&mut self.sessions);
        self.ended.extend(sessions.values().filter_map(|session| session.record));
        sessions.len()
    }
}

impl Approval {
    pub(super) fn subject(&self) -> Subject {
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
