//! Checks `TYPEOF` (SOQL and SOSL Reference, TYPEOF).

use super::super::ast::{Path, TypeOf, Word};
use super::super::column;
use super::super::path::{FieldPath, Leaf, Step};
use super::{Binder, Level, Result};
use crate::schema::SObject;

/// The first API version with the clause.
const FIRST_VERSION: u16 = 460;

impl Binder<'_> {
    /// Makes a `TYPEOF` clause ready.
    pub(super) fn type_of(&self, type_of: &TypeOf) -> Result<column::TypeOf> {
        if self.context.api_version < FIRST_VERSION {
            return self.refuse(&type_of.path, "MALFORMED_QUERY", "unexpected token: 'TYPEOF'");
        }
        if self.level == Level::Join {
            let message = "TYPEOF is not allowed in semi join sub-selects";
            return self.refuse(&type_of.path, "MALFORMED_QUERY", message);
        }
        let steps = self.relationship_path(&type_of.path)?;
        let Some(last) = steps.last().filter(|step| step.parent.is_none()) else {
            let message = format!("TYPEOF needs a polymorphic relationship: {}", type_of.path);
            return self.refuse(&type_of.path, "INVALID_FIELD", message);
        };
        let cases = type_of
            .cases
            .iter()
            .map(|(name, paths)| self.case(last, name, paths))
            .collect::<Result<Vec<_>>>()?;
        let otherwise = type_of.otherwise.iter().map(|path| self.name_field(path)).collect::<Result<_>>()?;
        Ok(column::TypeOf { steps, cases, otherwise })
    }

    fn case(&self, step: &Step, name: &Word, paths: &[Path]) -> Result<(&'static SObject, Vec<FieldPath>)> {
        let points_there =
            step.lookup.reference_to.iter().any(|target| target.eq_ignore_ascii_case(&name.text));
        let Some(sobject) = self
            .schema
            .find(&name.text)
            .filter(|sobject| points_there && self.context.rights.may_read(sobject))
        else {
            let message = format!("'{name}' is not a type of the relationship '{}'", step.name());
            return self.refuse_at(name.place.0, "INVALID_TYPE", message);
        };
        let binder = Binder { sobject, aliases: Vec::new(), level: Level::Case, ..*self };
        Ok((sobject, paths.iter().map(|path| binder.field_path(path)).collect::<Result<_>>()?))
    }

    /// Finds a field that parents of every type have.
    fn name_field(&self, path: &Path) -> Result<FieldPath> {
        let leaf = match path.words.as_slice() {
            [name] => Leaf::find_named(name),
            _ => None,
        };
        match leaf {
            Some(leaf) => Ok(FieldPath { steps: Vec::new(), leaf }),
            None => Err(self.unknown_column(path, &path.to_string(), "Name")),
        }
    }
}
