//! What stages, statuses and priorities mean: the records of their own sObjects, read once for a view.

use super::{OrgView, Row};
use crate::value::Value;

/// Days after which what is done is archived (Salesforce Help, Archived Activities).
const ARCHIVED_AFTER_DAYS: u64 = 365;

/// A stage of the sales process (Object Reference, OpportunityStage).
#[derive(Clone, Debug)]
pub(crate) struct Stage {
    name: String,
    pub(crate) is_closed: bool,
    pub(crate) is_won: bool,
    pub(crate) probability: Value<'static>,
    pub(crate) forecast_category_name: Value<'static>,
}

/// The meanings that fields of other records follow.
#[derive(Clone, Debug, Default)]
pub(crate) struct Statuses {
    stages: Vec<Stage>,
    closed_cases: Vec<String>,
    closed_tasks: Vec<String>,
    high_priorities: Vec<String>,
    contract_codes: Vec<(String, String)>,
}

impl Statuses {
    /// Finds a stage by its API name.
    pub(crate) fn stage(&self, name: Option<&str>) -> Option<&Stage> {
        self.stages.iter().find(|stage| Some(stage.name.as_str()) == name)
    }

    /// Returns whether a case with that status is done.
    pub(crate) fn closes_case(&self, status: Option<&str>) -> bool {
        has(&self.closed_cases, status)
    }

    /// Returns whether a task with that status is done.
    pub(crate) fn closes_task(&self, status: Option<&str>) -> bool {
        has(&self.closed_tasks, status)
    }

    /// Returns whether a task's priority is a high one.
    pub(crate) fn is_high_priority(&self, priority: Option<&str>) -> bool {
        has(&self.high_priorities, priority)
    }

    /// Returns the category of a contract's status.
    pub(crate) fn contract_code(&self, status: Option<&str>) -> &str {
        let known = self.contract_codes.iter().find(|(name, _)| Some(name.as_str()) == status);
        known.map_or("Draft", |(_, code)| code)
    }
}

fn has(names: &[String], name: Option<&str>) -> bool {
    name.is_some_and(|name| names.iter().any(|known| known == name))
}

impl OrgView<'_> {
    /// Returns what stages, statuses and priorities mean.
    pub(crate) fn statuses(&self) -> &Statuses {
        self.statuses.get_or_init(|| self.read_statuses())
    }

    /// Returns the first day that is not yet archived.
    pub(crate) fn archived_until(&self) -> chrono::NaiveDate {
        let today = chrono::DateTime::from_timestamp_millis(self.now_ms).unwrap_or_default();
        let days = chrono::Days::new(ARCHIVED_AFTER_DAYS);
        today.date_naive().checked_sub_days(days).unwrap_or_default()
    }

    /// Returns whether only queries for all records find a record: it is in the recycle bin, or an archived activity.
    pub(crate) fn is_hidden(&self, row: &Row) -> bool {
        self.is_deleted(row) || self.base.is_activity(row.sobject) && self.is_archived(row)
    }

    fn is_archived(&self, row: &Row) -> bool {
        let sobject = &self.schema().sobjects()[row.sobject_index()];
        let field = sobject.field("IsArchived");
        field.is_some_and(|field| self.value(sobject, row, field) == Value::Bool(true))
    }

    fn read_statuses(&self) -> Statuses {
        let names = |sobject: &str, flag: &str| -> Vec<String> {
            let rows = self.read_status_rows(sobject, ["ApiName", flag]);
            rows.filter(|(_, value)| *value == Value::Bool(true)).map(|(name, _)| name).collect()
        };
        let codes = self.read_status_rows("ContractStatus", ["ApiName", "StatusCode"]);
        Statuses {
            stages: self.read_stages(),
            closed_cases: names("CaseStatus", "IsClosed"),
            closed_tasks: names("TaskStatus", "IsClosed"),
            high_priorities: names("TaskPriority", "IsHighPriority"),
            contract_codes: codes.map(|(name, code)| (name, text_of(&code))).collect(),
        }
    }

    fn read_status_rows<'a>(
        &'a self,
        sobject: &str,
        [name, meaning]: [&str; 2],
    ) -> impl Iterator<Item = (String, Value<'a>)> {
        let sobject = self.schema().find(sobject);
        let fields =
            sobject.and_then(|sobject| Some((sobject, sobject.field(name)?, sobject.field(meaning)?)));
        fields.into_iter().flat_map(move |(sobject, name, meaning)| {
            let value = |row: &Row, field| self.value(sobject, row, field);
            self.rows(sobject).map(move |row| (text_of(&value(&row, name)), value(&row, meaning)))
        })
    }

    fn read_stages(&self) -> Vec<Stage> {
        let Some(sobject) = self.schema().find("OpportunityStage") else { return Vec::new() };
        let stage = |row: Row| {
            let value = |name: &str| {
                sobject.field(name).map_or(Value::Null, |field| self.value(sobject, &row, field))
            };
            Stage {
                name: text_of(&value("ApiName")),
                is_closed: value("IsClosed") == Value::Bool(true),
                is_won: value("IsWon") == Value::Bool(true),
                probability: value("DefaultProbability").into_owned(),
                forecast_category_name: value("ForecastCategoryName").into_owned(),
            }
        };
        self.rows(sobject).map(stage).collect()
    }
}

fn text_of(value: &Value<'_>) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
