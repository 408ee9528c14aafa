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
    apply::apply_page, error::Result, page::for_each_row, read::split, rule_context::RuleContext,
    spool::SpooledPage,
};

/// Records with few fields that are read in one query.
const IDS_AT_ONCE: usize = 400;
/// Records with so many fields that they take several queries.
const WIDE_AT_ONCE: usize = 100;

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
        let page = self.fetch_found(&context, &found).await?;
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

    /// Asks for records by their ids.
    async fn fetch_found(&self, context: &RuleContext, found: &[Finding]) -> Result<SpooledPage> {
        let ids = found.iter().map(|finding| finding.row.id);
        if split::count_parts(context) > 1 {
            return split::fetch_by_ids(self.engine, context, ids.collect()).await;
        }
        let window = format!("Id IN ({})", id_list(ids));
        let rule = &context.rule;
        let (select, filter) = (&context.select, rule.filter.as_ref());
        self.fetch(select.query(context.all_live(), &rule.sobject, filter, Some(&window), "")).await
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
    let ids = match split::count_parts(context) {
        // A comma and a space take four bytes more in a URL than they are.
        1 => {
            let fields = context.select.text_len() + context.select.items().len() * 4;
            // Of more than an answer holds, the rest would pass for records that are there no more.
            let most = context.select.rows_an_answer(IDS_AT_ONCE as u64) as usize;
            split::ids_beside(context.rule.filter.as_ref(), fields, most)
        }
        _ => WIDE_AT_ONCE,
    };
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
