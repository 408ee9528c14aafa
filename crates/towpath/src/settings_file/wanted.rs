//! What a server knows of an integration's settings.

use serde::Deserialize;

use super::mapping::{MappingBody, MappingSettings};
use super::{IntegrationSettings, NewFieldsSetting, RuleSettings};
use crate::{
    client::{Client, Failure},
    integrations::IntegrationBody,
    rules::interval_words,
};

/// The settings of an integration as they are, with what it takes to change them.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) id: String,
    pub(super) slug: String,
    pub(super) name: String,
    /// The version of its name.
    pub(super) name_version: String,
    pub(super) rules: Vec<KnownRule>,
    pub(super) mappings: Vec<MappingSettings>,
    pub(super) mappings_version: String,
    pub(super) limits: KnownLimits,
    pub(super) limits_version: String,
    pub(super) shares: KnownShares,
    /// The groups of the workspace.
    pub(super) groups: Vec<KnownGroup>,
}

/// A group, by id and name.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct KnownGroup {
    pub(super) id: String,
    pub(super) name: String,
}

/// Whose an integration is, and which groups have access.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct KnownShares {
    pub(super) group: Option<KnownGroup>,
    pub(super) groups: Vec<KnownGroup>,
    pub(super) version: String,
}

#[derive(Debug)]
pub(super) struct KnownRule {
    pub(super) settings: RuleSettings,
    pub(super) version: String,
    pub(super) rows: u64,
}

#[derive(Clone, Copy, Debug, Deserialize)]
pub(super) struct KnownLimits {
    pub(super) allotment: Option<u64>,
    pub(super) stop_percent: u64,
}

/// An integration, as far as its version goes.
#[derive(Deserialize)]
struct NameBody {
    name: String,
}

/// All mappings: they are no more than there are properties, and come in one page.
#[derive(Deserialize)]
struct MappingPage {
    items: Vec<MappingBody>,
}

#[derive(Deserialize)]
struct RuleBody {
    sobject: String,
    soql: Option<String>,
    fields: Option<Vec<String>>,
    cadence_seconds: u64,
    version: String,
    rows: u64,
    new_fields: Option<NewFieldsSetting>,
    volatile_fields: Vec<String>,
    refresh_hours: u64,
}

/// Asks the server for the groups of the workspace.
pub(super) async fn list_groups(client: &Client) -> Result<Vec<KnownGroup>, Failure> {
    client.list(&["groups"]).await
}

/// Asks the server for an integration's settings.
pub(super) async fn read_known(
    client: &Client,
    integration: IntegrationBody,
    groups: &[KnownGroup],
) -> Result<Known, Failure> {
    let id = integration.id;
    let rules: Vec<RuleBody> = client.list(&["integrations", &id, "sync-rules"]).await?;
    let (named, name_version): (NameBody, _) = client.get_seen(&["integrations", &id]).await?;
    let (mappings, mappings_version): (MappingPage, _) =
        client.get_seen(&["integrations", &id, "field-mappings"]).await?;
    let (limits, limits_version) = client.get_seen(&["integrations", &id, "limits"]).await?;
    let shares = client.get(&["integrations", &id, "shares"]).await?;
    let mut mappings: Vec<_> = mappings.items.into_iter().map(MappingSettings::from).collect();
    mappings.sort();
    Ok(Known {
        slug: integration.slug,
        name: named.name,
        name_version,
        rules: rules.into_iter().map(KnownRule::from).collect(),
        mappings,
        mappings_version,
        limits,
        limits_version,
        shares,
        groups: groups.to_vec(),
        id,
    })
}

impl Known {
    pub(super) fn settings(self) -> IntegrationSettings {
        IntegrationSettings {
            slug: self.slug,
            name: Some(self.name),
            allotment: self.limits.allotment,
            stop_percent: Some(self.limits.stop_percent),
            group: Some(self.shares.group.map(|group| group.name).unwrap_or_default()),
            shared_with: Some(self.shares.groups.into_iter().map(|group| group.name).collect()),
            rules: self.rules.into_iter().map(|rule| rule.settings).collect(),
            mappings: self.mappings,
        }
    }
}

impl From<RuleBody> for KnownRule {
    fn from(body: RuleBody) -> Self {
        Self {
            settings: RuleSettings {
                sobject: body.sobject,
                condition: body.soql,
                fields: body.fields,
                every: interval_words(body.cadence_seconds),
                new_fields: body.new_fields,
                volatile_fields: Some(body.volatile_fields),
                refresh_hours: Some(body.refresh_hours),
            },
            version: body.version,
            rows: body.rows,
        }
    }
}
