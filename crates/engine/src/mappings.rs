//! Field mappings: what people choose, checked against the org before it is saved.
//!
//! A mapping says where a property is found and what becomes of its values. Saving one moves no data.

mod gaps;
mod preview;
mod templates;

use std::collections::BTreeSet;

use model::{
    ConnectionId, Entity, FieldMapping, FieldMappingId, Integration, IntegrationId, NewFieldMapping,
    Property, Suggestion, SyncRule, TimelineKind, TypeFit, fit_transformed, suggest_mappings,
};
use salesforce::describe::SObjectDescribe;
use store::{
    Reader, Tx,
    drafts::delete_own_draft,
    field_mappings::{list_field_mappings, list_field_mappings_in, replace_field_mappings},
    integrations::{find_integration_of, lock_integration},
    sync_rules::list_sync_rules,
};

use crate::{
    change_words::mapping_change_words,
    engine::Engine,
    error::{Error, Result},
    timeline::Happened,
    version::{Precondition, mappings_version},
};

pub use gaps::MappingGap;
pub use preview::{MappingPreview, MappingSample, SampleSource};
pub use templates::FilledTemplateItem;

impl Engine {
    /// Saves an integration's field mappings in place of all that it had.
    ///
    /// # Errors
    /// A property, sObject or field does not exist, a type does not fit, what becomes of the values makes no sense, or a
    /// property is fed twice.
    pub async fn put_field_mappings(
        &self,
        reader: &Reader,
        id: IntegrationId,
        wanted: Vec<NewFieldMapping>,
    ) -> Result<Option<Vec<FieldMapping>>> {
        self.put_seen_field_mappings(reader, id, wanted, &Precondition::Unsaid).await
    }

    /// The same, unless somebody else has changed them since the person saw them. The person's own draft is done with then;
    /// what a colleague has chosen and not saved yet stays.
    ///
    /// # Errors
    /// As [`Engine::put_field_mappings`], and [`Error::Changed`].
    pub async fn put_seen_field_mappings(
        &self,
        reader: &Reader,
        id: IntegrationId,
        wanted: Vec<NewFieldMapping>,
        seen: &Precondition,
    ) -> Result<Option<Vec<FieldMapping>>> {
        let Some(integration) = find_integration_of(self.store(), reader, id).await? else { return Ok(None) };
        self.check_mappings(&integration, &wanted).await?;
        let mut tx = self.store().begin().await?;
        self.wake_schedule(&mut tx, id).await?;
        if lock_integration(&mut tx, id).await?.is_none_or(|locked| locked.deleted_at.is_some()) {
            return Ok(None);
        }
        self.put_mappings_in(&mut tx, reader, &integration, wanted, seen).await?;
        delete_own_draft::<Vec<NewFieldMapping>>(&mut tx, id, reader.user_id()).await?;
        tx.commit().await?;
        self.wake_workers();
        Ok(Some(list_field_mappings(self.store(), reader, id).await?))
    }

    /// Makes sure that mappings are right for the org. No transaction is open while it is asked.
    pub(crate) async fn check_mappings(
        &self,
        integration: &Integration,
        wanted: &[NewFieldMapping],
    ) -> Result<()> {
        check_repetition(wanted)?;
        for mapping in wanted {
            self.in_time(self.check_mapping(integration.connection_id, mapping)).await?;
        }
        Ok(())
    }

    /// Saves checked mappings as a part of a transaction, which holds the integration. What becomes of the draft is for the
    /// caller to say.
    pub(crate) async fn put_mappings_in(
        &self,
        tx: &mut Tx,
        reader: &Reader,
        integration: &Integration,
        wanted: Vec<NewFieldMapping>,
        seen: &Precondition,
    ) -> Result<()> {
        let now = self.clock().now();
        let as_stored = |mapping: NewFieldMapping| FieldMapping {
            id: FieldMappingId::new(self.clock(), self.random()),
            integration_id: integration.id,
            entity: mapping.entity,
            property: mapping.property,
            sobject: mapping.sobject,
            field: mapping.field,
            transform: mapping.transform,
            created_at: now,
        };
        let mappings: Vec<_> = wanted.into_iter().map(as_stored).collect();
        let before = list_field_mappings_in(tx, integration.id).await?;
        seen.check(&mappings_version(&before))?;
        if mappings_version(&before) != mappings_version(&mappings) {
            let (earlier, after) = mapping_change_words(&before, &mappings);
            let changed = Happened {
                before: Some(earlier),
                after: Some(after),
                ..Happened::by(reader.user_id(), TimelineKind::MappingsChanged)
            };
            self.tell(tx, integration, changed).await?;
        }
        replace_field_mappings(tx, integration.id, &mappings).await?;
        Ok(())
    }

    /// Suggests mappings from the sObjects that an integration has rules for.
    pub async fn suggest_field_mappings(
        &self,
        reader: &Reader,
        id: IntegrationId,
    ) -> Result<Option<Vec<Suggestion>>> {
        let Some(integration) = find_integration_of(self.store(), reader, id).await? else { return Ok(None) };
        let rules = list_sync_rules(self.store(), id).await?;
        let feeds = |rule: &&SyncRule| Entity::is_fed_by(&rule.sobject);
        let mut describes = Vec::new();
        for rule in rules.iter().filter(feeds) {
            describes.push(self.in_time(self.describe_kept(integration.connection_id, &rule.sobject)).await?);
        }
        let describes: Vec<_> = describes.iter().map(|describe| &**describe).collect();
        Ok(Some(suggest_mappings(&describes)))
    }

    async fn check_mapping(&self, connection_id: ConnectionId, mapping: &NewFieldMapping) -> Result<()> {
        let property = property_of(mapping)?;
        let describe = self.describe_kept(connection_id, &mapping.sobject).await?;
        check_fields(mapping, property, &describe)
    }
}

/// Makes sure that properties exist, and that none is fed twice.
pub(crate) fn check_properties(wanted: &[NewFieldMapping]) -> Result<()> {
    check_repetition(wanted)?;
    wanted.iter().try_for_each(|mapping| property_of(mapping).map(drop))
}

/// Makes sure that no property is fed twice.
fn check_repetition(wanted: &[NewFieldMapping]) -> Result<()> {
    let mut fed = BTreeSet::new();
    match wanted.iter().find(|mapping| !fed.insert((mapping.entity, &mapping.property))) {
        Some(mapping) => Err(Error::MappingRepeated(mapping.property.clone())),
        None => Ok(()),
    }
}

fn property_of(mapping: &NewFieldMapping) -> Result<&'static Property> {
    let property = Entity::built_in(mapping.entity).find_property(&mapping.property);
    property.ok_or_else(|| Error::PropertyUnknown(mapping.property.clone()))
}

/// Makes sure that the fields are there and of types that fit, and that what becomes of their values makes sense.
fn check_fields(mapping: &NewFieldMapping, property: &Property, describe: &SObjectDescribe) -> Result<()> {
    let checked = mapping.transform.check(&mapping.field, property.property_type);
    checked.map_err(|source| Error::MappingTransform { property: property.label, source })?;
    for name in mapping.fields() {
        let field = describe
            .find_field(name)
            .ok_or_else(|| Error::FieldUnknown { sobject: mapping.sobject.clone(), field: name.clone() })?;
        if fit_transformed(field.field_type, property.property_type, &mapping.transform) == TypeFit::None {
            return Err(Error::MappingType {
                sobject: mapping.sobject.clone(),
                field: name.clone(),
                property: property.label,
            });
        }
    }
    Ok(())
}
