//! Statuses and priorities of tasks.

use super::Planter;
use crate::value::Value;

pub(super) fn plant(planter: &Planter<'_>) {
    planter.plant_statuses("TaskStatus", "Task", |status| {
        vec![("IsClosed", Value::Bool(status == "Completed"))]
    });
    planter.plant_values("TaskPriority", "Task", "Priority", |priority| {
        vec![("IsHighPriority", Value::Bool(priority == "High"))]
    });
}
