//! Records that changed and that the filtered read of the changes did not bring.
//!
//! They have left the rule's filter, or a transaction committed them between the two reads. Which of it is asked of the org
//! before a record that the copy has is taken for gone.

use std::{collections::HashSet, ops::ControlFlow};

use model::{KeysetPass, RowStamp};
use salesforce::RecordId;
use store::{
    live_ids_among,
    read_ids::{IdPurpose, keep_ids, kept_among},
    work::{Lease, fence},
};

use super::split;
use crate::{
    destination::Destination,
    engine::Engine,
    error::Result,
    kill_point::reach,
    page::for_each_row,
    rule_context::RuleContext,
    spool::{PageFormat, SpooledPage},
};

/// Records asked for at once.
const IDS_AT_ONCE: usize = 400;

/// Notes those records of a page of changed ids as inside the filter that the org shows inside it. They are read by the
/// next read, which goes back to before the transaction.
pub(super) async fn keep_those_inside(
    engine: &Engine,
    lease: &Lease,
    context: &RuleContext,
    page: &SpooledPage,
) -> Result<()> {
    let left = those_left(engine, context, page).await?;
    let context = &context.for_pass(KeysetPass::ChangedIds);
    let fields = context.select.text_len();
    for ids in left.chunks(split::ids_beside(context.rule.filter.as_ref(), fields, IDS_AT_ONCE)) {
        let inside = ask(engine, context, ids).await?;
        if inside.is_empty() {
            continue;
        }
        let mut tx = engine.store().begin().await?;
        fence(&mut tx, lease, engine.clock().now()).await?;
        keep_ids(&mut tx, context.rule.id, IdPurpose::InFilter, &inside).await?;
        tx.commit().await?;
    }
    Ok(())
}

/// The live records of a page that the copy has and that were not read as passing the filter.
async fn those_left(engine: &Engine, context: &RuleContext, page: &SpooledPage) -> Result<Vec<RecordId>> {
    let Destination::Table { table, .. } = &context.destination else { return Ok(Vec::new()) };
    let (page, select) = (page.clone(), context.select.clone());
    let listed = tokio::task::spawn_blocking(move || {
        let mut ids = Vec::new();
        let read = for_each_row(&page, &select, 0, &mut |row| {
            if !row.is_deleted {
                ids.push(row.id);
            }
            ControlFlow::Continue(())
        });
        read.map(|_| ids)
    });
    let changed = listed.await.expect("reading a page does not panic")?;
    let mut tx = engine.store().begin().await?;
    let kept = kept_among(&mut tx, context.rule.id, IdPurpose::InFilter, &changed).await?;
    let kept: HashSet<_> = kept.into_iter().collect();
    let others: Vec<_> = changed.into_iter().filter(|id| !kept.contains(id)).collect();
    let live = live_ids_among(&mut tx, table, &others).await?;
    tx.commit().await?;
    Ok(live)
}

/// Those of some records that pass the rule's filter now.
async fn ask(engine: &Engine, context: &RuleContext, ids: &[RecordId]) -> Result<Vec<RowStamp>> {
    let quoted: Vec<_> = ids.iter().map(|id| format!("'{id}'")).collect();
    let (rule, window) = (&context.rule, format!("Id IN ({})", quoted.join(",")));
    let (select, filter) = (&context.select, rule.filter.as_ref());
    let query = select.query(context.all_live(), &rule.sobject, filter, Some(&window), "");
    reach(engine.kill_at(), "page.requested");
    let body = context.client.open_page(&query.into_page_request()).await?;
    let page = engine.spool().receive(rule.id, "filtered", PageFormat::Json, body, engine.kill_at()).await?;
    let mut inside = Vec::new();
    let _ = for_each_row(&page, &context.select, 0, &mut |row| {
        inside.push(RowStamp { id: row.id, stamp: row.stamp });
        ControlFlow::Continue(())
    })?;
    page.remove();
    Ok(inside)
}
