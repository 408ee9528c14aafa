use super::{ChildPages, Context, CsvFormat, LineEnding, Locale, Query, SoqlError, prepare};
use crate::id::RecordId;
use crate::org::{Org, OrgConfig, Row};
use crate::schema::{Api, Schema};
use crate::time_zone::TimeZone;
use crate::value::Value;

mod agreement;
mod answers;
mod conditions;
mod functions;
mod generator;
mod groups;
mod joins;
mod orders;
mod plans;
mod reference;
mod refusals;
mod round_trip;
mod subqueries;

/// 2026-11-21T22:04:05Z, a Saturday.
const NOW_MS: i64 = 1_795_298_645_000;

/// An org with the records a test needs.
struct TestOrg {
    org: Org,
    context: Context,
}

impl TestOrg {
    fn empty() -> Self {
        Self::with_records(&[("User", 1)])
    }

    fn with_records(counts: &[(&str, u32)]) -> Self {
        let counts = counts.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect();
        let org = Org::new(OrgConfig { seed: 1, counts, now_ms: NOW_MS });
        let context = Context {
            api: Api::Data,
            user_id: org.user_id(),
            rights: crate::rights::Rights::unlimited(org.user_id()),
            now_ms: NOW_MS,
            time_zone: TimeZone::find("America/Los_Angeles"),
            locale: Locale::find("en_US"),
            fiscal_start: 1,
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
        let keep = |_: &[usize], _: &[Row]| "next".to_owned();
        let pages = ChildPages { page_rows: 200, keep: &keep };
        let write = |row: &Row| {
            let mut out = Vec::new();
            query.write_records(&view, &[*row], &pages, &mut out);
            String::from_utf8(out).unwrap()
        };
        rows.iter().map(write).collect()
    }

    /// Returns the groups as JSON without their attributes, one a line.
    fn groups(&self, soql: &str) -> String {
        let query = self.prepare(soql).unwrap();
        assert!(query.is_grouped(), "{soql}");
        let mut out = Vec::new();
        query.write_groups(&self.org.read(), &mut out).unwrap();
        let groups = String::from_utf8(out).unwrap();
        groups
            .replace(r#"{"attributes":{"type":"AggregateResult"},"#, "")
            .replace("},", "\n")
            .replace('}', "")
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
