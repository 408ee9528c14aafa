//! What somebody has chosen while setting an integration up and not saved yet.

use salesforce::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::{NewFieldMapping, Sharing, UserId};

/// What can be chosen and not saved yet. An integration has one draft of each kind at most.
pub trait Draftable: Serialize + DeserializeOwned {
    /// What a draft of it is told by where it is stored.
    const KIND: &'static str;
}

/// A draft. Nothing goes by it, and nobody gains or loses access by it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Draft<T> {
    /// What was chosen.
    pub chosen: T,
    /// Who chose it.
    pub user_id: UserId,
    /// When it was changed last.
    pub updated_at: Timestamp,
}

/// The mappings, in place of all that there are.
impl Draftable for Vec<NewFieldMapping> {
    const KIND: &'static str = "mappings";
}

/// Who shall have access.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct ChosenSharing {
    /// The group that shall own the integration, and those it shall be shared with.
    pub sharing: Sharing,
    /// The version of who has access that it was chosen on.
    pub seen: String,
}

impl Draftable for ChosenSharing {
    const KIND: &'static str = "shares";
}
