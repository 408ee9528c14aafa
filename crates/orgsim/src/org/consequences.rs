//! What a write moves besides the fields it names.

use crate::org::Org;
use crate::org::statuses::Statuses;
use crate::org::write::set;
use crate::overlay::Patch;
use crate::schema::SObject;
use crate::value::Value;

/// The fields that others follow, by the sObject.
const LEADING: [(&str, &str); 2] = [("Opportunity", "StageName"), ("Case", "Status")];

impl Org {
    /// Returns what stages and statuses mean, where fields are written that others follow.
    pub(super) fn meanings(&self, sobject: &SObject, fields: &[(usize, Value<'static>)]) -> Statuses {
        let is_leading = |(index, _): &(usize, _)| {
            LEADING.contains(&(sobject.name.as_str(), sobject.fields[*index].name.as_str()))
        };
        if fields.iter().any(is_leading) { self.read().statuses().clone() } else { Statuses::default() }
    }
}

/// Sets the fields that follow from those just written, unless they were written too.
pub(super) fn settle(
    patch: &mut Patch,
    sobject: &SObject,
    fields: &[(usize, Value<'static>)],
    meanings: &Statuses,
    now_ms: i64,
) {
    let find =
        |name| fields.iter().find(|(index, _)| sobject.fields[*index].name == name).map(|(_, value)| value);
    let Some((_, leading)) = LEADING.iter().find(|(name, _)| *name == sobject.name) else { return };
    let Some(value) = find(*leading) else { return };
    let mut follow = |name, value| {
        if find(name).is_none() {
            set(patch, sobject, name, value);
        }
    };
    if sobject.name == "Case" {
        let is_closed = meanings.closes_case(value.as_str());
        follow("ClosedDate", if is_closed { Value::DateTime(now_ms) } else { Value::Null });
        return;
    }
    // Object Reference, Opportunity: the stage sets the probability and the forecast category.
    follow("LastStageChangeDate", Value::DateTime(now_ms));
    if let Some(stage) = meanings.stage(value.as_str()) {
        follow("Probability", stage.probability.clone());
        follow("ForecastCategoryName", stage.forecast_category_name.clone());
    }
}
