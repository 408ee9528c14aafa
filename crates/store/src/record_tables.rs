//! Record tables: one for each sObject of an integration.
//!
//! Their shape is data, so they stand outside the migrations: each has a layout version and is brought up to date by
//! whoever writes it next. Columns are added and widened, never dropped; what a vanished field held stays.

mod statements;

use std::sync::Arc;

use model::{ColumnKind, Integration, RecordLayout, Source, sql_name};
use salesforce::{FieldType, SObjectName, Timestamp};
use serde::{Deserialize, Serialize};
use sqlx::FromRow;

use crate::db::{AsParam, Dialect, Identifier, statement};
use crate::sync_rules::sobject_key;
use crate::{Result, RowBatch, Store, Tx, decode};

pub(crate) use statements::Statements;

/// A record table that is up to date with a layout. Cheap to clone.
#[derive(Clone, Debug)]
pub struct RecordTable {
    shape: Arc<Shape>,
}

/// What is known of a record table.
#[derive(Debug)]
pub(crate) struct Shape {
    pub(crate) dialect: Dialect,
    /// The table's name in SQL, qualified and quoted.
    pub(crate) name: String,
    pub(crate) version: u64,
    /// The columns that a batch fills, in the order of the layout.
    pub(crate) columns: Vec<TableColumn>,
    /// Which of them stamps a record's last change.
    pub(crate) stamp: Option<usize>,
    pub(crate) statements: Statements,
}

/// One column that a batch fills.
#[derive(Clone, Debug)]
pub(crate) struct TableColumn {
    pub(crate) name: String,
    pub(crate) kind: ColumnKind,
    pub(crate) field_type: FieldType,
}

/// A column as the control tables remember it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) struct StoredColumn {
    pub(crate) name: String,
    pub(crate) kind: ColumnKind,
}

#[derive(FromRow)]
struct RecordTableRow {
    layout_version: i64,
    layout: String,
}

impl RecordTable {
    /// Returns the table's name in SQL, qualified and quoted.
    pub fn name(&self) -> &str {
        &self.shape.name
    }

    /// Returns the layout's version, which rises with every change of the table.
    pub fn version(&self) -> u64 {
        self.shape.version
    }

    /// Returns an empty batch whose records get this source and this instant of writing.
    pub fn new_batch(&self, source: Source, synced_at: Timestamp) -> RowBatch {
        RowBatch::new(self, source, synced_at)
    }

    pub(crate) fn shape(&self) -> &Shape {
        &self.shape
    }
}

/// Creates an sObject's record table, or brings it up to date with a layout: new fields get columns, columns whose
/// field changed its type are widened. Nothing is dropped.
pub async fn ensure_record_table(
    tx: &mut Tx,
    integration: &Integration,
    layout: &RecordLayout,
    now: Timestamp,
) -> Result<RecordTable> {
    let dialect = tx.dialect()?;
    let name = dialect.record_table(&integration.slug, &sql_name(layout.sobject.as_str()));
    let sobject = sobject_key(&layout.sobject);
    let select = statement(
        "find a record table",
        "select layout_version, layout
         from towpath.record_tables
         where integration_id = $1 and sobject = $2",
    );
    let row: Option<RecordTableRow> =
        tx.fetch_optional(select, &[integration.id.as_param(), sobject.as_param()]).await?;
    let (version, stored) = match row {
        None => (1, create_table(tx, integration, layout, &name).await?),
        Some(row) => {
            let stored: Vec<StoredColumn> = decode::from_json("layout of a record table", &row.layout)?;
            let changed = widen_table(tx, dialect, &name, &stored, layout).await?;
            let version = decode::count("layout version", row.layout_version)?;
            if changed == stored {
                return Ok(table(dialect, name, version, layout, &changed));
            }
            (version + 1, changed)
        }
    };
    put_layout(tx, integration, &sobject, version, &stored, now).await?;
    Ok(table(dialect, name, version, layout, &stored))
}

/// Returns the name in SQL and the layout version of an sObject's record table, if there is one.
pub async fn find_record_table(
    store: &Store,
    integration: &Integration,
    sobject: &SObjectName,
) -> Result<Option<(String, u64)>> {
    let select = statement(
        "find a record table",
        "select layout_version, layout
         from towpath.record_tables
         where integration_id = $1 and sobject = $2",
    );
    let key = sobject_key(sobject);
    let row: Option<RecordTableRow> =
        store.fetch_optional(select, &[integration.id.as_param(), key.as_param()]).await?;
    row.map(|row| {
        let name = store.dialect().record_table(&integration.slug, &sql_name(sobject.as_str()));
        Ok((name, decode::count("layout version", row.layout_version)?))
    })
    .transpose()
}

async fn put_layout(
    tx: &mut Tx,
    integration: &Integration,
    sobject: &str,
    version: u64,
    stored: &[StoredColumn],
    now: Timestamp,
) -> Result<()> {
    let upsert = statement(
        "store the layout of a record table",
        "insert into towpath.record_tables (integration_id, sobject, layout_version, layout, created_at, updated_at)
         values ($1, $2, $3, $4, $5, $5)
         on conflict (integration_id, sobject) do update
         set layout_version = excluded.layout_version, layout = excluded.layout, updated_at = excluded.updated_at",
    );
    let json = decode::to_json(&stored);
    let params =
        [integration.id.as_param(), sobject.as_param(), version.as_param(), json.as_param(), now.as_param()];
    tx.execute(upsert, &params).await.map(|_| ())
}

async fn create_table(
    tx: &mut Tx,
    integration: &Integration,
    layout: &RecordLayout,
    name: &str,
) -> Result<Vec<StoredColumn>> {
    let dialect = tx.dialect()?;
    if let Some(create_schema) = dialect.create_schema(&integration.slug) {
        tx.execute(statement("create the schema of an integration", &create_schema), &[]).await?;
    }
    let fields: String = layout
        .columns
        .iter()
        .map(|column| {
            format!(",\n    {} {}", Identifier::new(&column.name), dialect.column_type(column.kind))
        })
        .collect();
    let (key, instant) = (dialect.key_type(), dialect.column_type(ColumnKind::Instant));
    let create = format!(
        "create table {name} (
    \"id\" {key} not null primary key{fields},
    \"_synced_at\" {instant} not null,
    \"_source\" text not null,
    \"_gone_at\" {instant},
    \"_gone_why\" text,
    \"_merged_into\" text
)"
    );
    tx.execute(statement("create a record table", &create), &[]).await?;
    let columns = layout.columns.iter();
    Ok(columns.map(|column| StoredColumn { name: column.name.clone(), kind: column.kind }).collect())
}

/// Adds and widens columns. Returns the columns as they are then.
async fn widen_table(
    tx: &mut Tx,
    dialect: Dialect,
    name: &str,
    stored: &[StoredColumn],
    layout: &RecordLayout,
) -> Result<Vec<StoredColumn>> {
    let mut columns = stored.to_vec();
    for wanted in &layout.columns {
        let Some(column) = columns.iter_mut().find(|column| column.name == wanted.name) else {
            let add = format!(
                "alter table {name} add column {} {}",
                Identifier::new(&wanted.name),
                dialect.column_type(wanted.kind)
            );
            tx.execute(statement("add a column to a record table", &add), &[]).await?;
            columns.push(StoredColumn { name: wanted.name.clone(), kind: wanted.kind });
            continue;
        };
        let wide = column.kind.widened_to(wanted.kind);
        if wide != column.kind {
            for widen in dialect.widen_column(name, &column.name, column.kind, wide) {
                tx.execute(statement("widen a column of a record table", &widen), &[]).await?;
            }
            column.kind = wide;
        }
    }
    Ok(columns)
}

fn table(
    dialect: Dialect,
    name: String,
    version: u64,
    layout: &RecordLayout,
    stored: &[StoredColumn],
) -> RecordTable {
    let kind_of = |name: &str| stored.iter().find(|column| column.name == name).map(|column| column.kind);
    let columns: Vec<TableColumn> = layout
        .columns
        .iter()
        .map(|column| TableColumn {
            name: column.name.clone(),
            // A column that was widened before stays wide.
            kind: kind_of(&column.name).unwrap_or(column.kind),
            field_type: column.field_type,
        })
        .collect();
    let statements = Statements::new(dialect, &name, &columns, layout.stamp);
    RecordTable {
        shape: Arc::new(Shape { dialect, name, version, columns, stamp: layout.stamp, statements }),
    }
}
