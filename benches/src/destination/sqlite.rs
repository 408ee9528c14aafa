//! Reading a table of a SQLite file back.

use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use futures_util::TryStreamExt;
use sqlx::sqlite::{SqliteConnectOptions, SqliteRow, SqliteValueRef};
use sqlx::{AssertSqlSafe, ConnectOptions, Decode, Row, Sqlite, TypeInfo, ValueRef};

use super::{csv, id_index};
use crate::canonical::{Cell, Hasher, RowsHash};
use crate::column::{Column, Kind};

/// The length of `2026-11-21T10:00:00.000Z`: instants of one length sort as text.
const INSTANT_LENGTH: usize = 24;

pub(super) async fn hash(
    file: &Path,
    copy_name: &str,
    sobject: &str,
    columns: &[Column],
) -> Result<RowsHash> {
    let mut connection = SqliteConnectOptions::new().filename(file).connect().await?;
    let names: Vec<String> = columns.iter().map(Column::name).collect();
    // Without the table's name, SQLite would take a column that is not there for a text.
    let listed: Vec<String> = names.iter().map(|name| format!("copied.\"{name}\"")).collect();
    let table = format!("{copy_name}__{}", sobject.to_ascii_lowercase());
    let query =
        format!("select {} from \"{table}\" as copied where copied._gone_at is null", listed.join(", "));
    let id_at = id_index(columns)?;

    let mut hasher = Hasher::default();
    let mut rows = sqlx::query(AssertSqlSafe(query)).fetch(&mut connection);
    while let Some(row) = rows.try_next().await? {
        let id: &str = row.try_get(id_at)?;
        hasher.begin_row(id);
        for (index, (column, name)) in columns.iter().zip(&names).enumerate() {
            add_cell(&mut hasher, name, column.kind, &row, index)
                .with_context(|| format!("{} of {id}", column.field))?;
        }
    }
    drop(rows);
    Ok(hasher.finish())
}

pub(super) async fn rewind(file: &Path, milliseconds: i64) -> Result<()> {
    let mut connection = SqliteConnectOptions::new().filename(file).connect().await?;
    let update = "update towpath_checkpoints set complete_until = complete_until - $1";
    sqlx::query(update).bind(milliseconds).execute(&mut connection).await?;
    Ok(())
}

fn add_cell(hasher: &mut Hasher, name: &str, kind: Kind, row: &SqliteRow, index: usize) -> Result<()> {
    let value = row.try_get_raw(index)?;
    if value.is_null() {
        return hasher.add_cell(name, Cell::Null);
    }
    let storage = value.type_info().name().to_owned();
    match (kind, storage.as_str()) {
        (Kind::Boolean, "INTEGER" | "BOOLEAN") => {
            let number: i64 = decode(value)?;
            ensure!(number == 0 || number == 1, "neither 0 nor 1: {number}");
            hasher.add_cell(name, Cell::Boolean(number == 1))
        }
        (Kind::Number, "INTEGER") => hasher.add_cell(name, Cell::Number(&decode::<i64>(value)?.to_string())),
        // Rust prints the shortest text that stands for this number, without an exponent.
        (Kind::Number, "REAL") => hasher.add_cell(name, Cell::Number(&decode::<f64>(value)?.to_string())),
        (Kind::Number, "TEXT") => hasher.add_cell(name, Cell::Number(decode(value)?)),
        (Kind::Instant, "TEXT") => {
            let text: &str = decode(value)?;
            ensure!(
                text.len() == INSTANT_LENGTH && text.ends_with('Z'),
                "an instant of another form: {text}"
            );
            hasher.add_cell(name, Cell::Instant(csv::read_instant(text)?))
        }
        (Kind::Text, "TEXT") => hasher.add_cell(name, Cell::Text(decode(value)?)),
        (kind, storage) => bail!("a {storage} stands where {kind:?} is expected"),
    }
}

fn decode<'r, T: Decode<'r, Sqlite>>(value: SqliteValueRef<'r>) -> Result<T> {
    T::decode(value).map_err(|error| anyhow::anyhow!("cannot read the value: {error}"))
}

#[cfg(test)]
mod tests {
    use sqlx::sqlite::SqliteConnectOptions;
    use sqlx::{ConnectOptions, Connection, Executor};

    use super::hash;
    use crate::canonical::{Cell, Hasher};
    use crate::column::{Column, Kind};

    #[tokio::test]
    async fn numbers_are_read_however_they_are_stored() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("copy.db");
        let options = SqliteConnectOptions::new().filename(&file).create_if_missing(true);
        let mut connection = options.connect().await.unwrap();
        connection
            .execute(
                "create table s__case (id text, amount, open integer, at text, _gone_at text);
                 insert into s__case values
                    ('1', 15, 1, '2026-11-21T10:00:00.000Z', null),
                    ('2', 0.1, 0, null, null),
                    ('3', '123456789012345678.5', null, null, null),
                    ('4', 4, 1, null, 'x')",
            )
            .await
            .unwrap();
        connection.close().await.unwrap();
        let columns =
            [("Id", Kind::Text), ("Amount", Kind::Number), ("Open", Kind::Boolean), ("At", Kind::Instant)]
                .map(|(field, kind)| Column { field: field.to_owned(), kind });

        let found = hash(&file, "s", "Case", &columns).await.unwrap();

        let mut expected = Hasher::default();
        let rows = [
            ("1", Cell::Number("15.0"), Cell::Boolean(true), Cell::Instant(1_795_255_200_000)),
            ("2", Cell::Number("0.10"), Cell::Boolean(false), Cell::Null),
            ("3", Cell::Number("123456789012345678.5"), Cell::Null, Cell::Null),
        ];
        for (id, amount, open, at) in rows {
            expected.begin_row(id);
            expected.add_cell("id", Cell::Text(id)).unwrap();
            expected.add_cell("amount", amount).unwrap();
            expected.add_cell("open", open).unwrap();
            expected.add_cell("at", at).unwrap();
        }
        assert_eq!(found, expected.finish());
    }
}
