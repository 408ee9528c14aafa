//! Statuses of cases, business hours.

use super::Planter;
use crate::data::service::CLOSED;
use crate::value::Value;

/// When a day of work begins and ends, in milliseconds since midnight.
const WORK_MS: (u32, u32) = (9 * 3_600_000, 18 * 3_600_000);

pub(super) fn plant(planter: &Planter<'_>) {
    planter.plant_statuses("CaseStatus", "Case", |status| vec![("IsClosed", Value::Bool(status == CLOSED))]);
    planter.plant("BusinessHours", &hours("Default", "America/Los_Angeles", None));
    planter.plant("BusinessHours", &hours("Werkstatt", "Europe/Berlin", Some(WORK_MS)));
}

/// Returns business hours of working days, or of all day and night.
fn hours(
    name: &'static str,
    time_zone: &'static str,
    work_ms: Option<(u32, u32)>,
) -> Vec<(&'static str, Value<'static>)> {
    let mut values = vec![
        ("Name", Value::text(name)),
        ("IsActive", Value::Bool(true)),
        ("IsDefault", Value::Bool(work_ms.is_none())),
        ("TimeZoneSidKey", Value::text(time_zone)),
    ];
    let days = [
        ("MondayStartTime", "MondayEndTime"),
        ("TuesdayStartTime", "TuesdayEndTime"),
        ("WednesdayStartTime", "WednesdayEndTime"),
        ("ThursdayStartTime", "ThursdayEndTime"),
        ("FridayStartTime", "FridayEndTime"),
        ("SaturdayStartTime", "SaturdayEndTime"),
        ("SundayStartTime", "SundayEndTime"),
    ];
    for (start, end) in &days[..if work_ms.is_some() { 5 } else { 7 }] {
        // From midnight to midnight is all day (Object Reference, BusinessHours).
        let (from, to) = work_ms.unwrap_or_default();
        values.extend([(*start, Value::Time(from)), (*end, Value::Time(to))]);
    }
    values
}
