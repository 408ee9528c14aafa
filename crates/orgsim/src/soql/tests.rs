use chrono::FixedOffset;

use super::{Context, CsvFormat, LineEnding, Query, SoqlError, prepare};
use crate::id::RecordId;
use crate::org::{Org, OrgConfig};
use crate::schema::Schema;
use crate::value::Value;

mod answers;
mod conditions;
mod orders;
mod refusals;
mod round_trip;

/// 2026-11-21T22:04:05Z, a Saturday.
const NOW_MS: i64 = 1_795_298_645_000;

/// An org with the records a test needs.
struct TestOrg {
    org: Org,
    context: Context,
}

impl TestOrg {
    fn empty() -> Self {
        let org = Org::new(OrgConfig { seed: 1, counts: [("User".to_owned(), 1)].into(), now_ms: NOW_MS });
        let context = Context {
            user_id: org.user_id(),
            now_ms: NOW_MS,
            time_zone: FixedOffset::west_opt(8 * 3600).unwrap(),
            api_version: 660,
            include_deleted: false,
            bulk: false,
        };
        Self { org, context }
    }

    fn insert(&self, sobject: &str, fields: &[(&str, Value<'static>)]) -> RecordId {
        let sobject = Schema::standard().find(sobject).unwrap();
        let fields: Vec<_> =
            fields.iter().map(|(name, value)| (sobject.field(name).unwrap().index, value.clone())).collect();
        self.org.insert(sobject, &fields, NOW_MS)
    }

    fn prepare(&self, soql: &str) -> Result<Query, SoqlError> {
        prepare(Schema::standard(), soql, &self.context)
    }

    fn refusal(&self, soql: &str) -> String {
        match self.prepare(soql) {
            Ok(_) => panic!("not refused: {soql}"),
            Err(error) => error.to_string(),
        }
    }

    /// Returns the records as JSON.
    fn json(&self, soql: &str) -> Vec<String> {
        let query = self.prepare(soql).unwrap();
        let view = self.org.read();
        let rows = query.select_rows(&view);
        let write = |row| {
            let mut out = Vec::new();
            query.write_json(&view, row, &mut out);
            String::from_utf8(out).unwrap()
        };
        rows.iter().map(write).collect()
    }

    /// Returns the result as CSV.
    fn csv(&self, soql: &str, format: CsvFormat) -> String {
        let query = self.prepare(soql).unwrap();
        let view = self.org.read();
        let mut out = Vec::new();
        query.write_csv_header(format, &mut out);
        query.select_rows(&view).iter().for_each(|row| query.write_csv_row(format, &view, row, &mut out));
        String::from_utf8(out).unwrap()
    }

    /// Returns the only column, the values joined by spaces.
    fn values(&self, soql: &str) -> String {
        let csv = self.csv(soql, CsvFormat::default());
        csv.lines().skip(1).map(|line| line.trim_matches('"')).collect::<Vec<_>>().join(" ")
    }
}

fn text(text: &'static str) -> Value<'static> {
    Value::text(text)
}

fn number(number: &str) -> Value<'static> {
    Value::Number(number.parse().unwrap())
}

fn date(date: &str) -> Value<'static> {
    Value::Date(date.parse().unwrap())
}

const PIPES: CsvFormat = CsvFormat { delimiter: b'|', line_ending: LineEnding::Crlf };
