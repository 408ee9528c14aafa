//! Record tables that a reader may look into.

use std::collections::HashMap;

use model::{Column, ColumnKind, IntegrationId, KeptColumn, RecordLayout, Slug, sql_name};
use salesforce::describe::{FieldDescribe, SObjectDescribe};
use salesforce::{FieldType, SObjectName};
use sqlx::FromRow;

use crate::access::readable;
use crate::db::{AsParam, Dialect, statement};
use crate::sync_rules::sobject_key;
use crate::{Reader, Result, Store, decode};

/// An sObject's record table: what it is called, and its columns.
#[derive(Clone, Debug)]
pub struct RecordSource {
    /// What people call the sObject; its name where the org has not told.
    pub label: String,
    /// The columns that the table has. They may be more than the rule now selects.
    pub layout: RecordLayout,
    /// What people call the columns, in the same order.
    pub labels: Vec<String>,
    /// The table's name in SQL, qualified and quoted.
    pub(super) table: String,
}

/// A column of an answer.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RecordColumn {
    /// The column. Its `path` is the field's API name.
    pub column: Column,
    /// What people call it.
    pub label: String,
}

impl RecordSource {
    /// Returns the columns with what people call them.
    pub fn columns(&self) -> impl Iterator<Item = RecordColumn> + '_ {
        let columns = self.layout.columns.iter().zip(&self.labels);
        columns.map(|(column, label)| RecordColumn { column: column.clone(), label: label.clone() })
    }

    /// Returns whether the table has this column, of this kind.
    pub(super) fn has(&self, name: &str, kind: ColumnKind) -> bool {
        name == model::QueryColumn::ID
            || self.layout.columns.iter().any(|column| column.name == name && column.kind == kind)
    }
}

#[derive(FromRow)]
struct SourceRow {
    slug: String,
    sobject: String,
    sobject_name: Option<String>,
    layout: String,
    body: Option<String>,
}

/// Returns the record table of an sObject; `None` where there is none or the reader may not see it.
pub async fn find_record_source(
    store: &Store,
    reader: &Reader,
    integration_id: IntegrationId,
    sobject: &SObjectName,
) -> Result<Option<RecordSource>> {
    Ok(fetch_sources(store, reader, integration_id, &sobject_key(sobject)).await?.pop())
}

/// Returns an integration's record tables, by sObject.
pub(super) async fn list_record_sources(
    store: &Store,
    reader: &Reader,
    integration_id: IntegrationId,
) -> Result<Vec<RecordSource>> {
    fetch_sources(store, reader, integration_id, EVERY_SOBJECT).await
}

/// Stands for all sObjects where a key is asked for.
const EVERY_SOBJECT: &str = "";

async fn fetch_sources(
    store: &Store,
    reader: &Reader,
    integration_id: IntegrationId,
    sobject_key: &str,
) -> Result<Vec<RecordSource>> {
    let sql = format!(
        "select integrations.slug, record_tables.sobject, sync_rules.sobject_name, record_tables.layout,
             sobject_describes.body
         from towpath.integrations as integrations
         join towpath.record_tables as record_tables
             on record_tables.integration_id = integrations.integration_id
         left join towpath.sync_rules as sync_rules
             on sync_rules.integration_id = record_tables.integration_id
             and sync_rules.sobject = record_tables.sobject
         left join towpath.sobject_describes as sobject_describes
             on sobject_describes.connection_id = integrations.connection_id
             and sobject_describes.sobject = record_tables.sobject
         where integrations.integration_id = $1 and {}
             and integrations.deleted_at is null
             and ($4 = '' or record_tables.sobject = $4)
         order by record_tables.sobject",
        readable("integrations", 2, 3)
    );
    let (workspace_id, member) = (reader.workspace_id(), reader.confined_to());
    let params =
        [integration_id.as_param(), workspace_id.as_param(), member.as_param(), sobject_key.as_param()];
    let rows: Vec<SourceRow> = store.fetch_all(statement("find record tables", &sql), &params).await?;
    rows.into_iter().map(|row| source(store.dialect(), row)).collect()
}

fn source(dialect: Dialect, row: SourceRow) -> Result<RecordSource> {
    let slug: Slug = decode::parse("slug", &row.slug)?;
    let stored: Vec<KeptColumn> = decode::from_json("layout of a record table", &row.layout)?;
    let describe: Option<SObjectDescribe> =
        row.body.map(|body| decode::from_json("describe", &body)).transpose()?;
    let sobject = match &describe {
        Some(describe) => describe.name().clone(),
        None => decode::parse("sObject", row.sobject_name.as_deref().unwrap_or(&row.sobject))?,
    };
    let fields = describe.as_ref().map(described_columns).unwrap_or_default();
    let (columns, labels): (Vec<_>, Vec<_>) = stored
        .into_iter()
        .map(|column| match fields.get(&column.name) {
            Some(described) => named(column, described),
            // A field that the org no longer tells of: what it held stays.
            None => {
                let path = column.path.unwrap_or_else(|| column.name.clone());
                let field_type = column.field_type.unwrap_or_else(|| usual_type(column.kind));
                let label = path.clone();
                (Column { name: column.name, path, field_type, kind: column.kind }, label)
            }
        })
        .unzip();
    let stamp = columns.iter().position(|column| column.name == "systemmodstamp");
    let label = describe.map(|describe| describe.summary.label).filter(|label| !label.is_empty());
    Ok(RecordSource {
        label: label.unwrap_or_else(|| sobject.to_string()),
        table: dialect.record_table(&slug, &sql_name(&row.sobject)),
        layout: RecordLayout { sobject, columns, stamp, skipped: Vec::new() },
        labels,
    })
}

/// What the org tells of a column.
struct Described {
    path: String,
    field_type: FieldType,
    label: String,
}

fn named(column: KeptColumn, described: &Described) -> (Column, String) {
    let Described { path, field_type, label } = described;
    let column = Column { name: column.name, path: path.clone(), field_type: *field_type, kind: column.kind };
    (column, if label.is_empty() { path.clone() } else { label.clone() })
}

/// Returns what an org tells of the columns that its fields may have, by their names in SQL.
fn described_columns(describe: &SObjectDescribe) -> HashMap<String, Described> {
    let plain = describe.fields.iter().map(|field| {
        let path = field.name.to_string();
        let described = Described { path, field_type: field.field_type, label: field.label.clone() };
        (sql_name(field.name.as_str()), described)
    });
    let types = describe.fields.iter().filter_map(type_column);
    plain.chain(types).collect()
}

/// Returns the column for the type of a polymorphic lookup.
fn type_column(field: &FieldDescribe) -> Option<(String, Described)> {
    let relationship = field.relationship_name.as_ref().filter(|_| field.is_polymorphic())?;
    let described = Described {
        path: format!("{relationship}.Type"),
        field_type: FieldType::String,
        label: format!("{} type", field.label),
    };
    Some((sql_name(&format!("{}_type", field.name)), described))
}

fn usual_type(kind: ColumnKind) -> FieldType {
    match kind {
        ColumnKind::Text => FieldType::String,
        ColumnKind::Boolean => FieldType::Boolean,
        ColumnKind::Integer => FieldType::Long,
        ColumnKind::Decimal => FieldType::Double,
        ColumnKind::Date => FieldType::Date,
        ColumnKind::Instant => FieldType::DateTime,
    }
}
