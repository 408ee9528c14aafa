//! A page of records as the API tells it.

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::client::Failure;

/// Records and their columns. Values stay as the server wrote them, so that no digit is lost.
#[derive(Debug, Deserialize)]
pub(super) struct RecordPage {
    pub(super) columns: Vec<ColumnBody>,
    pub(super) items: Vec<Box<RawValue>>,
    pub(super) next: Option<String>,
    pub(super) total: Option<u64>,
    #[serde(default)]
    pub(super) total_is_exact: bool,
}

#[derive(Debug, Deserialize)]
pub(super) struct ColumnBody {
    pub(super) name: String,
}

#[derive(Deserialize)]
struct RecordBody {
    id: String,
    values: HashMap<String, Box<RawValue>>,
}

impl RecordPage {
    /// The names above the cells: the id's, then those of the columns.
    pub(super) fn header(&self) -> Vec<&str> {
        std::iter::once("Id").chain(self.columns.iter().map(|column| column.name.as_str())).collect()
    }

    /// The cells of all records: the id, then the columns.
    pub(super) fn rows(
        &self,
        to_cell: impl Fn(&RawValue) -> Result<String, Failure>,
    ) -> Result<Vec<Vec<String>>, Failure> {
        self.items.iter().map(|item| self.row(item, &to_cell)).collect()
    }

    fn row(
        &self,
        item: &RawValue,
        to_cell: impl Fn(&RawValue) -> Result<String, Failure>,
    ) -> Result<Vec<String>, Failure> {
        let record: RecordBody = serde_json::from_str(item.get()).map_err(Failure::NotAnAnswer)?;
        let mut cells = vec![record.id];
        for column in &self.columns {
            cells.push(record.values.get(&column.name).map_or(Ok(String::new()), |raw| to_cell(raw))?);
        }
        Ok(cells)
    }
}

/// A value as a person reads it: what stands between the quotes of JSON, or the value as it is written.
pub(super) fn cell(raw: &RawValue) -> Result<String, Failure> {
    match raw.get() {
        "null" => Ok(String::new()),
        text if text.starts_with('"') => serde_json::from_str(text).map_err(Failure::NotAnAnswer),
        text => Ok(text.to_owned()),
    }
}

/// A value for a spreadsheet. A text that it would take for a formula gets a quote before it.
pub(super) fn csv_cell(raw: &RawValue) -> Result<String, Failure> {
    let text = cell(raw)?;
    let is_text = raw.get().starts_with('"');
    let is_formula =
        text.trim_start_matches('"').starts_with(['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠']);
    Ok(if is_text && is_formula { format!("'{text}") } else { text })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_keep_every_digit_and_formulas_lose_their_force() {
        let page = r#"{"columns": [{"name": "Name", "label": "Name"}, {"name": "Amount"}, {"name": "IsWon"}, {"name": "Gone"}],
            "items": [{"id": "1", "values": {"Amount": -12345678901234567.890, "Name": "=cmd()", "IsWon": true, "Gone": null}}], "next": null, "total": 1}"#;
        let page: RecordPage = serde_json::from_str(page).unwrap();

        assert_eq!(page.header(), ["Id", "Name", "Amount", "IsWon", "Gone"]);
        assert_eq!(page.rows(cell).unwrap(), [["1", "=cmd()", "-12345678901234567.890", "true", ""]]);
        assert_eq!(page.rows(csv_cell).unwrap(), [["1", "'=cmd()", "-12345678901234567.890", "true", ""]]);
    }
}
