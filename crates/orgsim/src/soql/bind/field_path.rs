//! Finds fields.

use super::super::ast::Path;
use super::super::error::SoqlError;
use super::super::path::{FieldPath, Leaf, Step};
use super::{Binder, Result};
use crate::schema::{Field, SObject};

/// How many parents a path may walk (SOQL and SOSL Reference, Understanding Relationship Query Limitations).
const MAX_LEVELS: usize = 5;

/// The relationships of the sObject `Name` (Object Reference, Name).
const NAME_RELATIONSHIPS: [&str; 2] = ["Profile", "UserRole"];

/// Where a path has got to.
#[derive(Clone, Copy)]
enum Place {
    At(&'static SObject),
    /// At the parent of a polymorphic lookup.
    Named,
}

impl Binder<'_> {
    /// Finds the field a path leads to.
    pub(super) fn field_path(&self, path: &Path) -> Result<FieldPath> {
        let words = self.without_alias(&path.words);
        let Some((field, parents)) = words.split_last() else {
            return self.refuse_column(path, &path.to_string(), &self.sobject.name);
        };
        let (steps, place) = self.walk(path, parents)?;
        let (leaf, entity) = match place {
            Place::At(sobject) => {
                let shown = sobject.field(field).filter(|field| self.shows(sobject, field));
                (shown.map(|field| Leaf::Field(sobject, field)), sobject.name.as_str())
            }
            Place::Named => (Leaf::find_named(field), "Name"),
        };
        match leaf {
            Some(leaf) => Ok(FieldPath { steps, leaf }),
            None => self.refuse_column(path, field, entity),
        }
    }

    /// Finds the relationships of a path that ends with one.
    pub(super) fn relationship_path(&self, path: &Path) -> Result<Vec<Step>> {
        Ok(self.walk(path, &self.without_alias(&path.words))?.0)
    }

    fn walk(&self, path: &Path, parents: &[&str]) -> Result<(Vec<Step>, Place)> {
        if parents.len() > MAX_LEVELS {
            let message = format!(
                "SOQL statements cannot query parent relationships more than {MAX_LEVELS} levels deep"
            );
            return self.refuse(path, "MALFORMED_QUERY", message);
        }
        let mut steps = Vec::with_capacity(parents.len());
        let mut place = Place::At(self.sobject);
        for parent in parents {
            let Some((step, next)) = self.follow(place, parent) else {
                return self.refuse_relationship(path, parent);
            };
            steps.push(step);
            place = next;
        }
        Ok((steps, place))
    }

    /// Replaces the name that FROM gave to something, or the sObject's own, by what it stands for.
    fn without_alias<'p>(&'p self, words: &'p [String]) -> Vec<&'p str> {
        let (first, rest) = match words {
            [first, rest @ ..] if !rest.is_empty() => (first, rest),
            _ => return words.iter().map(String::as_str).collect(),
        };
        let alias = self.aliases.iter().find(|(alias, _)| alias.eq_ignore_ascii_case(first));
        let is_relationship = self.sobject.relationship(first).is_some();
        let base: &[String] = match alias {
            Some((_, parents)) => parents,
            None if !is_relationship && first.eq_ignore_ascii_case(&self.sobject.name) => &[],
            None => return words.iter().map(String::as_str).collect(),
        };
        base.iter().chain(rest).map(String::as_str).collect()
    }

    fn follow(&self, place: Place, relationship: &str) -> Option<(Step, Place)> {
        let sobject = match place {
            Place::At(sobject) => sobject,
            // What `Name` leads on to is what users have; for other parents there is nothing.
            Place::Named => {
                let leads = NAME_RELATIONSHIPS.iter().any(|known| known.eq_ignore_ascii_case(relationship));
                self.schema.find("User").filter(|user| leads && self.context.rights.may_read(user))?
            }
        };
        let lookup: &'static Field =
            sobject.relationship(relationship).filter(|lookup| self.shows(sobject, lookup))?;
        let parent = match lookup.parent_seen() {
            Some(name) => Some(self.schema.find(name).filter(|parent| self.context.rights.may_read(parent))?),
            None => None,
        };
        Some((Step { sobject, lookup, parent }, parent.map_or(Place::Named, Place::At)))
    }

    fn refuse_column<T>(&self, path: &Path, field: &str, entity: &str) -> Result<T> {
        Err(self.unknown_column(path, field, entity))
    }

    pub(super) fn unknown_column(&self, path: &Path, field: &str, entity: &str) -> SoqlError {
        let message = format!(
            "No such column '{field}' on entity '{entity}'. If you are attempting to use a custom field, be sure to \
             append the '__c' after the custom field name. Please reference your WSDL or the describe call for the \
             appropriate names."
        );
        SoqlError::at(self.text, path.place.0, "INVALID_FIELD", message)
    }

    fn refuse_relationship<T>(&self, path: &Path, relationship: &str) -> Result<T> {
        let message = format!(
            "Didn't understand relationship '{relationship}' in field path. If you are attempting to use a custom \
             relationship, be sure to append the '__r' after the custom relationship name. Please reference your WSDL \
             or the describe call for the appropriate names."
        );
        self.refuse(path, "INVALID_FIELD", message)
    }
}
