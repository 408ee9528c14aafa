//! Reading a table of PostgreSQL back.

use std::str::FromStr;

use anyhow::{Context, Result, bail};
use futures_util::TryStreamExt;
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Executor, Row};

use super::id_index;
use crate::canonical::{Cell, Hasher, RowsHash};
use crate::column::{Column, Kind};

pub(super) async fn hash(url: &str, copy_name: &str, sobject: &str, columns: &[Column]) -> Result<RowsHash> {
    let mut connection = PgConnectOptions::from_str(url)?.connect().await?;
    connection.execute("set time zone 'UTC'; set datestyle = 'ISO'").await?;
    let names: Vec<String> = columns.iter().map(Column::name).collect();
    let listed: Vec<String> = columns.iter().map(as_text).collect();
    let table = format!("\"{copy_name}\".\"{}\"", sobject.to_ascii_lowercase());
    let query = format!("select {} from {table} where _gone_at is null", listed.join(", "));
    let id_at = id_index(columns)?;

    let mut hasher = Hasher::default();
    let mut rows = sqlx::query(AssertSqlSafe(query)).fetch(&mut connection);
    while let Some(row) = rows.try_next().await? {
        let id: &str = row.try_get(id_at)?;
        hasher.begin_row(id);
        for (index, (column, name)) in columns.iter().zip(&names).enumerate() {
            let text: Option<&str> = row.try_get(index)?;
            let cell = read_cell(text, column.kind).with_context(|| format!("{} of {id}", column.field))?;
            hasher.add_cell(name, cell)?;
        }
    }
    drop(rows);
    Ok(hasher.finish())
}

pub(super) async fn rewind(url: &str, milliseconds: i64) -> Result<()> {
    let mut connection = PgConnectOptions::from_str(url)?.connect().await?;
    let update = "update towpath.checkpoints set complete_until = complete_until - $1";
    sqlx::query(update).bind(milliseconds).execute(&mut connection).await?;
    Ok(())
}

/// The server writes every value as text; an instant as the number of its milliseconds, exactly.
fn as_text(column: &Column) -> String {
    let name = column.name();
    match column.kind {
        Kind::Instant => format!("(extract(epoch from \"{name}\") * 1000)::numeric::text"),
        Kind::Boolean | Kind::Number | Kind::Text => format!("\"{name}\"::text"),
    }
}

fn read_cell(text: Option<&str>, kind: Kind) -> Result<Cell<'_>> {
    let Some(text) = text else { return Ok(Cell::Null) };
    Ok(match kind {
        Kind::Boolean if text == "true" => Cell::Boolean(true),
        Kind::Boolean if text == "false" => Cell::Boolean(false),
        Kind::Boolean => bail!("neither true nor false: {text}"),
        Kind::Number => Cell::Number(text),
        Kind::Instant => Cell::Instant(read_milliseconds(text)?),
        Kind::Text => Cell::Text(text),
    })
}

fn read_milliseconds(text: &str) -> Result<i64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if !fraction.bytes().all(|digit| digit == b'0') {
        bail!("an instant finer than a millisecond: {text}");
    }
    Ok(whole.parse()?)
}

#[cfg(test)]
mod tests {
    use sqlx::postgres::PgConnectOptions;
    use sqlx::{ConnectOptions, Connection, Executor};

    use super::hash;
    use crate::canonical::{Cell, Hasher};
    use crate::column::{Column, Kind};
    use crate::postgres;

    #[tokio::test]
    async fn values_are_read_as_the_server_writes_them() {
        let url = postgres::create_database().await.unwrap();
        let mut connection = url.parse::<PgConnectOptions>().unwrap().connect().await.unwrap();
        connection
            .execute(
                "create schema s;
                 create table s.case (id text, amount numeric, open boolean, at timestamptz, day date, _gone_at timestamptz);
                 insert into s.case values
                    ('1', 15.00, true, '2026-11-21T10:00:00.123Z', '2026-11-21', null),
                    ('2', null, false, '1969-12-31T23:59:59.999Z', null, null),
                    ('3', 0.1, true, null, null, now())",
            )
            .await
            .unwrap();
        connection.close().await.unwrap();
        let kinds = [
            ("Id", Kind::Text),
            ("Amount", Kind::Number),
            ("Open", Kind::Boolean),
            ("At", Kind::Instant),
            ("Day", Kind::Text),
        ];
        let columns = kinds.map(|(field, kind)| Column { field: field.to_owned(), kind });

        let found = hash(&url, "s", "Case", &columns).await.unwrap();

        let mut expected = Hasher::default();
        let rows = [
            ("1", Cell::Number("15"), true, Cell::Instant(1_795_255_200_123), Cell::Text("2026-11-21")),
            ("2", Cell::Null, false, Cell::Instant(-1), Cell::Null),
        ];
        for (id, amount, open, at, day) in rows {
            expected.begin_row(id);
            expected.add_cell("id", Cell::Text(id)).unwrap();
            expected.add_cell("amount", amount).unwrap();
            expected.add_cell("open", Cell::Boolean(open)).unwrap();
            expected.add_cell("at", at).unwrap();
            expected.add_cell("day", day).unwrap();
        }
        assert_eq!(found, expected.finish());
        postgres::drop_database(&url).await.unwrap();
    }
}
