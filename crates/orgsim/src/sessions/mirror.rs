//! The records that stand for sessions and approvals (Object Reference, AuthSession, OauthToken).
//!
//! A session is good as long as its record is there: who deletes the record ends the session.

use super::Subject;
use crate::id::RecordId;
use crate::org::Org;
use crate::value::Value;

const SESSION: &str = "AuthSession";
const APPROVAL: &str = "OauthToken";

/// Where the records are, and what the apps are called.
#[derive(Clone, Debug)]
pub(crate) struct Mirror {
    org: Org,
    names: Vec<(String, String)>,
}

impl Mirror {
    /// Makes one for an org whose apps have those consumer keys and names.
    pub(crate) fn new(org: Org, names: Vec<(String, String)>) -> Self {
        Self { org, names }
    }

    pub(super) fn add_session(&self, subject: &Subject, timeout_ms: i64, now_ms: i64) -> Option<RecordId> {
        let login_type = if subject.client_id.is_empty() { "Other Apex API" } else { "Remote Access 2.0" };
        let session_type = if subject.client_id.is_empty() { "API" } else { "Oauth2" };
        let values = [
            ("UsersId", Value::Id(subject.user_id)),
            ("NumSecondsValid", Value::Int(timeout_ms / 1_000)),
            ("SourceIp", Value::text("127.0.0.1")),
            ("LoginType", Value::text(login_type)),
            ("SessionType", Value::text(session_type)),
            ("SessionSecurityLevel", Value::text("STANDARD")),
        ];
        self.org.add_own(SESSION, &values, now_ms)
    }

    /// Adds the record of an approval of an app that came later under that name, or is known.
    pub(super) fn add_approval(
        &self,
        subject: &Subject,
        name: Option<&str>,
        now_ms: i64,
    ) -> Option<RecordId> {
        let known = self.names.iter().find(|(client_id, _)| *client_id == subject.client_id);
        let name = name.or(known.map(|(_, name)| name.as_str())).unwrap_or("Connected App");
        let values = [
            ("UserId", Value::Id(subject.user_id)),
            ("AppName", Value::owned_text(name.to_owned())),
            ("UseCount", Value::Int(0)),
        ];
        self.org.add_own(APPROVAL, &values, now_ms)
    }

    /// Notes that an approval has been used for another session.
    pub(super) fn use_approval(&self, id: RecordId, now_ms: i64) {
        let count = {
            let view = self.org.read();
            view.find_by_name(APPROVAL, &id).and_then(|(sobject, row)| {
                match view.value(sobject, &row, sobject.field("UseCount")?) {
                    Value::Int(count) => Some(count),
                    _ => None,
                }
            })
        };
        let now_ms = now_ms - now_ms.rem_euclid(1_000);
        let values = [
            ("UseCount", Value::Int(count.unwrap_or_default() + 1)),
            ("LastUsedDate", Value::DateTime(now_ms)),
        ];
        self.org.set_quietly(APPROVAL, &id, &values);
    }

    /// Returns whether a record is there still.
    pub(super) fn is_there(&self, id: RecordId) -> bool {
        let name = if id.prefix() == *b"0CQ" { APPROVAL } else { SESSION };
        self.org.read().find_by_name(name, &id).is_some()
    }

    pub(super) fn remove(&self, id: RecordId) {
        if let Some(sobject) = self.org.schema().find_by_prefix(id.prefix()) {
            self.org.purge_own(sobject, &id);
        }
    }
}
