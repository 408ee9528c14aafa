//! Versions of settings, so that two people who edit at once do not undo each other unseen.

use model::{Draft, Draftable, FieldMapping, Group, GroupId, Member, Sharing, SyncRule, UserId, Workspace};
use ring::digest::{Context, SHA256};

use crate::error::{Error, Result};

/// What somebody saw of a setting before they changed it.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub enum Precondition {
    /// They do not say; what is there is replaced.
    #[default]
    Unsaid,
    /// It has to be this version still.
    Version(String),
    /// There has to be nothing yet.
    Nothing,
}

impl Precondition {
    /// Makes sure that a version is the one that was seen.
    pub(crate) fn check(&self, version: &str) -> Result<()> {
        match self {
            Self::Version(seen) if seen != version => Err(Error::Changed),
            Self::Nothing => Err(Error::Changed),
            _ => Ok(()),
        }
    }

    /// The same where nothing is there.
    pub(crate) fn check_nothing(&self) -> Result<()> {
        match self {
            Self::Version(_) => Err(Error::Changed),
            _ => Ok(()),
        }
    }
}

/// The version of an integration's name.
pub fn name_version(name: &str) -> String {
    version_of([name])
}

/// The version of a workspace: its name and its time zone.
pub fn workspace_version(workspace: &Workspace) -> String {
    version_of([&*workspace.name, &*workspace.time_zone])
}

/// The version of a sync rule: it changes with everything that a person can change about it.
pub fn rule_version(rule: &SyncRule) -> String {
    let filter = rule.filter.as_ref().map(model::Filter::to_soql).unwrap_or_default();
    let fields = format!("{:?}", rule.fields);
    version_of([&*rule.updated_at.as_millis().to_string(), &filter, &fields, &rule.cadence_ms.to_string()])
}

/// The version of all field mappings of an integration, in whatever order.
pub fn mappings_version(mappings: &[FieldMapping]) -> String {
    let mut lines: Vec<_> = mappings
        .iter()
        .map(|one| {
            let transform = serde_json::to_string(&one.transform).unwrap_or_default();
            format!("{} {} {} {} {transform}", one.entity, one.property, one.sobject, one.field)
        })
        .collect();
    lines.sort();
    version_of(lines.iter().map(String::as_str))
}

/// The version of a draft, or of there being none.
pub fn draft_version<T: Draftable>(draft: Option<&Draft<T>>) -> String {
    let Some(draft) = draft else { return version_of(["none"]) };
    let chosen = serde_json::to_string(&draft.chosen).unwrap_or_default();
    version_of([&*draft.updated_at.as_millis().to_string(), &draft.user_id.to_string(), &chosen])
}

/// The version of whose an integration is and which groups it is shared with.
pub fn sharing_version(sharing: &Sharing) -> String {
    let owner = sharing.group_id.map(|group| group.to_string()).unwrap_or_default();
    let mut receivers: Vec<_> = sharing.receivers.iter().map(ToString::to_string).collect();
    receivers.sort();
    version_of([&owner].into_iter().chain(&receivers).map(String::as_str))
}

/// The version of a group: its name, whether Salesforce is on, who is in it and what it is connected with, in whatever order.
pub fn group_version(group: &Group, members: &[UserId], connected: &[GroupId]) -> String {
    let mut members: Vec<_> = members.iter().map(ToString::to_string).collect();
    let mut connected: Vec<_> = connected.iter().map(ToString::to_string).collect();
    members.sort();
    connected.sort();
    let is_on = if group.salesforce_on_at.is_some() { "on" } else { "off" };
    let (members, connected) = (members.join(" "), connected.join(" "));
    version_of([&*group.name, is_on, &members, &connected])
}

/// The version of a member: their name and their role.
pub fn member_version(member: &Member) -> String {
    version_of([&*member.name, member.role.as_str()])
}

/// The version of what may be spent on an integration.
pub fn allowance_version(allotment: Option<u64>, stop_percent: u64) -> String {
    version_of([&*allotment.map(|calls| calls.to_string()).unwrap_or_default(), &stop_percent.to_string()])
}

fn version_of<'a>(parts: impl IntoIterator<Item = &'a str>) -> String {
    let mut context = Context::new(&SHA256);
    for part in parts {
        context.update(part.as_bytes());
        context.update(&[0]);
    }
    context.finish().as_ref().iter().take(10).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_precondition_holds_for_what_was_seen_only() {
        let version = name_version("ACME");
        assert_ne!(version, name_version("ACME "));
        for (seen, holds) in [
            (Precondition::Unsaid, true),
            (Precondition::Version(version.clone()), true),
            (Precondition::Version(name_version("Other")), false),
            (Precondition::Nothing, false),
        ] {
            assert_eq!(seen.check(&version).is_ok(), holds, "{seen:?}");
        }
        assert!(Precondition::Nothing.check_nothing().is_ok());
        assert!(Precondition::Version(version).check_nothing().is_err());
    }
}
