//! How many calls a rule will make, before it is saved.

use std::time::Duration;

use model::{
    FieldPolicy, Integration, KeysetPass, RecordLayout, SyncRule, next_sweep_at,
    volatile::{is_volatile, parents_of},
};
use salesforce::{
    Timestamp,
    describe::{FieldDescribe, SObjectDescribe},
};
use store::{
    checkpoints::find_checkpoint, field_policies::find_field_policy, find_kept_table,
    sync_rules::list_sync_rules,
};

use crate::{
    engine::Engine,
    error::Result,
    plan::lay_out,
    read::{cover::cover_reused_for, split},
    run::{RuleRequest, cadence_of},
    select::Select,
};

const DAY_MS: u64 = 24 * 3_600 * 1_000;
const DAY: Duration = Duration::from_millis(DAY_MS);
/// How often a Bulk job of middling size is asked whether it is complete.
const TYPICAL_POLLS: u64 = 2;
/// A sweep asks for the rights of the user before it lists ids: for all data, and for the sObject.
const CALLS_FOR_RIGHTS: u64 = 2;

/// How many calls a rule will make.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RuleCost {
    /// In the first run that follows when the rule is saved.
    pub(crate) first_run: u64,
    /// In a day afterwards, while not much changes.
    pub(crate) day: u64,
}

/// What the first run after saving has to read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum FirstRun {
    /// Everything, where nothing was read before.
    Everything,
    /// Everything, and the ids besides, since the copy may hold what is out of scope.
    EverythingAnew,
    /// What changed.
    Changes,
    /// What changed, and some columns of everything.
    NewColumns,
}

impl Engine {
    /// Says what a rule of so many records will cost, in place of the one that its sObject has.
    pub(crate) async fn cost_of(
        &self,
        integration: &Integration,
        request: &RuleRequest,
        describe: &SObjectDescribe,
        rows: u64,
    ) -> Result<RuleCost> {
        let rules = list_sync_rules(self.store(), integration.id).await?;
        let before = rules.iter().find(|rule| rule.sobject == request.sobject);
        let layout = lay_out(describe, &request.fields)?;
        let policy = match before {
            Some(rule) => find_field_policy(self.store(), rule.id).await?,
            None => FieldPolicy::default(),
        };
        let fields = || fields_of(&layout, describe);
        let select = Select::new(describe, &layout, KeysetPass::Records);
        let cost = Cost {
            rows,
            is_filtered: request.filter.is_some(),
            has_stamp: select.stamp().is_some(),
            asks_cover: describe.summary.replicateable
                && !rules.iter().any(|rule| rule.sobject != request.sobject),
            has_moving: fields().any(|field| is_volatile(field, describe, &policy)),
            looks_at_parents: fields().any(|field| {
                is_volatile(field, describe, &policy) && !parents_of(field, describe).is_empty()
            }),
            bulk_from_rows: self.config().bulk_from_rows,
            page_rows: u64::from(self.config().page_size.rows()),
            query_rows: self.config().query_rows,
            parts: split::count_parts_for(&select, request.filter.as_ref()),
        };
        let first = match before {
            Some(rule) => self.first_run_of(integration, rule, request, &layout, cost.has_stamp).await?,
            None => FirstRun::Everything,
        };
        let refresh = Duration::from_millis(policy.refresh_ms);
        let cadence = cadence_of(request, before);
        Ok(RuleCost {
            first_run: cost.of_first_run(first),
            day: cost.of_day(cadence, cover_reused_for(self), refresh, self.clock().now()),
        })
    }

    async fn first_run_of(
        &self,
        integration: &Integration,
        before: &SyncRule,
        request: &RuleRequest,
        layout: &RecordLayout,
        has_stamp: bool,
    ) -> Result<FirstRun> {
        let checkpoint = find_checkpoint(self.store(), before.id).await?.unwrap_or_default();
        let kept = find_kept_table(self.store(), integration, &request.sobject).await?;
        let (Some(_), Some(kept)) = (checkpoint.complete_until, kept) else {
            return Ok(FirstRun::Everything);
        };
        if before.filter != request.filter || !has_stamp {
            return Ok(FirstRun::EverythingAnew);
        }
        let is_there = |name: &str| kept.columns.iter().any(|kept| kept.name == name && kept.state.is_live());
        let has_all = layout.columns.iter().all(|column| is_there(&column.name));
        Ok(if has_all { FirstRun::Changes } else { FirstRun::NewColumns })
    }
}

fn fields_of<'d>(
    layout: &RecordLayout,
    describe: &'d SObjectDescribe,
) -> impl Iterator<Item = &'d FieldDescribe> {
    let names = layout.columns.iter().filter_map(|column| column.path.parse().ok());
    names.filter_map(|name| describe.find_field(&name))
}

/// What decides how many calls a rule makes.
#[derive(Clone, Copy, Debug)]
struct Cost {
    rows: u64,
    is_filtered: bool,
    /// Whether changes can be told from the rest.
    has_stamp: bool,
    /// Whether the org is asked up to when its changes are visible. That is done once for all rules that are read together,
    /// so only the first one pays.
    asks_cover: bool,
    /// Whether there are fields that change without a stamp, which are read again now and then.
    has_moving: bool,
    /// Whether some of those look at other records, whose changes are asked for with each poll.
    looks_at_parents: bool,
    bulk_from_rows: u64,
    page_rows: u64,
    query_rows: u64,
    /// Queries that a page by REST takes: more than one where the sObject is wide.
    parts: usize,
}

impl Cost {
    fn of_first_run(self, first: FirstRun) -> u64 {
        let cover = u64::from(self.asks_cover);
        match first {
            FirstRun::Everything => 1 + cover + self.of_reading_all(),
            FirstRun::EverythingAnew => 1 + cover + self.of_reading_all() + self.of_sweep(),
            FirstRun::Changes => cover + self.of_poll(),
            // The columns take the place of what changed parents say.
            FirstRun::NewColumns => {
                let narrow = Self { looks_at_parents: false, parts: 1, ..self };
                cover + narrow.of_poll() + narrow.of_reading_all()
            }
        }
    }

    /// A count, and the pages of everything, however many columns they have.
    fn of_reading_all(self) -> u64 {
        let parts = self.parts as u64;
        1 + match self.rows.saturating_mul(parts) > self.bulk_from_rows {
            // The job is made, and asked for until it is complete.
            true => 1 + TYPICAL_POLLS + self.rows.div_ceil(self.page_rows).max(1),
            // The last page is known by not being full; of one without records the first part is enough.
            false => {
                let at_once = split::rows_a_page(self.query_rows, self.parts);
                self.rows.div_ceil(at_once) * parts + u64::from(self.rows.is_multiple_of(at_once))
            }
        }
    }

    /// A describe, a page of changes, the ids that changed where some may have left the filter, and the records whose
    /// formulas look at others that changed.
    fn of_poll(self) -> u64 {
        match self.has_stamp {
            true => 2 + u64::from(self.is_filtered) + u64::from(self.looks_at_parents),
            false => 1 + self.of_reading_all(),
        }
    }

    /// The user's rights, and the pages of ids.
    fn of_sweep(self) -> u64 {
        CALLS_FOR_RIGHTS + self.rows / self.query_rows + 1
    }

    /// The polls of a day; the questions up to when the copy is complete, which serve several polls where those are
    /// frequent; the fields that change without a stamp; and the sweep of a night, or its share of a week's.
    fn of_day(self, cadence: Duration, cover_reused_for: Duration, refresh: Duration, now: Timestamp) -> u64 {
        let in_ms = |span: Duration| u64::try_from(span.as_millis()).unwrap_or(DAY_MS).max(1);
        let polls = DAY_MS.div_ceil(in_ms(cadence));
        let polls_a_cover = in_ms(cover_reused_for).div_ceil(in_ms(cadence)).max(1);
        let covers = if self.asks_cover { polls.div_ceil(polls_a_cover) } else { 0 };
        // What is read whole at each poll has nothing left to read again.
        let refreshes = match self.has_moving && self.has_stamp {
            true => (DAY_MS / in_ms(refresh)).clamp(1, polls),
            false => 0,
        };
        let is_weekly = next_sweep_at(model::TimeZone::UTC, now, self.rows).since(now) > DAY;
        let sweep = if is_weekly { self.of_sweep().div_ceil(7) } else { self.of_sweep() };
        polls * self.of_poll() + covers + refreshes * self.of_reading_all() + sweep
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    fn cost(rows: u64) -> Cost {
        Cost {
            rows,
            is_filtered: false,
            has_stamp: true,
            asks_cover: true,
            has_moving: false,
            looks_at_parents: false,
            bulk_from_rows: 2_000,
            page_rows: 50_000,
            query_rows: 2_000,
            parts: 1,
        }
    }

    #[test]
    fn the_calls_of_a_first_run_are_counted_as_the_reads_make_them() {
        let of_first_load = |rows| cost(rows).of_first_run(FirstRun::Everything);

        assert_eq!([0, 1_999, 2_000].map(of_first_load), [4, 4, 5]);
        assert_eq!([2_001, 50_000, 50_001].map(of_first_load), [7, 7, 8]);
        // Three parts of each page, of which the last is known by its first.
        let wide = |rows| Cost { parts: 3, ..cost(rows) }.of_first_run(FirstRun::Everything);
        assert_eq!([0, 600, 666, 667].map(wide), [4, 3 + 3, 3 + 3 + 1, 7]);
        assert_eq!(cost(30).of_first_run(FirstRun::EverythingAnew), 4 + 3);
        assert_eq!(cost(30).of_first_run(FirstRun::Changes), 3);
        assert_eq!(cost(30).of_first_run(FirstRun::NewColumns), 3 + 2);
        assert_eq!(cost(60_000).of_first_run(FirstRun::NewColumns), 3 + 6);
    }

    #[test]
    fn the_calls_of_a_day_are_counted_as_the_reads_make_them() {
        let day = |cost: Cost, cadence| cost.of_day(cadence, 5 * MINUTE, DAY, Timestamp::from_millis(0));

        assert_eq!(cost(1_000_000).of_poll(), 2);
        assert_eq!(Cost { is_filtered: true, ..cost(0) }.of_poll(), 3);
        assert_eq!(Cost { looks_at_parents: true, ..cost(0) }.of_poll(), 3);
        assert_eq!(Cost { has_stamp: false, ..cost(2_000) }.of_poll(), 4);
        // Every 15 minutes each poll asks up to when it is complete, every minute only each fifth. A sweep at night.
        assert_eq!(
            [15 * MINUTE, MINUTE].map(|cadence| day(cost(0), cadence)),
            [3 * 96 + 3, 2 * 1_440 + 288 + 3]
        );
        assert_eq!(day(Cost { asks_cover: false, ..cost(0) }, 15 * MINUTE), 2 * 96 + 3);
        // Formulas are read once a day.
        assert_eq!(day(Cost { has_moving: true, ..cost(0) }, 15 * MINUTE), 3 * 96 + 2 + 3);
        // Very many ids are listed once a week.
        assert_eq!(day(cost(1_400_000), 15 * MINUTE), 3 * 96 + 101);
    }
}
