//! Reading a CSV file back.

use std::collections::HashMap;
use std::path::Path;

use anyhow::{Context, Result, bail};
use chrono::DateTime;

use super::id_index;
use crate::canonical::{Cell, Hasher, RowsHash};
use crate::column::{Column, Kind};

pub(super) fn hash(file: &Path, columns: &[Column]) -> Result<RowsHash> {
    let mut reader =
        ::csv::Reader::from_path(file).with_context(|| format!("cannot open {}", file.display()))?;
    let header = reader.headers()?.clone();
    let place_by_name: HashMap<&str, usize> =
        header.iter().enumerate().map(|(index, name)| (name, index)).collect();
    let mut places = Vec::new();
    for column in columns {
        let place = place_by_name.get(column.field.as_str());
        places.push(*place.with_context(|| format!("the file has no column {}", column.field))?);
    }
    let id_place = places[id_index(columns)?];
    let names: Vec<String> = columns.iter().map(Column::name).collect();

    let mut hasher = Hasher::default();
    let mut record = ::csv::StringRecord::new();
    while reader.read_record(&mut record)? {
        hasher.begin_row(&record[id_place]);
        for ((column, name), place) in columns.iter().zip(&names).zip(&places) {
            let cell = read_cell(&record[*place], column.kind).with_context(|| column.field.clone())?;
            hasher.add_cell(name, cell)?;
        }
    }
    Ok(hasher.finish())
}

fn read_cell(text: &str, kind: Kind) -> Result<Cell<'_>> {
    Ok(match (text, kind) {
        ("", _) => Cell::Null,
        ("true", Kind::Boolean) => Cell::Boolean(true),
        ("false", Kind::Boolean) => Cell::Boolean(false),
        (other, Kind::Boolean) => bail!("neither true nor false: {other}"),
        (text, Kind::Number) => Cell::Number(text),
        (text, Kind::Instant) => Cell::Instant(read_instant(text)?),
        (text, Kind::Text) => Cell::Text(text),
    })
}

/// Reads an instant with its offset from UTC, written `Z`, `+00:00` or `+0000`.
pub(super) fn read_instant(text: &str) -> Result<i64> {
    let instant = DateTime::parse_from_rfc3339(text)
        .or_else(|_| DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.3f%z"))
        .with_context(|| format!("not an instant: {text}"))?;
    Ok(instant.timestamp_millis())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::hash;
    use crate::canonical::{Cell, Hasher};
    use crate::column::{Column, Kind};

    fn column(field: &str, kind: Kind) -> Column {
        Column { field: field.to_owned(), kind }
    }

    #[test]
    fn a_file_is_read_by_its_header() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("Account.csv");
        let text = "Amount,Id,Name,Open,At\n1.50,001,\"a \"\"b\"\",\nc\",true,2026-11-21T10:00:00.000Z\n,002,,false,\n";
        fs::write(&file, text).unwrap();
        let columns = [
            column("Id", Kind::Text),
            column("Name", Kind::Text),
            column("Amount", Kind::Number),
            column("Open", Kind::Boolean),
            column("At", Kind::Instant),
        ];

        let found = hash(&file, &columns).unwrap();

        let mut expected = Hasher::default();
        expected.begin_row("001");
        expected.add_cell("id", Cell::Text("001")).unwrap();
        expected.add_cell("name", Cell::Text("a \"b\",\nc")).unwrap();
        expected.add_cell("amount", Cell::Number("1.5")).unwrap();
        expected.add_cell("open", Cell::Boolean(true)).unwrap();
        expected.add_cell("at", Cell::Instant(1_795_255_200_000)).unwrap();
        expected.begin_row("002");
        expected.add_cell("id", Cell::Text("002")).unwrap();
        expected.add_cell("open", Cell::Boolean(false)).unwrap();
        for null in ["name", "amount", "at"] {
            expected.add_cell(null, Cell::Null).unwrap();
        }
        assert_eq!(found, expected.finish());
    }
}
