//! Who sees records that are not their own: the organization-wide defaults (Help, Organization-Wide Sharing Defaults).

use std::collections::HashMap;

use crate::org::OrgView;
use crate::schema::{SObject, Schema};

/// What everybody may do with records of others.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) enum OrgDefault {
    /// Nothing.
    Private,
    Read,
    /// To read and write, but not to delete.
    #[default]
    Edit,
    /// What they may do with the record's parent.
    ControlledByParent,
}

impl OrgDefault {
    /// Reads a default by the value that the fields of the Organization have for it.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "None" | "Private" => Self::Private,
            "Read" => Self::Read,
            "Edit" | "ReadEditTransfer" | "All" => Self::Edit,
            "ControlledByParent" | "ControlledByLeadOrContact" | "ControlledByCampaign" => {
                Self::ControlledByParent
            }
            _ => return None,
        })
    }

    /// Returns the value of an Organization's field.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Private => "None",
            Self::Read => "Read",
            Self::Edit => "Edit",
            Self::ControlledByParent => "ControlledByParent",
        }
    }

    /// Returns the field of the Organization that holds the default of an sObject.
    pub(crate) fn field_of(sobject: &SObject) -> String {
        format!("Default{}Access", sobject.name)
    }
}

/// The defaults of all sObjects.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sharing {
    by_place: HashMap<usize, OrgDefault>,
}

impl Sharing {
    pub(super) fn read(view: &OrgView<'_>, others: &HashMap<usize, OrgDefault>) -> Self {
        let mut by_place = others.clone();
        let organization = view.schema().find("Organization");
        let row = organization.and_then(|sobject| view.rows(sobject).next().map(|row| (sobject, row)));
        for sobject in Schema::standard().sobjects() {
            let text = row.and_then(|(at, row)| view.text_in(at, &row, &OrgDefault::field_of(sobject)));
            if let Some(default) = text.as_deref().and_then(OrgDefault::parse) {
                by_place.insert(sobject.index, default);
            }
        }
        Self { by_place }
    }

    /// Returns the default of an sObject.
    pub(crate) fn of(&self, sobject: &SObject) -> OrgDefault {
        self.by_place.get(&sobject.index).copied().unwrap_or_default()
    }
}
