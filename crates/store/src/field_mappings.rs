//! Field mappings.

use model::{FieldMapping, IntegrationId};
use salesforce::Timestamp;
use sqlx::FromRow;

use crate::access::readable;
use crate::db::{AsParam, statement};
use crate::{Reader, Result, Store, Tx, decode};

#[derive(FromRow)]
struct FieldMappingRow {
    field_mapping_id: String,
    integration_id: String,
    entity: String,
    property: String,
    sobject: String,
    field: String,
    transform: String,
    created_at: i64,
}

impl TryFrom<FieldMappingRow> for FieldMapping {
    type Error = crate::Error;

    fn try_from(row: FieldMappingRow) -> Result<Self> {
        Ok(Self {
            id: decode::parse("field mapping id", &row.field_mapping_id)?,
            integration_id: decode::parse("integration id", &row.integration_id)?,
            entity: decode::parse("entity", &row.entity)?,
            property: row.property,
            sobject: decode::parse("sObject", &row.sobject)?,
            field: decode::parse("field", &row.field)?,
            transform: decode::from_json("transform", &row.transform)?,
            created_at: Timestamp::from_millis(row.created_at),
        })
    }
}

/// Returns an integration's field mappings, by entity and property; none where the reader may not see it.
pub async fn list_field_mappings(
    store: &Store,
    reader: &Reader,
    integration_id: IntegrationId,
) -> Result<Vec<FieldMapping>> {
    let sql = format!(
        "select field_mapping_id, integration_id, entity, property, sobject, field, transform,
             created_at
         from towpath.field_mappings
         where integration_id = $1
           and integration_id in (select i.integration_id from towpath.integrations i where {})
         order by entity, property",
        readable("i", 2, 3)
    );
    let (workspace_id, member) = (reader.workspace_id(), reader.confined_to());
    let params = [integration_id.as_param(), workspace_id.as_param(), member.as_param()];
    let rows: Vec<FieldMappingRow> = store.fetch_all(statement("list field mappings", &sql), &params).await?;
    rows.into_iter().map(FieldMapping::try_from).collect()
}

/// The same as the transaction sees it, of any workspace.
pub async fn list_field_mappings_in(tx: &mut Tx, integration_id: IntegrationId) -> Result<Vec<FieldMapping>> {
    let select = statement(
        "list field mappings",
        "select field_mapping_id, integration_id, entity, property, sobject, field, transform,
             created_at
         from towpath.field_mappings
         where integration_id = $1
         order by entity, property",
    );
    let rows: Vec<FieldMappingRow> = tx.fetch_all(select, &[integration_id.as_param()]).await?;
    rows.into_iter().map(FieldMapping::try_from).collect()
}

/// Stores an integration's field mappings in place of all that it has. One whose property is fed already keeps its id.
///
/// Whether the reader may do this, and whether the fields exist and fit, is for the caller to decide.
pub async fn replace_field_mappings(
    tx: &mut Tx,
    integration_id: IntegrationId,
    mappings: &[FieldMapping],
) -> Result<()> {
    let kept: Vec<(String, String)> =
        mappings.iter().map(|mapping| (mapping.entity.to_string(), mapping.property.clone())).collect();
    remove_others(tx, integration_id, &kept).await?;
    for mapping in mappings {
        put_field_mapping(tx, integration_id, mapping).await?;
    }
    Ok(())
}

/// Returns how many field mappings an integration has.
pub async fn count_field_mappings(store: &Store, integration_id: IntegrationId) -> Result<u64> {
    #[derive(FromRow)]
    struct CountRow {
        mappings: i64,
    }
    let select = statement(
        "count field mappings",
        "select count(*) as mappings from towpath.field_mappings where integration_id = $1",
    );
    let row: Option<CountRow> = store.fetch_optional(select, &[integration_id.as_param()]).await?;
    decode::count("number of field mappings", row.map_or(0, |row| row.mappings))
}

async fn remove_others(tx: &mut Tx, integration_id: IntegrationId, kept: &[(String, String)]) -> Result<()> {
    #[derive(FromRow)]
    struct PropertyRow {
        entity: String,
        property: String,
    }
    let select = statement(
        "list field mappings",
        "select entity, property
         from towpath.field_mappings
         where integration_id = $1
         order by entity, property",
    );
    let rows: Vec<PropertyRow> = tx.fetch_all(select, &[integration_id.as_param()]).await?;
    let delete = statement(
        "remove a field mapping",
        "delete from towpath.field_mappings
         where integration_id = $1 and entity = $2 and property = $3",
    );
    for PropertyRow { entity, property } in rows {
        if !kept
            .iter()
            .any(|(kept_entity, kept_property)| *kept_entity == entity && *kept_property == property)
        {
            tx.execute(delete, &[integration_id.as_param(), entity.as_param(), property.as_param()]).await?;
        }
    }
    Ok(())
}

async fn put_field_mapping(tx: &mut Tx, integration_id: IntegrationId, mapping: &FieldMapping) -> Result<()> {
    let upsert = statement(
        "store a field mapping",
        "insert into towpath.field_mappings (field_mapping_id, integration_id, entity, property, sobject, field,
             transform, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8)
         on conflict (integration_id, entity, property) do update
         set sobject = excluded.sobject, field = excluded.field, transform = excluded.transform",
    );
    let (entity, sobject, field) =
        (mapping.entity.as_str(), mapping.sobject.as_str(), mapping.field.as_str());
    let transform = decode::to_json(&mapping.transform);
    let params = [
        mapping.id.as_param(),
        integration_id.as_param(),
        entity.as_param(),
        mapping.property.as_param(),
        sobject.as_param(),
        field.as_param(),
        transform.as_param(),
        mapping.created_at.as_param(),
    ];
    tx.execute(upsert, &params).await.map(|_| ())
}
