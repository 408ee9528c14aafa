//! Records that the copy lacks, or has in an older version, are read again.

use std::{
    collections::{HashMap, HashSet},
    ops::ControlFlow,
};

use model::{Finding, FindingKind, KeysetPass, Position, Source, SweepMode, SweepPosition, SweepStep};
use salesforce::RecordId;
use store::{
    list_stamps_of,
    sweeps::{delete_findings, list_findings},
};

use super::{Sweep, id_list};
use crate::{
    apply::apply_page, error::Result, page::for_each_row, rule_context::RuleContext, spool::SpooledPage,
};

/// The bytes of a request line that a query may fill: its end is at 16,384 (REST API Developer Guide, URI length).
const QUERY_BYTES: usize = 14_000;
/// What an id takes of it, with its quotes and comma in URL form.
const ID_BYTES: usize = 27;
/// Few records with many fields still make some headway; many with few fields stay one short answer.
const IDS_AT_ONCE: (usize, usize) = (10, 400);

impl Sweep<'_> {
    /// Reads the next records again; `None` where none is left, or where the sweep only reports.
    pub(super) async fn heal_some(
        &self,
        position: &SweepPosition,
        after: Option<RecordId>,
    ) -> Result<Option<SweepPosition>> {
        if position.mode == SweepMode::Report {
            return Ok(None);
        }
        let (store, rule_id) = (self.engine.store(), self.context.rule.id);
        let context = RuleContext { source: Source::Refresh, ..self.context.for_pass(KeysetPass::Records) };
        let found = list_findings(store, rule_id, after, ids_at_once(&context)).await?;
        let Some(last) = found.last() else { return Ok(None) };
        let window = format!("Id IN ({})", id_list(found.iter().map(|finding| finding.row.id)));
        let rule = &context.rule;
        let soql = context.select.soql(&rule.sobject, rule.filter.as_ref(), Some(&window), "");
        let page = self.fetch(soql, false).await?;
        let shown = ids_of(&page, &context)?;
        let here = || Position::Sweep(Box::new(position.clone()));
        apply_page(self.engine, self.lease, &context, &page, 0, |_| here()).await?;
        page.remove();

        let mut next =
            SweepPosition { step: SweepStep::Healing { after: Some(last.row.id) }, ..position.clone() };
        self.count_healed(&mut next, &found, &shown).await?;
        let ids: Vec<_> = found.iter().map(|finding| finding.row.id).collect();
        let mut tx = self.begin().await?;
        delete_findings(&mut tx, rule_id, &ids).await?;
        self.commit(tx, &next).await?;
        Ok(Some(next))
    }

    /// Looks at the copy, rather than believe that what was written is there.
    async fn count_healed(
        &self,
        position: &mut SweepPosition,
        found: &[Finding],
        shown: &HashSet<RecordId>,
    ) -> Result<()> {
        let ids: Vec<_> = found.iter().map(|finding| finding.row.id).collect();
        let stored = list_stamps_of(self.engine.store(), self.table, &ids).await?;
        let stored: HashMap<_, _> = stored.into_iter().map(|stored| (stored.row.id, stored)).collect();
        for finding in found.iter().filter(|finding| finding.kind != FindingKind::Rejected) {
            let is_right = stored
                .get(&finding.row.id)
                .is_some_and(|stored| !stored.is_gone && stored.row.stamp >= finding.row.stamp);
            match is_right {
                true => position.counts.healed += 1,
                // It went away since it was listed, which the next read sees.
                false if !shown.contains(&finding.row.id) => position.counts.pass_over(finding.kind),
                false => {}
            }
        }
        Ok(())
    }
}

fn ids_at_once(context: &RuleContext) -> u32 {
    // A comma and a space take four bytes more in a URL than they are.
    let fields = context.select.text_len() + context.select.items().len() * 4;
    let filter = context.rule.filter.as_ref().map_or(0, |filter| filter.to_soql().len() * 2);
    let (least, most) = IDS_AT_ONCE;
    let ids = (QUERY_BYTES.saturating_sub(fields + filter) / ID_BYTES).clamp(least, most);
    u32::try_from(ids).unwrap_or(u32::MAX)
}

fn ids_of(page: &SpooledPage, context: &RuleContext) -> Result<HashSet<RecordId>> {
    let mut ids = HashSet::new();
    let _ = for_each_row(page, &context.select, 0, &mut |row| {
        ids.insert(row.id);
        ControlFlow::Continue(())
    })?;
    Ok(ids)
}
