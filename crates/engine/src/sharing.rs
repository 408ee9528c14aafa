//! Whose integrations are, and which groups they are shared with.

use model::{Group, GroupId, Integration, IntegrationId, Role, Sharing, TimelineKind};
use store::{
    Reader, Tx,
    groups::{
        self, GroupDeleted, list_group_connections_in, list_groups_in, list_members_of_group_in,
        replace_group_connections,
    },
    integrations::{find_integration_of, lock_integration},
    shares::{end_share, find_sharing_in, list_shares_of, put_sharing},
};

use crate::{
    engine::Engine,
    error::Result,
    problem::Problem,
    timeline::Happened,
    version::{Precondition, group_version, sharing_version},
};

/// Why an integration is not given or shared as somebody wanted, or a group not deleted.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum SharingRefused {
    /// A group is none of the workspace's.
    #[error("there is no such group")]
    GroupUnknown,
    /// Salesforce is not switched on for the group that was to own it.
    #[error("Salesforce is switched off for the group {0}")]
    SwitchedOff(String),
    /// What belongs to the whole workspace is read by everybody there.
    #[error("an integration of the whole workspace cannot be shared")]
    NoOwner,
    /// The owner is not connected with the others.
    #[error("the group {owner} is not connected with {others}")]
    Unconnected {
        /// The group that owns the integration.
        owner: String,
        /// The names of the others.
        others: String,
    },
    /// The integrations of a group that is deleted would become everybody's.
    #[error("the group owns {0} integrations")]
    StillOwner(u64),
}

impl SharingRefused {
    /// What a person is told.
    pub(crate) fn problem(&self) -> Problem {
        match self {
            Self::GroupUnknown => Problem::new("resource.unknown", "There is no such group."),
            Self::SwitchedOff(group) => Problem::new(
                "group.switched_off",
                format!(
                    "Salesforce is not switched on for the group \"{group}\". An admin switches it on in the group's Connections."
                ),
            ),
            Self::NoOwner => Problem::new(
                "share.no_owner",
                "Everybody in the workspace has access to this integration. Give it to a group first, then share it.",
            ),
            Self::Unconnected { owner, others } => Problem::new(
                "share.not_connected",
                format!(
                    "\"{owner}\" is not connected with {others}. An admin connects groups on the page of either."
                ),
            ),
            Self::StillOwner(count) => Problem::new(
                "group.owner",
                format!(
                    "The group owns {count} integration{}. Give {} to another group or to the whole workspace first.",
                    if *count == 1 { "" } else { "s" },
                    if *count == 1 { "it" } else { "them" }
                ),
            ),
        }
    }
}

impl Engine {
    /// Gives an integration to a group or to the whole workspace, and shares it with other groups, in place of what was.
    /// Who has access changes at once.
    ///
    /// # Errors
    /// [`SharingRefused`]; [`crate::Error::Changed`] where it is shared otherwise than the person saw.
    pub async fn share(
        &self,
        reader: &Reader,
        id: IntegrationId,
        wanted: Sharing,
        seen: &Precondition,
    ) -> Result<Option<Sharing>> {
        let Some((mut tx, known, integration)) = self.begin_share_change(reader, id).await? else {
            return Ok(None);
        };
        let after = self.share_in(&mut tx, reader, (&integration, &known), wanted, seen).await?;
        tx.commit().await?;
        Ok(Some(after))
    }

    /// Begins to change who has access to an integration: the workspace's groups and the integration stay as they are until the
    /// transaction ends. The groups come first, here and wherever both are changed.
    async fn begin_share_change(
        &self,
        reader: &Reader,
        id: IntegrationId,
    ) -> Result<Option<(Tx, Vec<Group>, Integration)>> {
        if find_integration_of(self.store(), reader, id).await?.is_none() {
            return Ok(None);
        }
        let mut tx = self.store().begin().await?;
        let known = list_groups_in(&mut tx, reader).await?;
        let locked = lock_integration(&mut tx, id).await?;
        let integration = locked.filter(|integration| integration.deleted_at.is_none());
        Ok(integration.map(|integration| (tx, known, integration)))
    }

    /// [`Engine::share`] as a part of a transaction, which holds the workspace's groups and the integration.
    pub(crate) async fn share_in(
        &self,
        tx: &mut Tx,
        reader: &Reader,
        (integration, known): (&Integration, &[Group]),
        wanted: Sharing,
        seen: &Precondition,
    ) -> Result<Sharing> {
        let before = find_sharing_in(tx, integration.id).await?;
        seen.check(&sharing_version(&before))?;
        let after = checked(tx, reader, known, &before, wanted).await?;
        put_sharing(tx, integration.id, &after, self.clock().now()).await?;
        self.tell_of_sharing(tx, reader, integration, known, (&before, &after)).await?;
        Ok(after)
    }

    /// Disconnects an integration for a group that it is shared with, as members of that group and whoever manages
    /// integrations may. They have no access any more at once, and the timeline tells the owner.
    ///
    /// `None` where the reader is neither, or the integration is not shared with the group.
    pub async fn disconnect_share(
        &self,
        reader: &Reader,
        id: IntegrationId,
        receiver: GroupId,
    ) -> Result<Option<()>> {
        let Some((mut tx, known, integration)) = self.begin_share_change(reader, id).await? else {
            return Ok(None);
        };
        let sharing = find_sharing_in(&mut tx, id).await?;
        let Some(group) =
            known.into_iter().find(|group| group.id == receiver && sharing.receivers.contains(&group.id))
        else {
            return Ok(None);
        };
        let members = list_members_of_group_in(&mut tx, reader, receiver).await?;
        if reader.role() < Role::Admin && !members.contains(&reader.user_id()) {
            return Ok(None);
        }
        end_share(&mut tx, id, receiver).await?;
        let by = Happened::by(reader.user_id(), TimelineKind::ShareDisconnected);
        self.tell(&mut tx, &integration, Happened { before: Some(group.name), ..by }).await?;
        tx.commit().await?;
        Ok(Some(()))
    }

    /// Begins to change a group, unless somebody else has changed it since the person saw it. The groups of the workspace stay
    /// as they are until the transaction ends.
    ///
    /// # Errors
    /// [`SharingRefused::GroupUnknown`]; [`crate::Error::Changed`].
    pub(crate) async fn begin_group_change(
        &self,
        reader: &Reader,
        id: GroupId,
        seen: &Precondition,
    ) -> Result<(Tx, Group)> {
        let mut tx = self.store().begin().await?;
        let group = self.lock_group(&mut tx, reader, id, seen).await?;
        Ok((tx, group))
    }

    async fn lock_group(
        &self,
        tx: &mut Tx,
        reader: &Reader,
        id: GroupId,
        seen: &Precondition,
    ) -> Result<Group> {
        let known = list_groups_in(tx, reader).await?;
        let group = known.into_iter().find(|group| group.id == id).ok_or(SharingRefused::GroupUnknown)?;
        let members = list_members_of_group_in(tx, reader, id).await?;
        let pairs = list_group_connections_in(tx, reader).await?.into_iter();
        let connected: Vec<_> = pairs
            .filter_map(|(one, other)| match id {
                id if one == id => Some(other),
                id if other == id => Some(one),
                _ => None,
            })
            .collect();
        seen.check(&group_version(&group, &members, &connected))?;
        Ok(group)
    }

    /// Makes sure that an integration may be made for a group: it is the workspace's, and Salesforce is on for it.
    pub(crate) async fn check_owner(&self, tx: &mut Tx, reader: &Reader, id: GroupId) -> Result<()> {
        let group = self.lock_group(tx, reader, id, &Precondition::Unsaid).await?;
        match group.salesforce_on_at {
            Some(_) => Ok(()),
            None => Err(SharingRefused::SwitchedOff(group.name).into()),
        }
    }

    /// Connects a group with others, in place of those that it was connected with. What was shared between groups that
    /// are not connected any more is shared no longer.
    ///
    /// # Errors
    /// [`SharingRefused::GroupUnknown`]; [`crate::Error::Changed`].
    pub async fn connect_groups(
        &self,
        reader: &Reader,
        id: GroupId,
        others: &[GroupId],
        seen: &Precondition,
    ) -> Result<()> {
        let (mut tx, _) = self.begin_group_change(reader, id, seen).await?;
        let known = list_groups_in(&mut tx, reader).await?;
        for other in others {
            named(&known, *other)?;
        }
        replace_group_connections(&mut tx, reader, id, others).await?;
        for (integration_id, receiver) in list_shares_of(&mut tx, reader, id).await? {
            let Some(integration) = lock_integration(&mut tx, integration_id).await? else { continue };
            let before = find_sharing_in(&mut tx, integration_id).await?;
            let other = if receiver == id { before.group_id } else { Some(receiver) };
            if other.is_none_or(|other| !others.contains(&other)) {
                end_share(&mut tx, integration_id, receiver).await?;
                let after = find_sharing_in(&mut tx, integration_id).await?;
                self.tell_of_sharing(&mut tx, reader, &integration, &known, (&before, &after)).await?;
            }
        }
        tx.commit().await?;
        Ok(())
    }

    /// Deletes a group. What was shared with it is shared no longer.
    ///
    /// # Errors
    /// [`SharingRefused`]: it owns integrations, or there is no such group. [`crate::Error::Changed`] where somebody else has
    /// changed it since the person saw it.
    pub async fn delete_group(&self, reader: &Reader, id: GroupId, seen: &Precondition) -> Result<()> {
        let (mut tx, group) = self.begin_group_change(reader, id, seen).await?;
        let known = list_groups_in(&mut tx, reader).await?;
        for (integration_id, receiver) in list_shares_of(&mut tx, reader, id).await? {
            let Some(integration) = lock_integration(&mut tx, integration_id).await? else { continue };
            if receiver == id {
                let before = find_sharing_in(&mut tx, integration_id).await?;
                end_share(&mut tx, integration_id, id).await?;
                let after = find_sharing_in(&mut tx, integration_id).await?;
                self.tell_of_sharing(&mut tx, reader, &integration, &known, (&before, &after)).await?;
            }
        }
        let deleted = Happened {
            before: Some(group.name),
            ..Happened::by(reader.user_id(), TimelineKind::GroupDeleted)
        };
        self.tell_workspace(&mut tx, group.workspace_id, deleted).await?;
        match groups::delete_group(&mut tx, reader, id).await? {
            GroupDeleted::Done => Ok(tx.commit().await?),
            GroupDeleted::Unknown => Err(SharingRefused::GroupUnknown.into()),
            GroupDeleted::Owner(count) => Err(SharingRefused::StillOwner(count).into()),
        }
    }

    /// One entry for a new owner, and one for each group that gained or lost access.
    async fn tell_of_sharing(
        &self,
        tx: &mut Tx,
        reader: &Reader,
        integration: &Integration,
        known: &[Group],
        (before, after): (&Sharing, &Sharing),
    ) -> Result<()> {
        let name_of =
            |id: &GroupId| known.iter().find(|group| group.id == *id).map(|group| group.name.clone());
        let by = |kind| Happened::by(reader.user_id(), kind);
        if before.group_id != after.group_id {
            let happened = Happened {
                before: before.group_id.as_ref().and_then(name_of),
                after: after.group_id.as_ref().and_then(name_of),
                ..by(TimelineKind::OwnerGroupChanged)
            };
            self.tell(tx, integration, happened).await?;
        }
        for lost in before.receivers.iter().filter(|group| !after.receivers.contains(group)) {
            let happened = Happened { before: name_of(lost), ..by(TimelineKind::ShareRevoked) };
            self.tell(tx, integration, happened).await?;
        }
        for gained in after.receivers.iter().filter(|group| !before.receivers.contains(group)) {
            let happened = Happened { after: name_of(gained), ..by(TimelineKind::ShareGranted) };
            self.tell(tx, integration, happened).await?;
        }
        Ok(())
    }
}

/// Returns what somebody wants, each group once and the owner not among the receivers, if it can be.
async fn checked(
    tx: &mut Tx,
    reader: &Reader,
    known: &[Group],
    before: &Sharing,
    wanted: Sharing,
) -> Result<Sharing> {
    let Sharing { group_id, mut receivers } = wanted;
    receivers.sort_unstable();
    receivers.dedup();
    receivers.retain(|receiver| Some(*receiver) != group_id);
    for receiver in &receivers {
        named(known, *receiver)?;
    }
    let Some(owner) = group_id else {
        return if receivers.is_empty() {
            Ok(Sharing::default())
        } else {
            Err(SharingRefused::NoOwner.into())
        };
    };
    let group = named(known, owner)?;
    // What an admin switched off takes nothing new; what it has stays.
    if before.group_id != group_id && group.salesforce_on_at.is_none() {
        return Err(SharingRefused::SwitchedOff(group.name.clone()).into());
    }
    let connected = list_group_connections_in(tx, reader).await?;
    let is_connected =
        |other: &GroupId| connected.contains(&(owner, *other)) || connected.contains(&(*other, owner));
    let strangers: Vec<_> = known
        .iter()
        .filter(|group| receivers.contains(&group.id) && !is_connected(&group.id))
        .map(|group| format!("\"{}\"", group.name))
        .collect();
    if strangers.is_empty() {
        Ok(Sharing { group_id, receivers })
    } else {
        let (owner, others) = (group.name.clone(), strangers.join(", "));
        Err(SharingRefused::Unconnected { owner, others }.into())
    }
}

fn named(known: &[Group], id: GroupId) -> Result<&Group, SharingRefused> {
    known.iter().find(|group| group.id == id).ok_or(SharingRefused::GroupUnknown)
}
