//! The connection check: whether an org still answers us, and if not, what mends it.
//!
//! It asks the org in the order in which things can be wrong: its address, the grant, the user, the scopes, the calls
//! that are left, the clock, and the sObjects of the rules. What cannot be asked because of an earlier line is skipped.

use std::{collections::BTreeSet, time::Duration};

use model::{Connection, ConnectionId, ConnectionStatus, GrantKind, Integration, IntegrationId};
use salesforce::{Client, RecordId, Session, Timestamp, limits::ApiUsage, oauth::Scopes};
use serde::Deserialize;
use store::{Reader, integrations::find_integration_of, orgs::find_org, sync_rules::list_sync_rules};

use crate::{
    connect::PINNED_VERSION,
    connect_flow::TOO_WIDE,
    engine::Engine,
    error::{Error, Result},
    org_client::OrgClient,
    problem::{self, Problem},
    tokens,
};

/// A person waits, but for the truth rather than for a field of a form.
const DEADLINE: Duration = Duration::from_secs(20);
/// Salesforce's own clocks keep within seconds; beyond this a comparison of instants is worth little.
const MOST_SKEW_MS: i64 = 5 * 60 * 1_000;
/// From this share of the daily limit on a person should know.
const MUCH_USED_PERCENT: u64 = 80;
/// Without these nothing can be copied.
const REQUIRED_SCOPES: [&str; 2] = ["api", "refresh_token"];

/// What one line of the check is about.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum CheckPart {
    /// Whether the org's address answers.
    Address,
    /// Whether the org still gives us access.
    Grant,
    /// Whether the user may use the API, in the org that was connected.
    User,
    /// Whether the scopes are enough.
    Scopes,
    /// Whether API calls are left today.
    Calls,
    /// Whether the org's clock and ours agree.
    Clock,
    /// Whether the sObjects of the rules can be read.
    SObjects,
}

/// How a line of the check came out.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum CheckState {
    /// It is right.
    Fine,
    /// It works, and a person should know something.
    Warning,
    /// It does not work.
    Broken,
    /// It could not be asked because of an earlier line.
    Skipped,
}

/// One line of the check.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CheckLine {
    /// What it is about.
    pub part: CheckPart,
    /// How it came out.
    pub state: CheckState,
    /// What was found, in a sentence.
    pub text: String,
    /// What is wrong.
    pub problem: Option<Problem>,
}

/// What a check found.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ConnectionCheck {
    /// When.
    pub checked_at: Timestamp,
    /// Where the org is, for the pages of its Setup.
    pub instance_url: String,
    /// The lines, in the order in which they were asked.
    pub lines: Vec<CheckLine>,
}

impl CheckLine {
    fn fine(part: CheckPart, text: impl Into<String>) -> Self {
        Self { part, state: CheckState::Fine, text: text.into(), problem: None }
    }

    fn warning(part: CheckPart, problem: Problem) -> Self {
        Self { part, state: CheckState::Warning, text: problem.text.clone(), problem: Some(problem) }
    }

    fn broken(part: CheckPart, problem: Problem) -> Self {
        Self { part, state: CheckState::Broken, text: problem.text.clone(), problem: Some(problem) }
    }
}

const PARTS: [CheckPart; 7] = [
    CheckPart::Address,
    CheckPart::Grant,
    CheckPart::User,
    CheckPart::Scopes,
    CheckPart::Calls,
    CheckPart::Clock,
    CheckPart::SObjects,
];

impl Engine {
    /// Asks the org of an integration everything that a sync needs of it. Takes some five calls.
    ///
    /// A grant that the org refused before is tried once more, because its cause may be gone: a user may have been
    /// reactivated. One that works again is connected again, as is one that was kept out.
    ///
    /// # Errors
    /// The store fails. What is wrong with the org stands in the lines.
    pub async fn check_connection(
        &self,
        reader: &Reader,
        id: IntegrationId,
    ) -> Result<Option<ConnectionCheck>> {
        let Some(integration) = find_integration_of(self.store(), reader, id).await? else { return Ok(None) };
        let connection = self.connection(integration.connection_id).await?;
        let mut lines = Vec::new();
        self.ask_all(&integration, &connection, &mut lines).await?;
        let said: BTreeSet<_> = lines.iter().map(|line| line.part as u8).collect();
        let skipped = PARTS.into_iter().filter(|part| !said.contains(&(*part as u8)));
        lines.extend(skipped.map(|part| CheckLine {
            part,
            state: CheckState::Skipped,
            text: "Not asked, because of what is wrong above.".to_owned(),
            problem: None,
        }));
        // The check may have found that the org has another host now.
        let instance_url = self.connection(connection.id).await?.instance_url;
        let checked_at = self.clock().now();
        Ok(Some(ConnectionCheck { checked_at, instance_url, lines }))
    }

    /// Asks until something is so wrong that the rest cannot be asked.
    async fn ask_all(
        &self,
        integration: &Integration,
        connection: &Connection,
        lines: &mut Vec<CheckLine>,
    ) -> Result<()> {
        match self.in_patience(self.ask_address(connection.id)).await {
            Ok(host) => lines.push(CheckLine::fine(CheckPart::Address, format!("{host} answers."))),
            Err(error) => return broken(lines, connection, CheckPart::Address, error),
        }
        match self.in_patience(self.ask_grant(connection)).await {
            Ok(text) => lines.push(CheckLine::fine(CheckPart::Grant, text)),
            Err(error) => return broken(lines, connection, CheckPart::Grant, error),
        }
        let client = match self.in_patience(self.questioner(connection.id)).await {
            Ok(client) => client,
            Err(error) => return broken(lines, connection, CheckPart::User, error),
        };
        match self.in_patience(self.ask_user(&client, connection)).await {
            Ok(()) => lines.push(CheckLine::fine(
                CheckPart::User,
                format!("{} may use the API of this org.", connection.username),
            )),
            Err(error) => {
                self.note_obstacle(connection.id, &error).await?;
                broken(lines, connection, CheckPart::User, error)?;
                // It needs no call, and may be why.
                lines.push(self.scopes_line(connection).await?);
                return Ok(());
            }
        }
        if connection.status == ConnectionStatus::NeedsAttention {
            self.restore(connection.id).await?;
        }
        lines.push(self.scopes_line(connection).await?);
        lines.push(calls_line(client.usage()));
        lines.push(clock_line(client.server_date(), self.clock().now()));
        match self.in_patience(self.ask_sobjects(&client, integration)).await {
            Ok(line) => lines.push(line),
            Err(error) => return broken(lines, connection, CheckPart::SObjects, error),
        }
        Ok(())
    }

    /// Whether the host of the org answers as Salesforce does. Needs no right in the org. Returns the host, which is another
    /// than before where the org was renamed.
    async fn ask_address(&self, id: ConnectionId) -> Result<String> {
        let token = tokens::access_token(self, &self.tokens(id).await?)?;
        let session = Session::renewable(token, tokens::refresher(self, id));
        let client = Client::new(self.http().clone(), session, PINNED_VERSION);
        client.versions().await.map_err(Error::call("ask the org for its API versions"))?;
        Ok(client.session().token().instance_url.host().to_owned())
    }

    /// Renews the access token: only that shows whether the grant is alive, for a session outlives it by hours.
    async fn ask_grant(&self, connection: &Connection) -> Result<String> {
        let id = connection.id;
        if connection.grant == GrantKind::AccessToken {
            return Ok("An access token was given; nothing renews it when it expires.".to_owned());
        }
        let was_refused = connection.status == ConnectionStatus::NeedsReconnect;
        // A token that was rotated away never works again.
        if was_refused && connection.status_code.as_deref() == Some(problem::ROTATED_LOST) {
            return Err(Error::GrantEnded { code: connection.status_code.clone() });
        }
        self.renew_apart(id).await?;
        if !was_refused {
            return Ok("Salesforce renewed our access just now.".to_owned());
        }
        self.restore(id).await?;
        Ok("Salesforce accepts our access again.".to_owned())
    }

    /// The scopes that the last answer of the token endpoint named: the renewal before has just stored them.
    async fn scopes_line(&self, connection: &Connection) -> Result<CheckLine> {
        Ok(scopes_line(&self.connection(connection.id).await?))
    }

    /// Whether the user may query at all, and whether it is the org that was connected.
    pub(crate) async fn ask_user(&self, client: &OrgClient, connection: &Connection) -> Result<()> {
        #[derive(Deserialize)]
        #[serde(rename_all = "PascalCase")]
        struct Organization {
            id: RecordId,
        }
        let page = client.query("SELECT Id FROM Organization LIMIT 1").await;
        let found: Vec<Organization> = page.map_err(Error::call("ask the org for its id"))?.into_records()?;
        let org = find_org(self.store(), connection.org_id).await?;
        match (found.first(), org) {
            (Some(found), Some(org)) if found.id != org.organization_id => {
                Err(Error::OrgMismatch { stored: org.name, found: found.id.to_string() })
            }
            _ => Ok(()),
        }
    }

    /// Whether the sObjects of the rules are among what the user can query.
    async fn ask_sobjects(&self, client: &OrgClient, integration: &Integration) -> Result<CheckLine> {
        let rules = list_sync_rules(self.store(), integration.id).await?;
        if rules.is_empty() {
            return Ok(CheckLine::fine(CheckPart::SObjects, "No sObject is chosen yet."));
        }
        let known = client.describe_global().await.map_err(Error::call("list the sObjects of the org"))?;
        let can_read = |rule: &&model::SyncRule| {
            known.sobjects.iter().any(|sobject| sobject.name == rule.sobject && sobject.queryable)
        };
        let hidden: Vec<_> = rules.iter().filter(|rule| !can_read(rule)).collect();
        let Some(first) = hidden.first() else {
            return Ok(CheckLine::fine(
                CheckPart::SObjects,
                format!("The user can read all {} sObjects of the rules.", rules.len()),
            ));
        };
        let problem = Error::SObjectUnknown(first.sobject.clone()).problem();
        let names: Vec<_> = hidden.iter().map(|rule| rule.sobject.to_string()).collect();
        let text = format!(
            "The user cannot read {} any more. What was copied stays; the other sObjects go on.",
            names.join(", ")
        );
        Ok(CheckLine::broken(CheckPart::SObjects, Problem { text, ..problem }))
    }

    async fn in_patience<T>(&self, question: impl Future<Output = Result<T>>) -> Result<T> {
        tokio::time::timeout(DEADLINE, question).await.unwrap_or(Err(Error::TokenCallStalled))
    }
}

/// Adds a broken line, unless it is the store that failed.
fn broken(lines: &mut Vec<CheckLine>, connection: &Connection, part: CheckPart, error: Error) -> Result<()> {
    if error.is_of_store() {
        return Err(error);
    }
    let problem = match &error {
        Error::TokenCallStalled => Problem::new(
            "network.unreachable",
            "Salesforce did not answer within 20 seconds. Check the network and the proxy, and Salesforce's status page.",
        ),
        error => error.problem(),
    };
    lines.push(CheckLine::broken(part, problem.naming_user(&connection.username)));
    Ok(())
}

fn scopes_line(connection: &Connection) -> CheckLine {
    let scopes = Scopes::parse(&connection.scopes);
    let missing = match connection.grant {
        GrantKind::AuthorizationCode => scopes.missing(&REQUIRED_SCOPES),
        // Other grants do not tell their scopes, or need no refresh token.
        _ => Vec::new(),
    };
    let is_direct = matches!(connection.grant, GrantKind::ClientCredentials | GrantKind::JwtBearer);
    let wide: Vec<_> = scopes.iter().filter(|scope| TOO_WIDE.contains(scope)).collect();
    if is_direct && !wide.is_empty() {
        let text = format!(
            "The app has the scopes \"{}\", which are more than is needed. Take them from the app.",
            wide.join(", ")
        );
        return CheckLine::warning(CheckPart::Scopes, Problem::new("scope.too_wide", text));
    }
    match missing.is_empty() {
        true => CheckLine::fine(
            CheckPart::Scopes,
            format!("Granted: {}.", scopes.iter().collect::<Vec<_>>().join(", ")),
        ),
        false => CheckLine::broken(CheckPart::Scopes, Error::ScopesMissing(missing.join(", ")).problem()),
    }
}

fn calls_line(usage: Option<ApiUsage>) -> CheckLine {
    let Some(ApiUsage { used, max }) = usage else {
        return CheckLine::fine(CheckPart::Calls, "The org does not tell how many calls it has left.");
    };
    let text = format!("The org has used {used} of its {max} API calls of the last 24 hours.");
    if used >= max {
        return CheckLine::broken(CheckPart::Calls, Problem::new("limit.daily", text));
    }
    if used.saturating_mul(100) >= max.saturating_mul(MUCH_USED_PERCENT) {
        let text = format!("{text} Syncing in the background leaves the rest to others.");
        return CheckLine::warning(CheckPart::Calls, Problem::new("limit.reserve", text));
    }
    CheckLine::fine(CheckPart::Calls, text)
}

fn clock_line(theirs: Option<Timestamp>, ours: Timestamp) -> CheckLine {
    match theirs {
        Some(theirs) if (theirs.as_millis() - ours.as_millis()).abs() > MOST_SKEW_MS => {
            CheckLine::warning(CheckPart::Clock, Error::ClocksApart { theirs, ours }.problem())
        }
        _ => CheckLine::fine(CheckPart::Clock, "The org's clock and this server's agree."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_that_run_low_are_told_before_they_are_gone() {
        for (used, state) in [(10, CheckState::Fine), (80, CheckState::Warning), (100, CheckState::Broken)] {
            assert_eq!(calls_line(Some(ApiUsage { used, max: 100 })).state, state, "{used}");
        }
        assert_eq!(calls_line(None).state, CheckState::Fine);
    }

    #[test]
    fn clocks_that_are_apart_are_told() {
        let at = Timestamp::from_millis;
        for (theirs, state) in
            [(0, CheckState::Fine), (301_000, CheckState::Warning), (-301_000, CheckState::Warning)]
        {
            assert_eq!(clock_line(Some(at(theirs)), at(0)).state, state, "{theirs}");
        }
    }
}
