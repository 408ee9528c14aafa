//! What a server knows of an integration's settings.

use serde::Deserialize;

use super::mapping::{MappingBody, MappingSettings};
use super::{IntegrationSettings, RuleSettings};
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
    pub(super) rules: Vec<KnownRule>,
    pub(super) mappings: Vec<MappingSettings>,
    pub(super) limits: KnownLimits,
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

#[derive(Deserialize)]
struct RuleBody {
    sobject: String,
    soql: Option<String>,
    fields: Option<Vec<String>>,
    cadence_seconds: u64,
    version: String,
    rows: u64,
}

/// Asks the server for an integration's settings.
pub(super) async fn read_known(client: &Client, integration: IntegrationBody) -> Result<Known, Failure> {
    let id = integration.id;
    let rules: Vec<RuleBody> = client.list(&["integrations", &id, "sync-rules"]).await?;
    let mappings: Vec<MappingBody> = client.list(&["integrations", &id, "field-mappings"]).await?;
    let limits = client.get(&["integrations", &id, "limits"]).await?;
    let mut mappings: Vec<_> = mappings.into_iter().map(MappingSettings::from).collect();
    mappings.sort();
    Ok(Known {
        slug: integration.slug,
        name: integration.name,
        rules: rules.into_iter().map(KnownRule::from).collect(),
        mappings,
        limits,
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
            },
            version: body.version,
            rows: body.rows,
        }
    }
}
