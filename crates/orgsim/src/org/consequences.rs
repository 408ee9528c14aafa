//! What a write moves besides the fields it names.

use rust_decimal::Decimal;

use crate::data::deal::Stage;
use crate::data::service::CLOSED;
use crate::org::write::set;
use crate::overlay::Patch;
use crate::schema::SObject;
use crate::value::Value;

/// Sets the fields that follow from those just written, unless they were written too.
pub(super) fn settle(patch: &mut Patch, sobject: &SObject, fields: &[(usize, Value<'static>)], now_ms: i64) {
    let find =
        |name| fields.iter().find(|(index, _)| sobject.fields[*index].name == name).map(|(_, value)| value);
    let mut follow = |name, value| {
        if find(name).is_none() {
            set(patch, sobject, name, value);
        }
    };
    match (sobject.name.as_str(), find("StageName"), find("Status")) {
        // Object Reference, Opportunity: the stage sets the probability and the forecast category.
        ("Opportunity", Some(stage), _) => {
            follow("LastStageChangeDate", Value::DateTime(now_ms));
            if let Some(stage) = stage.as_str().and_then(Stage::find) {
                follow("Probability", Value::Number(Decimal::new(stage.probability, 0)));
                follow("ForecastCategoryName", Value::text(stage.forecast_category_name));
            }
        }
        ("Case", _, Some(status)) if status.as_str() == Some(CLOSED) => {
            follow("ClosedDate", Value::DateTime(now_ms))
        }
        ("Case", _, Some(_)) => follow("ClosedDate", Value::Null),
        _ => {}
    }
}
