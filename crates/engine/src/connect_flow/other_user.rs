//! A reconnect as another user of the same org: what that user cannot read is shown before anything changes.

use std::collections::BTreeSet;

use futures_util::future::try_join_all;
use model::{
    ConnectFlow, ConnectFlowId, ConnectFlowStatus, ConnectPurpose, Connection, FieldSelection, FoundOrg,
    Integration, IntegrationId, KeptColumn, SyncRule, filter::FieldPath,
};
use salesforce::{
    AccessToken, Client, FieldName, SObjectName, Session, describe::SObjectDescribe, host::InstanceUrl,
};
use secrecy::SecretString;
use store::{
    Reader,
    connect_flows::{FlowGrant, authorize_connect_flow, find_connect_flow, find_flow_grant},
    connections::find_connection,
    find_kept_table,
    integrations::{find_integration, find_integration_of, list_integrations_on},
    orgs::find_org,
    sync_rules::list_sync_rules,
};

use super::{CONFIRM_WITHIN, check::CheckedGrant, confirm::check_org, start::fingerprint_of};
use crate::{
    connect::PINNED_VERSION,
    engine::Engine,
    error::{Error, Result},
    handle::{HiddenPart, UserChange},
};

impl Engine {
    /// Asks the person before another user takes a connection over. Returns whether it has to be asked: the same user goes on
    /// at once.
    pub(super) async fn ask_about_user(
        &self,
        flow: &ConnectFlow,
        integration_id: IntegrationId,
        found: &FoundOrg,
    ) -> Result<bool> {
        let old = self.connection_to_replace(integration_id).await?;
        let org = find_org(self.store(), old.org_id).await?.ok_or(Error::FlowOver)?;
        check_org(&org, &old, found)?;
        if old.user_id == found.user_id {
            return Ok(false);
        }
        self.refuse_sixth(flow, found).await?;
        self.wait_for_person(flow, found).await?;
        Ok(true)
    }

    /// Lets a flow wait for the person who has to say that it is right.
    pub(super) async fn wait_for_person(&self, flow: &ConnectFlow, found: &FoundOrg) -> Result<()> {
        let expires_at = self.clock().now() + CONFIRM_WITHIN;
        let mut tx = self.store().begin().await?;
        if !authorize_connect_flow(&mut tx, flow.id, found, expires_at).await? {
            // It was given up while Salesforce was asked.
            return Err(Error::FlowOver);
        }
        Ok(tx.commit().await?)
    }

    /// Puts the grant of a flow whose person has seen the difference in place of the connection's.
    pub(super) async fn confirm_other_user(
        &self,
        reader: &Reader,
        flow: &ConnectFlow,
        integration_id: IntegrationId,
    ) -> Result<Option<Integration>> {
        let (Some(found), Some(_)) =
            (&flow.found, find_integration_of(self.store(), reader, integration_id).await?)
        else {
            return Err(Error::FlowOver);
        };
        let grant = find_flow_grant(self.store(), flow.id).await?.ok_or(Error::FlowOver)?;
        self.replace_grant_of(flow, integration_id, &taken_up(found, grant)?).await?;
        Ok(find_integration(self.store(), integration_id).await?)
    }

    /// Says what would change with the user that a flow waits with: who it was, who it is, and what of the copy the new one
    /// cannot read. `None` where no flow of the reader waits with another user.
    ///
    /// # Errors
    /// The org does not answer in the time that a person waits.
    pub async fn find_user_change(&self, reader: &Reader, id: ConnectFlowId) -> Result<Option<UserChange>> {
        let Some(flow) = find_connect_flow(self.store(), reader, id).await? else { return Ok(None) };
        let is_waiting = flow.status == ConnectFlowStatus::Authorized && flow.expires_at > self.clock().now();
        let (ConnectPurpose::Reconnect { integration_id }, Some(found), true) =
            (&flow.purpose, &flow.found, is_waiting)
        else {
            return Ok(None);
        };
        let old = self.connection_to_replace(*integration_id).await?;
        let grant = find_flow_grant(self.store(), id).await?.ok_or(Error::FlowOver)?;
        let hidden = self.in_time(self.find_hidden(&old, found, grant)).await?;
        Ok(Some(UserChange { before: old.username, after: found.username.clone(), hidden }))
    }

    async fn connection_to_replace(&self, id: IntegrationId) -> Result<Connection> {
        let integration = find_integration(self.store(), id).await?;
        let integration = integration.filter(|each| each.deleted_at.is_none()).ok_or(Error::FlowOver)?;
        find_connection(self.store(), integration.connection_id).await?.ok_or(Error::FlowOver)
    }

    /// What the user of a grant cannot read of all that is read by a connection.
    async fn find_hidden(
        &self,
        old: &Connection,
        found: &FoundOrg,
        grant: FlowGrant,
    ) -> Result<Vec<HiddenPart>> {
        let token = AccessToken {
            secret: grant.access_token.ok_or(Error::FlowOver)?,
            instance_url: InstanceUrl::parse(&found.instance_url, self.http().host_rule())
                .map_err(salesforce::Error::from)?,
            generation: 1,
        };
        let client = Client::new(self.http().clone(), Session::fixed(token), PINNED_VERSION);
        let known = client.describe_global().await.map_err(Error::call("list the sObjects of the org"))?;
        let is_readable =
            |sobject: &SObjectName| known.sobjects.iter().any(|one| one.name == *sobject && one.queryable);
        let mut parts = Vec::new();
        for integration in list_integrations_on(self.store(), old.id).await? {
            for rule in list_sync_rules(self.store(), integration.id).await? {
                let kept = find_kept_table(self.store(), &integration, &rule.sobject).await?;
                let columns = kept.map(|kept| kept.columns).unwrap_or_default();
                parts.push((integration.name.clone(), rule, columns));
            }
        }
        let asked = parts.into_iter().map(async |(integration, rule, columns)| {
            let sobject = rule.sobject.clone();
            if !is_readable(&sobject) {
                return Ok(Some(HiddenPart { integration, sobject, fields: Vec::new() }));
            }
            let attempted = format!("describe {sobject}");
            let describe = client.describe(&sobject).await.map_err(Error::call(attempted))?;
            let fields = hidden_fields(&rule, &columns, &describe);
            Ok((!fields.is_empty()).then_some(HiddenPart { integration, sobject, fields }))
        });
        let hidden: Vec<Option<HiddenPart>> = try_join_all(asked).await.map_err(|error: Error| error)?;
        Ok(hidden.into_iter().flatten().collect())
    }
}

/// The fields that a rule reads, or filters by, and a describe does not name.
fn hidden_fields(rule: &SyncRule, columns: &[KeptColumn], describe: &SObjectDescribe) -> Vec<String> {
    let live = columns.iter().filter(|column| column.state.is_live());
    let copied = live.filter_map(|column| column.path.as_deref()?.parse::<FieldName>().ok());
    let chosen = match &rule.fields {
        FieldSelection::All => Vec::new(),
        FieldSelection::Only(fields) => fields.clone(),
    };
    // What lies beyond a lookup is another sObject's.
    let paths = rule.filter.iter().flat_map(model::Filter::paths).map(FieldPath::names);
    let filtered = paths.filter_map(|names| if let [name] = names { Some(name.clone()) } else { None });
    let hidden: BTreeSet<String> = copied
        .chain(chosen)
        .chain(filtered)
        .filter(|field| describe.find_field(field).is_none())
        .map(|field| field.to_string())
        .collect();
    hidden.into_iter().collect()
}

/// A grant that was checked before it waited for a person.
fn taken_up(found: &FoundOrg, grant: FlowGrant) -> Result<CheckedGrant> {
    let access_token: SecretString = grant.access_token.ok_or(Error::FlowOver)?;
    Ok(CheckedGrant {
        found: found.clone(),
        fingerprint: fingerprint_of(grant.refresh_token.as_ref().unwrap_or(&access_token)),
        access_token,
        refresh_token: grant.refresh_token,
        client_secret: grant.client_secret,
        private_key: grant.private_key,
    })
}
