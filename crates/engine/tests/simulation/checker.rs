//! The promises of a copy, each held against what the orgs were and what the store holds.

use std::collections::BTreeSet;
use std::fmt;

use model::{Checkpoint, KeysetPass, KeysetPoint, Position};
use salesforce::Timestamp;

use crate::budget::Spent;
use crate::history::{RuleHistory, Version, holds};
use crate::stored::{LedgerLine, StoredConnection, StoredRow, StoredRule};
use crate::truth::Presence;

/// A promise.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Invariant {
    I1Convergence,
    I2NoLoss,
    I3NoDuplicate,
    I4NoGoingBack,
    I5CheckpointTruth,
    I6Evidence,
    I8Conservation,
    I9NothingSilent,
    I10TokenCustody,
    I11Budget,
    I12Isolation,
}

/// A promise that was broken.
#[derive(Clone, Debug)]
pub(crate) struct Violation {
    pub(crate) invariant: Invariant,
    pub(crate) text: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:?}: {}", self.invariant, self.text)
    }
}

/// Violations found so far.
#[derive(Debug, Default)]
pub(crate) struct Findings(pub(crate) Vec<Violation>);

impl Findings {
    fn add(&mut self, invariant: Invariant, text: String) {
        self.0.push(Violation { invariant, text });
    }
}

/// What a slice did to a rule, and what is known of the rule.
pub(crate) struct RuleChange<'a> {
    pub(crate) name: &'a str,
    pub(crate) before: &'a StoredRule,
    pub(crate) after: &'a StoredRule,
    pub(crate) checkpoint_before: &'a Checkpoint,
    pub(crate) checkpoint: &'a Checkpoint,
    pub(crate) history: &'a RuleHistory,
    /// The moment after the slice.
    pub(crate) moment: u64,
    /// Records that could not be stored, and that is told.
    pub(crate) rejected: &'a [String],
    /// Columns that the copy does not have of all records yet, and that is told.
    pub(crate) filling: &'a BTreeSet<String>,
    /// Columns that the user has not been allowed to read since before the read began.
    pub(crate) hidden: &'a [String],
}

/// Holds a slice's work against all that must be true after each slice.
pub(crate) fn check_slice(findings: &mut Findings, change: &RuleChange<'_>) {
    check_no_duplicate(findings, change.name, change.after);
    check_no_going_back(findings, change);
    check_checkpoint(findings, change);
    check_no_loss(findings, change);
    check_evidence(findings, change);
    check_hidden(findings, change);
}

/// I1: what is stored and not gone is what is in scope, cell by cell.
pub(crate) fn check_converged(
    findings: &mut Findings,
    name: &str,
    stored: &StoredRule,
    history: &RuleHistory,
    sees_own_only: bool,
) {
    let stored = stored.by_id();
    for (id, versions) in &history.versions {
        let row = stored.get(id.as_str());
        let Some(version) = versions.last() else { continue };
        let is_live = row.is_some_and(|row| row.gone.is_none());
        let text = match (&version.presence, row) {
            (Presence::InScope(_), None) => "is missing".to_owned(),
            (Presence::InScope(_), Some(StoredRow { gone: Some((why, _)), .. })) => {
                format!("is gone as {why}")
            }
            (Presence::InScope(held), Some(row))
                if !holds(&row.cells, &held.cells) || !holds(&row.cells, &held.moving) =>
            {
                format!("holds {:?} and not {held:?}", row.cells)
            }
            (Presence::InScope(_), Some(_)) => continue,
            // Losing sight of records is no deletion: they may stay as they were.
            (Presence::Hidden | Presence::OutOfSight, _) => continue,
            // Who does not see all cannot tell what is gone for good from what is only out of sight.
            (Presence::Purged, _) if sees_own_only => continue,
            (other, _) if is_live => format!("is there and is {other:?}"),
            _ => continue,
        };
        findings.add(Invariant::I1Convergence, format!("{name} {id} {text}"));
    }
    for id in stored.keys().filter(|id| !history.versions.contains_key(**id)) {
        findings.add(Invariant::I1Convergence, format!("{name} {id} never was"));
    }
}

/// I3: one live row for an id, whose case-blind form is eighteen characters long.
fn check_no_duplicate(findings: &mut Findings, name: &str, stored: &StoredRule) {
    let mut seen = BTreeSet::new();
    for row in stored.rows.iter().filter(|row| row.gone.is_none()) {
        if row.id.len() != 18 || !seen.insert(&row.id[..15]) {
            findings.add(Invariant::I3NoDuplicate, format!("{name} {} stands twice", row.id));
        }
    }
}

/// I4: a stored SystemModstamp never decreases.
fn check_no_going_back(findings: &mut Findings, change: &RuleChange<'_>) {
    let after = change.after.by_id();
    for before in &change.before.rows {
        let text = match after.get(before.id.as_str()) {
            None => "was removed".to_owned(),
            Some(row) if row.stamp < before.stamp => {
                format!("went from {:?} to {:?}", before.stamp, row.stamp)
            }
            Some(_) => continue,
        };
        findings.add(Invariant::I4NoGoingBack, format!("{} {} {text}", change.name, before.id));
    }
}

/// Up to where a checkpoint says that everything is stored.
enum Covered {
    Nothing,
    Until(Timestamp),
    /// What has changed since an instant, up to a place.
    Changes(Timestamp, KeysetPoint),
    /// All ids up to one.
    Ids(String),
}

/// Whether a read of changes, or of everything, came to its end. What follows it, of some columns, is none.
pub(crate) fn has_completed(before: &Checkpoint, now: &Checkpoint) -> bool {
    let has_moved = now.complete_until.is_some() && now.complete_until != before.complete_until;
    let was_finishing = matches!(&before.position, Position::Finishing { kind, .. } if !kind.is_of_fields());
    let has_ended =
        was_finishing && !matches!(now.position, Position::Finishing { .. } | Position::GivenUp { .. });
    has_moved || has_ended
}

/// Whether something is under way that must let a read of changes pass.
pub(crate) fn is_patient(position: &Position) -> bool {
    match position {
        Position::Sweep(_) => true,
        Position::Bulk(_) | Position::Keyset(_) => position.kind().is_some_and(|kind| kind.is_of_fields()),
        _ => false,
    }
}

/// I2: nothing holds back a read of changes that is due. `was_due` says whether it was when the slice began.
pub(crate) fn check_changes_first(findings: &mut Findings, change: &RuleChange<'_>, was_due: bool) {
    let (before, now) = (&change.checkpoint_before.position, &change.checkpoint.position);
    // A slice that fails leaves things as they were.
    if was_due && is_patient(before) && *now != Position::Idle && now != before {
        let text = format!("{} went on from {before:?} to {now:?}, and changes were due", change.name);
        findings.add(Invariant::I2NoLoss, text);
    }
}

fn covered_by(before: &Checkpoint, now: &Checkpoint) -> Covered {
    match &now.position {
        _ if has_completed(before, now) => now.complete_until.map_or(Covered::Nothing, Covered::Until),
        Position::Keyset(position) if position.pass == KeysetPass::Records => {
            match (position.from, position.after) {
                (Some(from), Some(after)) => Covered::Changes(from, after),
                (None, Some(after)) => Covered::Ids(after.record_id().to_string()),
                _ => Covered::Nothing,
            }
        }
        _ => Covered::Nothing,
    }
}

/// I5: every record that the org showed when the read began and that the checkpoint covers is stored, as it was then or
/// newer. What changed meanwhile has a stamp behind the checkpoint and comes with the next read.
fn check_checkpoint(findings: &mut Findings, change: &RuleChange<'_>) {
    let covered = covered_by(change.checkpoint_before, change.checkpoint);
    let stored = change.after.by_id();
    for (id, versions) in &change.history.versions {
        let version = versions.iter().find(|version| version.holds_at(change.history.read_began));
        let version = version.filter(|version| version.holds_at(change.moment));
        let Some(Presence::InScope(held)) = version.map(|version| &version.presence) else { continue };
        if was_out_of_sight(versions) {
            continue;
        }
        let Some(stamp) = held.cells.get("systemmodstamp").and_then(|cell| cell[1..].parse().ok()) else {
            continue;
        };
        let stamp = Timestamp::from_millis(stamp);
        let is_covered = match &covered {
            Covered::Nothing => false,
            Covered::Until(until) => stamp <= *until,
            Covered::Changes(from, KeysetPoint::Stamp(mark)) => {
                let place = (stamp, id.as_str());
                stamp >= *from && place <= (mark.system_modstamp, mark.record_id.to_string().as_str())
            }
            Covered::Changes(..) => false,
            Covered::Ids(last) => id <= last,
        };
        let is_stored = stored.get(id.as_str()).is_some_and(|row| row.stamp >= Some(stamp.to_string()));
        if is_covered && !is_stored && !change.rejected.contains(id) {
            let found = stored.get(id.as_str()).map(|row| &row.stamp);
            let text = format!(
                "{} {id} of {stamp} is covered by {:?}, read from moment {} on, and stored is {found:?}",
                change.name, change.checkpoint, change.history.read_began
            );
            findings.add(Invariant::I5CheckpointTruth, text);
        }
    }
}

/// I2: a version that was current for longer than a period, from the beginning of one read to the end of the next, was
/// stored, but for columns that are still to be filled.
fn check_no_loss(findings: &mut Findings, change: &RuleChange<'_>) {
    if !has_completed(change.checkpoint_before, change.checkpoint) {
        return;
    }
    let Some(began) = change.history.period_began.filter(|_| change.history.is_later()) else { return };
    let ended = change.moment;
    for (id, versions) in &change.history.versions {
        let Some(version) = versions.iter().find(|version| version.holds_at(began)) else { continue };
        let Presence::InScope(held) = &version.presence else { continue };
        if was_out_of_sight(versions) {
            continue;
        }
        let mut cells = held.cells.clone();
        cells.retain(|name, _| !change.filling.contains(name));
        let is_lost = version.holds_at(ended)
            && !change.history.was_stored(id, &cells)
            && !change.rejected.contains(id);
        if is_lost {
            let found = change.after.by_id().get(id.as_str()).map(|row| (&row.gone, &row.cells));
            let text = format!("{} {id} was {cells:?} all the while, and stored is {found:?}", change.name);
            findings.add(Invariant::I2NoLoss, text);
        }
    }
}

/// What changed while it was out of sight has an old stamp when it comes back: not a read of changes brings it, but the next
/// comparison of all ids.
fn was_out_of_sight(versions: &[Version]) -> bool {
    versions.iter().any(|version| version.presence == Presence::OutOfSight)
}

/// I6: whatever became gone was so in the org while it was read, in the way that is told.
fn check_evidence(findings: &mut Findings, change: &RuleChange<'_>) {
    let before = change.before.by_id();
    for row in &change.after.rows {
        let Some((why, merged_into)) = &row.gone else { continue };
        if row.evidence_of.as_ref() != Some(why) {
            let text = format!(
                "{} {} is gone as {why}, with evidence of {:?}",
                change.name, row.id, row.evidence_of
            );
            findings.add(Invariant::I6Evidence, text);
        }
        if before.get(row.id.as_str()).is_some_and(|before| before.gone == row.gone) {
            continue;
        }
        let is_so = |presence: &Presence| match (why.as_str(), presence) {
            ("deleted", Presence::Deleted { merged_into }) => merged_into.is_none(),
            ("merged", Presence::Deleted { merged_into: winner }) => {
                winner.is_some() && merged_into == winner
            }
            ("filtered", Presence::Filtered)
            | ("purged", Presence::Purged)
            | ("hidden", Presence::Hidden | Presence::OutOfSight) => true,
            // Says less than is true, and nothing that is not.
            (
                "absent",
                Presence::Purged | Presence::Hidden | Presence::OutOfSight | Presence::Deleted { .. },
            ) => true,
            _ => false,
        };
        if !change.history.was(&row.id, change.history.read_began, change.moment, is_so) {
            let versions = change.history.versions.get(&row.id);
            let text = format!("{} {} is gone as {why} and was {versions:?}", change.name, row.id);
            findings.add(Invariant::I6Evidence, text);
        }
    }
}

/// I6: losing sight of a field overwrites none of its values.
fn check_hidden(findings: &mut Findings, change: &RuleChange<'_>) {
    if change.hidden.is_empty() {
        return;
    }
    let before = change.before.by_id();
    for row in &change.after.rows {
        let Some(known) = before.get(row.id.as_str()) else { continue };
        let is_lost = |column: &&String| {
            known.cells.contains_key(*column) && known.cells.get(*column) != row.cells.get(*column)
        };
        for column in change.hidden.iter().filter(is_lost) {
            let (was, is) = (&known.cells[column], row.cells.get(column));
            let text = format!("{} {} {column} is hidden, was {was} and is {is:?}", change.name, row.id);
            findings.add(Invariant::I6Evidence, text);
        }
    }
}

/// I8 and I9: what was read went somewhere, and what was rejected has a reason, as has what failed.
pub(crate) fn check_ledger(findings: &mut Findings, ledger: &[LedgerLine], row_errors: &[(String, String)]) {
    for line in ledger {
        if line.rows_read != line.inserted + line.updated + line.unchanged + line.rejected {
            findings.add(Invariant::I8Conservation, format!("{line:?}"));
        }
        let explained = row_errors.iter().filter(|(rule, _)| *rule == line.rule_id).count();
        let is_unexplained = line.rejected > 0 && explained == 0
            || line.outcome.as_deref() == Some("failed") && line.problem_code.is_none();
        if is_unexplained {
            findings.add(Invariant::I9NothingSilent, format!("{line:?} has no reason"));
        }
    }
}

/// I9 and I10: a connection that is not used says why, and its tokens never go back.
pub(crate) fn check_connection(findings: &mut Findings, before: &StoredConnection, after: &StoredConnection) {
    if after.status != "connected" && after.code.is_none() {
        findings.add(Invariant::I9NothingSilent, format!("{after:?} has no reason"));
    }
    if after.generation < before.generation {
        findings.add(Invariant::I10TokenCustody, format!("{before:?} became {after:?}"));
    }
}

/// I10: an old refresh token is presented at most once for each answer that may have been lost.
pub(crate) fn check_reuses(findings: &mut Findings, reuses: u64, lost: u64) {
    if reuses > lost {
        let text = format!("old refresh tokens were presented {reuses} times, and {lost} answers were lost");
        findings.add(Invariant::I10TokenCustody, text);
    }
}

/// I11: each call is booked, no more are made than may be, and the reserve is left to others but for the one call that asks
/// whether there is room again.
pub(crate) fn check_budget(findings: &mut Findings, name: &str, spent: Spent) {
    let text = if (spent.made as i64) > spent.booked {
        "makes calls that nobody booked"
    } else if spent.made > 0 && spent.allotment.is_some_and(|allotment| spent.lately > allotment) {
        "spends more than its allotment"
    } else if spent.left.is_some_and(|left| spent.made > left.max(1)) {
        "spends the reserve"
    } else {
        return;
    };
    findings.add(Invariant::I11Budget, format!("{name} {text}: {spent:?}"));
}

/// I12: a slice of one integration changes nothing of another.
pub(crate) fn check_isolated(findings: &mut Findings, name: &str, is_same: bool) {
    if !is_same {
        findings.add(Invariant::I12Isolation, format!("{name} changed in a slice of another integration"));
    }
}
