//! Deleting records by the rules of the org: what goes with them, and what keeps them.

use std::sync::Arc;

use crate::id::RecordId;
use crate::org::locks::refuse_locked;
use crate::org::write::{Author, bury, set};
use crate::org::{Org, OrgView, Row, SaveError, files, people};
use crate::overlay::Deletion;
use crate::rights::Deed;
use crate::schema::{ChildRelationship, Field, SObject};
use crate::value::Value;

/// As many records of those that keep another are named.
const MAX_NAMED: usize = 10;

/// What deleting a record does to others.
#[derive(Debug, Default)]
struct Plan {
    deleted: Vec<Row>,
    emptied: Vec<(Row, usize)>,
}

impl Org {
    /// Puts a record into the recycle bin, and its dependents with it (Object Reference, Relationships Among Objects).
    pub(crate) fn delete_record(
        &self,
        sobject: &SObject,
        id: &RecordId,
        by: Author,
    ) -> Result<(), Vec<SaveError>> {
        if !sobject.abilities.deletable {
            let message = "insufficient access rights on object id";
            return Err(vec![SaveError::of_record("INSUFFICIENT_ACCESS_OR_READONLY", message)]);
        }
        let by = by.at_whole_second();
        self.transact(|| {
            let one = |error| vec![error];
            self.find_live(sobject, id).map_err(one)?;
            let sobject = files::deleted_as(sobject);
            let row = self.find_live(sobject, id).map_err(one)?;
            let view = self.read();
            self.permit(&view, sobject, &row, Deed::Delete, &self.rights_of(by))?;
            files::refuse_delete(&view, sobject, &row).map_err(one)?;
            let locks = self.inner.rules.locks(self.inner.now_ms());
            refuse_locked(&view, &locks, sobject, Some(row), &Vec::new()).map_err(one)?;
            refuse_standard_book(&view, sobject, &row).map_err(one)?;
            let change = people::Change { sobject, id: Some(*id), values: &Vec::new(), by };
            let before = people::check_delete(self, change)?;
            let mut plan = Plan::default();
            plan_delete(&view, sobject, row, &mut plan).map_err(one)?;
            self.carry_out(&plan, by);
            self.refresh_parents(&plan.deleted, by);
            people::follow_delete(self, change, &before);
            Ok(())
        })
    }

    /// Deletes a record past the recycle bin, where it may already be.
    pub(crate) fn hard_delete_record(
        &self,
        sobject: &SObject,
        id: &RecordId,
        by: Author,
    ) -> Result<(), Vec<SaveError>> {
        self.transact(|| {
            match self.delete_record(sobject, id, by) {
                Err(errors) if errors.iter().all(|error| error.code == "ENTITY_IS_DELETED") => {}
                result => result?,
            }
            match self.purge(sobject, id) {
                // What keeps no recycle bin is gone already.
                Ok(()) | Err(_) => Ok(()),
            }
        })
    }

    /// The record itself comes first in the plan.
    fn carry_out(&self, plan: &Plan, by: Author) {
        self.inner.bin.receive(by.now_ms);
        let sobjects = self.schema().sobjects();
        let deletion = Deletion {
            cascaded: plan.deleted.iter().skip(1).map(|row| (row.sobject_index(), row.number)).collect(),
            emptied: plan
                .emptied
                .iter()
                .map(|(row, field)| (row.sobject_index(), row.number, *field))
                .collect(),
        };
        let mut deletion = Some(Arc::new(deletion));
        self.change(|overlay| {
            for (row, field) in &plan.emptied {
                let sobject = &sobjects[row.sobject_index()];
                let patch = overlay.table_mut(sobject).patch_mut(row.number);
                patch.set_value(&sobject.fields[*field], Value::Null);
                set(patch, sobject, "SystemModstamp", Value::DateTime(by.now_ms));
            }
            for row in &plan.deleted {
                let sobject = &sobjects[row.sobject_index()];
                let table = overlay.table_mut(sobject);
                if sobject.field("IsDeleted").is_none() {
                    table.purge(row.number, None);
                    continue;
                }
                let patch = table.patch_mut(row.number);
                bury(patch, sobject, by);
                patch.deletion = deletion.take();
            }
        });
    }
}

/// The standard price book stays (Object Reference, Pricebook2).
fn refuse_standard_book(view: &OrgView<'_>, sobject: &SObject, row: &Row) -> Result<(), SaveError> {
    if sobject.name != "Pricebook2" || view.named(sobject, row, "IsStandard") != Value::Bool(true) {
        return Ok(());
    }
    Err(SaveError::of_record("DELETE_FAILED", "The standard price book cannot be deleted."))
}

/// Lists what a delete takes along, or says what keeps it from being done.
fn plan_delete(view: &OrgView<'_>, sobject: &SObject, row: Row, plan: &mut Plan) -> Result<(), SaveError> {
    if plan.deleted.contains(&row) {
        return Ok(());
    }
    plan.deleted.push(row);
    if let Some(note) = files::find_twin(&view.overlay, sobject, row.number) {
        plan.deleted.push(Row { sobject: note.index as u16, ..row });
    }
    let id = Value::Id(view.id(&row));
    for relationship in &sobject.children {
        let Some(child) = view.schema().find(&relationship.child_sobject) else { continue };
        let Some(lookup) =
            child.field(&relationship.field).filter(|field| field.fill.as_derivation().is_none())
        else {
            continue;
        };
        // Who wrote a record and who saw it is not undone.
        if !(lookup.createable || lookup.updateable) {
            continue;
        }
        let children: Vec<Row> = view.live_rows_by_key(child, lookup, &id);
        refuse_kept(view, sobject, &row, child, &children, relationship)?;
        for dependent in
            children.iter().filter(|dependent| !plan.deleted.contains(dependent)).copied().collect::<Vec<_>>()
        {
            match relationship.cascade_delete {
                true => plan_delete(view, child, dependent, plan)?,
                false if lookup.nillable => plan.emptied.push((dependent, lookup.index)),
                false => {}
            }
        }
    }
    Ok(())
}

/// Refuses to delete what records that may not lose it point to.
fn refuse_kept(
    view: &OrgView<'_>,
    sobject: &SObject,
    row: &Row,
    child: &SObject,
    children: &[Row],
    relationship: &ChildRelationship,
) -> Result<(), SaveError> {
    // What a child must have and does not go with keeps the parent, owners among it.
    let is_required = !relationship.cascade_delete
        && child.field(&relationship.field).is_some_and(|lookup| !lookup.nillable);
    // A won opportunity keeps its account (Object Reference, Account).
    let won = child.field("IsWon").filter(|_| sobject.name == "Account" && child.name == "Opportunity");
    let keepers: Vec<&Row> = match won {
        Some(won) => children.iter().filter(|row| view.value(child, row, won) == Value::Bool(true)).collect(),
        None if relationship.restricted_delete || is_required => children.iter().collect(),
        None => Vec::new(),
    };
    if keepers.is_empty() {
        return Ok(());
    }
    let name_of = |sobject: &SObject, row: &Row| {
        let name = sobject.name_field().map(|field: &Field| view.value(sobject, row, field).into_owned());
        name.and_then(|name| name.as_str().map(str::to_owned)).unwrap_or_else(|| view.id(row).to_string())
    };
    let names: Vec<String> = keepers.iter().take(MAX_NAMED).map(|row| name_of(child, row)).collect();
    let what = match won {
        Some(_) => {
            "some opportunities in the account were closed won. The following opportunities are closed won"
                .to_owned()
        }
        None => format!("it is associated with the following {}", child.label_plural.to_lowercase()),
    };
    let message = format!(
        "Your attempt to delete {} could not be completed because {what}.: {}\n",
        name_of(sobject, row),
        names.join(", ")
    );
    Err(SaveError::of_record("DELETE_FAILED", message))
}
