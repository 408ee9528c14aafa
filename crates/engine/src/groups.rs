//! Making and changing groups, each told on the workspace's timeline in the transaction that does it.

use model::{Group, GroupId, TimelineKind, UserId, names::bounded};
use store::{
    Reader,
    groups::{self, list_members_of_group_in, replace_group_members, update_group},
    members::list_members,
};

use crate::{engine::Engine, error::Result, timeline::Happened, version::Precondition};

/// What somebody changes about a group. What is not said stays.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct GroupChange {
    /// Its new name.
    pub name: Option<String>,
    /// Whether its integrations with Salesforce may be connected.
    pub salesforce_on: Option<bool>,
}

impl Engine {
    /// Makes a group, whose first member is the reader. `None` where its name is taken.
    pub async fn create_group(&self, reader: &Reader, name: String) -> Result<Option<GroupId>> {
        let group = Group {
            id: GroupId::new(self.clock(), self.random()),
            workspace_id: reader.workspace_id(),
            name,
            salesforce_on_at: None,
            created_at: self.clock().now(),
        };
        let mut tx = self.store().begin().await?;
        if !groups::create_group(&mut tx, reader, &group).await? {
            return Ok(None);
        }
        replace_group_members(&mut tx, reader, group.id, &[reader.user_id()]).await?;
        let added =
            Happened { after: Some(group.name), ..Happened::by(reader.user_id(), TimelineKind::GroupAdded) };
        self.tell_workspace(&mut tx, group.workspace_id, added).await?;
        tx.commit().await?;
        Ok(Some(group.id))
    }

    /// Renames a group, or switches Salesforce on or off for it, unless somebody else has changed it since the person saw
    /// it. Says whether its name was free; nothing changes where it is not.
    ///
    /// # Errors
    /// [`crate::SharingRefused::GroupUnknown`]; [`crate::Error::Changed`].
    pub async fn change_group(
        &self,
        reader: &Reader,
        id: GroupId,
        change: GroupChange,
        seen: &Precondition,
    ) -> Result<bool> {
        let (mut tx, before) = self.begin_group_change(reader, id, seen).await?;
        let salesforce_on_at = match change.salesforce_on {
            Some(true) => before.salesforce_on_at.or(Some(self.clock().now())),
            Some(false) => None,
            None => before.salesforce_on_at,
        };
        let name = change.name.unwrap_or_else(|| before.name.clone());
        let after = Group { name, salesforce_on_at, ..before.clone() };
        if !update_group(&mut tx, reader, &after).await? {
            return Ok(false);
        }
        for happened in changes_between(reader.user_id(), &before, &after) {
            self.tell_workspace(&mut tx, after.workspace_id, happened).await?;
        }
        tx.commit().await?;
        Ok(true)
    }

    /// Stores who is in a group, in place of who was, unless somebody else has changed it since the person saw it. Says
    /// whether all of them are members of the workspace; nothing changes where one is not.
    ///
    /// # Errors
    /// [`crate::SharingRefused::GroupUnknown`]; [`crate::Error::Changed`].
    pub async fn put_group_members(
        &self,
        reader: &Reader,
        id: GroupId,
        wanted: &[UserId],
        seen: &Precondition,
    ) -> Result<bool> {
        let known = list_members(self.store(), reader).await?;
        if wanted.iter().any(|wanted| known.iter().all(|member| member.id != *wanted)) {
            return Ok(false);
        }
        let (mut tx, group) = self.begin_group_change(reader, id, seen).await?;
        let before = list_members_of_group_in(&mut tx, reader, id).await?;
        replace_group_members(&mut tx, reader, id, wanted).await?;
        let named = |ids: &[UserId], others: &[UserId]| {
            let is_meant = |id: UserId| ids.contains(&id) && !others.contains(&id);
            let names: Vec<_> = known.iter().filter(|one| is_meant(one.id)).map(|one| &*one.name).collect();
            (!names.is_empty()).then(|| format!("{}: {}", group.name, bounded(&names)))
        };
        let by = |kind| Happened::by(reader.user_id(), kind);
        if let Some(added) = named(wanted, &before) {
            let happened = Happened { after: Some(added), ..by(TimelineKind::GroupMembersAdded) };
            self.tell_workspace(&mut tx, group.workspace_id, happened).await?;
        }
        if let Some(removed) = named(&before, wanted) {
            let happened = Happened { before: Some(removed), ..by(TimelineKind::GroupMembersRemoved) };
            self.tell_workspace(&mut tx, group.workspace_id, happened).await?;
        }
        tx.commit().await?;
        Ok(true)
    }
}

/// What was changed about a group, one entry each.
fn changes_between(user_id: UserId, before: &Group, after: &Group) -> Vec<Happened<'static>> {
    let by = |kind| Happened::by(user_id, kind);
    let name = Some(after.name.clone());
    let mut changes = Vec::new();
    if before.name != after.name {
        let earlier = Some(before.name.clone());
        changes.push(Happened { before: earlier, after: name.clone(), ..by(TimelineKind::GroupRenamed) });
    }
    match (before.salesforce_on_at, after.salesforce_on_at) {
        (None, Some(_)) => changes.push(Happened { after: name, ..by(TimelineKind::GroupSwitchedOn) }),
        (Some(_), None) => changes.push(Happened { after: name, ..by(TimelineKind::GroupSwitchedOff) }),
        _ => {}
    }
    changes
}
