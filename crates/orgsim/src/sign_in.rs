//! Who may sign in: what an administrator decides about the app, its users and where they come from.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

use crate::clock::HOUR_MS;
use crate::id::RecordId;
use crate::users::User;

/// What became of the connected app.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AppStatus {
    #[default]
    Installed,
    /// A connected app that nobody installed: nobody may approve it any more (Help, Connected App Usage Restrictions).
    Uninstalled,
    /// An external client app whose package is not in this org.
    NotInOrg,
    /// Blocked on the page Connected Apps OAuth Usage.
    Blocked,
    /// Its consumer key is unknown.
    Deleted,
}

/// Who may send username and password to the token endpoint.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PasswordFlow {
    Nobody,
    /// The user of the start line. Real orgs block this grant for all.
    #[default]
    Administrator,
    Everyone,
}

/// All switches of sign-in.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct SignInPolicy {
    pub(crate) app: AppStatus,
    /// Only users in `pre_authorized` may use the app.
    pub(crate) admin_approved_only: bool,
    /// Users who need not approve the app, by id or username. The administrator needs not unless `admin_approved_only`.
    pub(crate) pre_authorized: BTreeSet<String>,
    /// Users who are frozen, by id or username.
    pub(crate) frozen_users: BTreeSet<String>,
    /// Users whose password has expired, by id or username.
    pub(crate) expired_passwords: BTreeSet<String>,
    /// Everybody calls from outside the login IP ranges.
    pub(crate) ip_restricted: bool,
    /// It is not one of the login hours of anybody's profile.
    pub(crate) outside_login_hours: bool,
    /// Everybody calls from a trusted network: passwords need no security token.
    pub(crate) trusted_network: bool,
    /// The org is locked, or its trial over.
    pub(crate) org_inactive: bool,
    /// Sign-in at `login.` and `test.` hosts is refused.
    pub(crate) my_domain_only: bool,
    /// The host that the org has since its My Domain was renamed, as `host:port`.
    pub(crate) my_domain: Option<String>,
    pub(crate) password_flow: PasswordFlow,
    /// The app has a user to run the client credentials flow as.
    pub(crate) client_credentials_user: bool,
    /// Sign-ins of one user in one hour.
    pub(crate) logins_per_hour: u32,
}

impl Default for SignInPolicy {
    fn default() -> Self {
        /// As many are told of everywhere, though Salesforce does not say so.
        const LOGINS_PER_HOUR: u32 = 3_600;
        Self {
            app: AppStatus::default(),
            admin_approved_only: false,
            pre_authorized: BTreeSet::new(),
            frozen_users: BTreeSet::new(),
            expired_passwords: BTreeSet::new(),
            ip_restricted: false,
            outside_login_hours: false,
            trusted_network: false,
            org_inactive: false,
            my_domain_only: false,
            my_domain: None,
            password_flow: PasswordFlow::default(),
            client_credentials_user: true,
            logins_per_hour: LOGINS_PER_HOUR,
        }
    }
}

impl SignInPolicy {
    /// Returns whether a user can neither sign in nor go on.
    pub(crate) fn is_out(&self, user: &User) -> bool {
        !user.is_active || user.is_frozen || names(&self.frozen_users, user)
    }

    fn check(&self, user: &User) -> Result<(), Obstacle> {
        if self.org_inactive {
            return Err(Obstacle::InactiveOrg);
        }
        if self.is_out(user) {
            return Err(Obstacle::InactiveUser);
        }
        if self.ip_restricted {
            return Err(Obstacle::IpRestricted);
        }
        if self.outside_login_hours {
            return Err(Obstacle::LoginHours);
        }
        Ok(())
    }

    pub(crate) fn is_pre_authorized(&self, user: &User) -> bool {
        names(&self.pre_authorized, user)
    }

    /// Returns whether any user's password has expired, which nearly always none has.
    pub(crate) fn has_expired_passwords(&self) -> bool {
        !self.expired_passwords.is_empty()
    }

    pub(crate) fn has_expired_password(&self, user: &User) -> bool {
        names(&self.expired_passwords, user)
    }
}

fn names(users: &BTreeSet<String>, user: &User) -> bool {
    users.iter().any(|name| is_named(name, user))
}

fn is_named(name: &str, user: &User) -> bool {
    name.eq_ignore_ascii_case(&user.username) || RecordId::parse(name).is_some_and(|id| id == user.id)
}

/// Why a user cannot sign in just now, although the password or token is right.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Obstacle {
    InactiveOrg,
    InactiveUser,
    IpRestricted,
    LoginHours,
    RateExceeded,
}

/// The switches as they stand, and how often users signed in.
#[derive(Debug, Default)]
pub(crate) struct SignIn {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    policy: SignInPolicy,
    logins: HashMap<RecordId, (i64, u32)>,
    /// The passwords of users who no longer have that of the start line.
    passwords: HashMap<RecordId, String>,
}

impl SignIn {
    pub(crate) fn new(policy: SignInPolicy) -> Self {
        Self { state: Mutex::new(State { policy, ..State::default() }) }
    }

    pub(crate) fn policy(&self) -> SignInPolicy {
        self.lock().policy.clone()
    }

    pub(crate) fn set_policy(&self, policy: SignInPolicy) {
        self.lock().policy = policy;
    }

    /// Tells what stands in a user's way, without counting.
    pub(crate) fn look(&self, user: &User) -> Result<(), Obstacle> {
        self.lock().policy.check(user)
    }

    /// Counts a sign-in and tells what stands in its way.
    pub(crate) fn check(&self, user: &User, now_ms: i64) -> Result<(), Obstacle> {
        let mut state = self.lock();
        let policy = &state.policy;
        policy.check(user)?;
        let (allowed, hour) = (policy.logins_per_hour, now_ms / HOUR_MS);
        let counted = state.logins.entry(user.id).or_insert((hour, 0));
        if counted.0 != hour {
            *counted = (hour, 0);
        }
        if counted.1 >= allowed {
            return Err(Obstacle::RateExceeded);
        }
        counted.1 += 1;
        Ok(())
    }

    /// Returns the password of a user, if it is not that of the start line.
    pub(crate) fn password_of(&self, user: RecordId) -> Option<String> {
        self.lock().passwords.get(&user).cloned()
    }

    /// Gives a user another password. One that is temporary has expired at once: the user must choose another.
    pub(crate) fn set_password(&self, user: &User, password: String, is_temporary: bool) {
        let mut state = self.lock();
        state.passwords.insert(user.id, password);
        state.policy.expired_passwords.retain(|name| !is_named(name, user));
        if is_temporary {
            state.policy.expired_passwords.insert(user.id.to_string());
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::{HOUR_MS, Obstacle, SignIn, SignInPolicy};
    use crate::id::RecordId;
    use crate::users::User;

    #[test]
    fn a_user_signs_in_so_often_an_hour() {
        let sign_in = SignIn::new(SignInPolicy { logins_per_hour: 2, ..SignInPolicy::default() });
        let user = User::nobody(RecordId::new(b"005", 1));

        assert_eq!([0, 1, 2].map(|at| sign_in.check(&user, at).is_ok()), [true, true, false]);
        assert_eq!(sign_in.check(&user, HOUR_MS), Ok(()));
    }

    #[test]
    fn users_are_named_by_id_or_username() {
        let user = User::nobody(RecordId::new(b"005", 1));
        for name in [user.id.as_str(), &user.id.as_str()[..15], "ADMIN@orgsim.example"] {
            let policy = SignInPolicy { frozen_users: [name.to_owned()].into(), ..SignInPolicy::default() };

            assert_eq!(SignIn::new(policy).check(&user, 0), Err(Obstacle::InactiveUser), "{name}");
        }
    }
}
