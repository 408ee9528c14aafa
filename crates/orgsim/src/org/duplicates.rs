//! Duplicate rules: what looks like a record that is there already (Salesforce Help, Duplicate Rules; REST API Developer
//! Guide, Duplicate Rule Header).
//!
//! A rule compares by the name, without regard to case, and by one value more; the org's own fuzzy matching is not public.

use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Map, Value as Json};

use crate::org::write::Author;
use crate::org::{OrgView, Row, SaveError};
use crate::schema::SObject;
use crate::soql::fold;
use crate::value::Value;

/// As many matches are told.
const MAX_MATCHES: usize = 100;

/// What a rule does about a duplicate.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum DuplicateAction {
    /// Nothing: the rule is inactive.
    #[default]
    Off,
    /// It refuses the record unless the client wants it saved all the same.
    Alert,
    /// It refuses the record.
    Block,
}

/// A duplicate rule that comes with every org.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct DuplicateRule {
    pub(crate) sobject: &'static str,
    pub(crate) action: DuplicateAction,
    name: &'static str,
    matching_rule: &'static str,
    /// The fields one of which must be the same beside the name.
    #[serde(skip)]
    fields: &'static [&'static str],
}

/// The rules of a new org. They are off, where those of a real one alert: a client that creates the same record twice, as
/// tests do, would be refused.
pub(super) const STANDARD: [DuplicateRule; 3] = [
    DuplicateRule {
        sobject: "Account",
        action: DuplicateAction::Off,
        name: "Standard_Account_Duplicate_Rule",
        matching_rule: "Standard_Account_Match_Rule_v1_0",
        fields: &["Phone", "Website", "BillingStreet", "BillingPostalCode"],
    },
    DuplicateRule {
        sobject: "Contact",
        action: DuplicateAction::Off,
        name: "Standard_Contact_Duplicate_Rule",
        matching_rule: "Standard_Contact_Match_Rule_v1_1",
        fields: &["Email", "Phone", "MobilePhone", "AccountId", "MailingStreet"],
    },
    DuplicateRule {
        sobject: "Lead",
        action: DuplicateAction::Off,
        name: "Standard_Lead_Duplicate_Rule",
        matching_rule: "Standard_Lead_Match_Rule_v1_0",
        fields: &["Email", "Phone", "MobilePhone", "Company", "Street"],
    },
];

/// The text of the rules that come with an org.
const MESSAGE: &str = "Use one of these records?";

/// What a client wants of duplicate rules: the header `Sforce-Duplicate-Rule-Header`.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct DuplicateHeader {
    /// Whether records are saved past rules that alert.
    pub(crate) allow_save: bool,
    /// Whether the values of the matches are told.
    pub(crate) include_record_details: bool,
    /// The API version that the URLs of the matches are of, times ten.
    pub(crate) version: u16,
}

impl DuplicateHeader {
    /// Reads the header: `allowSave=true, includeRecordDetails=true`.
    pub(crate) fn parse(text: &str, version: u16) -> Self {
        let is_set = |name: &str| {
            text.split([',', ';']).filter_map(|part| part.split_once('=')).any(|(key, value)| {
                key.trim().eq_ignore_ascii_case(name) && value.trim().eq_ignore_ascii_case("true")
            })
        };
        Self {
            allow_save: is_set("allowSave"),
            include_record_details: is_set("includeRecordDetails"),
            version,
        }
    }
}

/// What a rule found, its members in the order in which Salesforce writes them.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DuplicateResult {
    allow_save: bool,
    duplicate_rule: &'static str,
    duplicate_rule_entity_type: &'static str,
    error_message: &'static str,
    match_results: [MatchResult; 1],
}

#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
struct MatchResult {
    entity_type: &'static str,
    errors: [(); 0],
    match_engine: &'static str,
    match_records: Vec<Match>,
    rule: &'static str,
    size: usize,
    success: bool,
}

#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Match {
    additional_information: [(); 0],
    field_diffs: [(); 0],
    #[serde(serialize_with = "as_confidence")]
    match_confidence: u8,
    record: Json,
}

/// A confidence is a number with a point.
fn as_confidence<S: Serializer>(confidence: &u8, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(f64::from(*confidence))
}

/// Refuses a record that a rule takes for another.
pub(super) fn refuse_duplicate(
    view: &OrgView<'_>,
    rules: &[DuplicateRule],
    sobject: &SObject,
    row: Row,
    by: Author,
) -> Result<(), SaveError> {
    let rule = rules.iter().find(|rule| rule.sobject == sobject.name);
    let Some(rule) = rule.filter(|rule| rule.is_active() && !(rule.may_save() && by.duplicates.allow_save))
    else {
        return Ok(());
    };
    let matches = find_matches(view, rule, sobject, row);
    if matches.is_empty() {
        return Ok(());
    }
    let records: Vec<Match> = matches
        .iter()
        .take(MAX_MATCHES)
        .map(|row| Match {
            additional_information: [],
            field_diffs: [],
            match_confidence: 100,
            record: write_match(view, rule, sobject, row, by.duplicates),
        })
        .collect();
    let result = DuplicateResult {
        allow_save: rule.may_save(),
        duplicate_rule: rule.name,
        duplicate_rule_entity_type: rule.sobject,
        error_message: MESSAGE,
        match_results: [MatchResult {
            entity_type: rule.sobject,
            errors: [],
            match_engine: "FuzzyMatchEngine",
            size: records.len(),
            match_records: records,
            rule: rule.matching_rule,
            success: true,
        }],
    };
    let error = SaveError::of_request("DUPLICATES_DETECTED", MESSAGE);
    Err(SaveError { duplicates: Some(Box::new(result)), ..error })
}

impl DuplicateRule {
    fn is_active(&self) -> bool {
        self.action != DuplicateAction::Off
    }

    fn may_save(&self) -> bool {
        self.action == DuplicateAction::Alert
    }
}

fn find_matches(view: &OrgView<'_>, rule: &DuplicateRule, sobject: &SObject, row: Row) -> Vec<Row> {
    let Some(name_field) = sobject.name_field() else { return Vec::new() };
    let name = view.value(sobject, &row, name_field);
    let mut rows = view.live_rows_by_key(sobject, name_field, &name);
    rows.retain(|other| {
        let is_same = |name: &&str| {
            let Some(field) = sobject.field(name) else { return false };
            let [own, others] = [row, *other].map(|row| comparable(&view.value(sobject, &row, field)));
            own.is_some() && own == others
        };
        *other != row && rule.fields.iter().any(is_same)
    });
    rows
}

fn comparable(value: &Value<'_>) -> Option<String> {
    value.as_str().map(fold)
}

fn write_match(
    view: &OrgView<'_>,
    rule: &DuplicateRule,
    sobject: &SObject,
    row: &Row,
    header: DuplicateHeader,
) -> Json {
    let id = view.id(row);
    let url = format!(
        "/services/data/v{}.{}/sobjects/{}/{id}",
        header.version / 10,
        header.version % 10,
        sobject.name
    );
    let mut record = Map::new();
    record.insert("attributes".to_owned(), serde_json::json!({ "type": sobject.name, "url": url }));
    record.insert("Id".to_owned(), Json::from(id.as_str()));
    if header.include_record_details {
        for name in ["Name"].iter().chain(rule.fields) {
            let Some(field) = sobject.field(name) else { continue };
            record.insert((*name).to_owned(), Json::from(view.value(sobject, row, field).as_str()));
        }
    }
    Json::Object(record)
}
