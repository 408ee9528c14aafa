//! Record tables: one for each sObject of an integration.
//!
//! Their shape is data, so they stand outside the migrations: each has a layout version and is brought up to date by
//! whoever writes it next. Columns are added and widened, never dropped; what a vanished field held stays.

mod kept;
mod statements;

use std::sync::Arc;

use model::drift::KeptTable;
use model::{ColumnKind, Integration, KeptColumn, RecordLayout, Source, sql_name};
use salesforce::{FieldType, Timestamp};

use crate::db::{Dialect, Identifier, statement};
use crate::{Result, RowBatch, Store, Tx};

pub use kept::{find_kept_table, find_kept_table_in, find_kept_table_of, put_kept_table, set_aside_column};
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

impl RecordTable {
    /// Returns the table's name in SQL, qualified and quoted.
    pub fn name(&self) -> &str {
        &self.shape.name
    }

    /// Returns the layout's version, which rises with every change of the table.
    pub fn version(&self) -> u64 {
        self.shape.version
    }

    /// Returns the same table, to fill only the columns of a narrower layout, of records that are in it and have the same
    /// stamp.
    pub fn for_columns_of(&self, layout: &RecordLayout) -> Self {
        let shape = self.shape();
        let column = |name: &String| shape.columns.iter().find(|column| column.name == *name);
        let columns: Vec<TableColumn> =
            layout.columns.iter().filter_map(|wanted| column(&wanted.name)).cloned().collect();
        let statements = Statements::of_columns(shape.dialect, &shape.name, &columns, layout.stamp);
        let (dialect, name, version) = (shape.dialect, shape.name.clone(), shape.version);
        Self { shape: Arc::new(Shape { dialect, name, version, columns, stamp: layout.stamp, statements }) }
    }

    /// Returns an empty batch whose records get this source and this instant of writing.
    pub fn new_batch(&self, source: Source, synced_at: Timestamp) -> RowBatch {
        RowBatch::new(self, source, synced_at)
    }

    pub(crate) fn shape(&self) -> &Shape {
        &self.shape
    }
}

/// Creates an sObject's record table, or brings it up to date: what `kept` names more than is remembered gets columns,
/// and columns of another kind are widened. Nothing is dropped.
///
/// The table that is returned fills the columns of `layout`.
pub async fn shape_record_table(
    tx: &mut Tx,
    integration: &Integration,
    layout: &RecordLayout,
    kept: &KeptTable,
    now: Timestamp,
) -> Result<RecordTable> {
    let dialect = tx.dialect()?;
    let name = dialect.record_table(&integration.slug, &sql_name(layout.sobject.as_str()));
    let (version, before) = match kept::find_version(tx, integration, &layout.sobject).await? {
        None => {
            create_table(tx, integration, &kept.columns, &name).await?;
            (1, None)
        }
        Some((version, before)) => {
            let is_altered = alter_table(tx, dialect, &name, &before.columns, &kept.columns).await?;
            (version + u64::from(is_altered), Some(before))
        }
    };
    if before.as_ref() != Some(kept) {
        kept::put_versioned(tx, integration, &layout.sobject, version, kept, now).await?;
    }
    Ok(table(dialect, name, version, layout, &kept.columns))
}

/// Returns an sObject's record table as it was shaped last, to fill the columns of `layout`; `None` where there is none.
pub async fn find_record_table(
    store: &Store,
    integration: &Integration,
    layout: &RecordLayout,
) -> Result<Option<RecordTable>> {
    let Some((version, kept)) = kept::find_stored(store, integration, &layout.sobject).await? else {
        return Ok(None);
    };
    let dialect = store.dialect();
    let name = dialect.record_table(&integration.slug, &sql_name(layout.sobject.as_str()));
    Ok(Some(table(dialect, name, version, layout, &kept.columns)))
}

async fn create_table(
    tx: &mut Tx,
    integration: &Integration,
    columns: &[KeptColumn],
    name: &str,
) -> Result<()> {
    let dialect = tx.dialect()?;
    if let Some(create_schema) = dialect.create_schema(&integration.slug) {
        tx.execute(statement("create the schema of an integration", &create_schema), &[]).await?;
    }
    let fields: String = columns
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
    tx.execute(statement("create a record table", &create), &[]).await.map(|_| ())
}

/// Adds and widens columns. Returns whether there was anything to do.
async fn alter_table(
    tx: &mut Tx,
    dialect: Dialect,
    name: &str,
    before: &[KeptColumn],
    wanted: &[KeptColumn],
) -> Result<bool> {
    let mut is_altered = false;
    for column in wanted {
        match before.iter().find(|known| known.name == column.name) {
            Some(known) if known.kind == column.kind => continue,
            Some(known) => {
                for widen in dialect.widen_column(name, &column.name, known.kind, column.kind) {
                    tx.execute(statement("widen a column of a record table", &widen), &[]).await?;
                }
            }
            None => {
                let add = format!(
                    "alter table {name} add column {} {}",
                    Identifier::new(&column.name),
                    dialect.column_type(column.kind)
                );
                tx.execute(statement("add a column to a record table", &add), &[]).await?;
            }
        }
        is_altered = true;
    }
    Ok(is_altered)
}

fn table(
    dialect: Dialect,
    name: String,
    version: u64,
    layout: &RecordLayout,
    stored: &[KeptColumn],
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
