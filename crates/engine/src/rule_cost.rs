//! How many calls a rule will make, before it is saved.

mod covers;

use std::time::Duration;

use model::{
    Column, FieldPolicy, Integration, KeysetPass, RecordLayout, SyncRule, next_sweep_at,
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

use self::covers::Covers;
use crate::{
    engine::Engine,
    error::Result,
    plan::lay_out,
    read::{cover::cover_reused_for, split::QueryPages},
    run::{RuleRequest, cadence_of},
    select::Select,
};

const DAY_MS: u64 = 24 * 3_600 * 1_000;
const DAY: Duration = Duration::from_millis(DAY_MS);
/// How often a Bulk job is asked whether it is complete: one of a few records, and once more for so many.
const TYPICAL_POLLS: u64 = 2;
const ROWS_A_POLL: u64 = 500_000;
const MOST_POLLS: u64 = 8;
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
#[derive(Clone, Debug)]
enum FirstRun {
    /// Everything, where nothing was read before.
    Everything,
    /// Everything, and the ids besides, since the copy may hold what is out of scope.
    EverythingAnew,
    /// What changed.
    Changes,
    /// What changed, and some columns of everything.
    NewColumns(QueryPages),
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
        let policy = request.policy.after(&policy);
        let pages_of = |layout: &RecordLayout| {
            let select = Select::new(describe, layout, KeysetPass::Records);
            QueryPages::of(&select, request.filter.as_ref(), self.config().query_rows)
        };
        let is_moving = |field: &FieldDescribe| is_volatile(field, describe, &policy);
        let moving: Vec<_> = fields_of(&layout, describe).filter(|field| is_moving(field)).collect();
        let is_among = |column: &Column| moving.iter().any(|field| field.name == *column.path);
        let stamp = Stamp::of(&Select::new(describe, &layout, KeysetPass::Records));
        let cadence = cadence_of(request, before);
        let others: Vec<_> = rules.iter().filter(|rule| rule.sobject != request.sobject).collect();
        let cost = Cost {
            rows,
            is_filtered: request.filter.is_some(),
            stamp,
            covers: self.covers_of(describe, cadence, &others, cover_reused_for(self)).await?,
            looks_at_parents: moving.iter().any(|field| !parents_of(field, describe).is_empty()),
            moving: (!moving.is_empty()).then(|| pages_of(&layout.narrowed(is_among))),
            bulk_from_rows: self.config().bulk_from_rows,
            bulk_sweep_from_rows: self.config().bulk_sweep_from_rows,
            page_rows: u64::from(self.config().page_size.rows()),
            query_rows: self.config().query_rows,
            pages: pages_of(&layout),
        };
        let first = match before {
            Some(rule) => self.first_run_of(integration, rule, request, &layout, stamp, pages_of).await?,
            None => FirstRun::Everything,
        };
        let refresh = Duration::from_millis(policy.refresh_ms);
        Ok(RuleCost {
            first_run: cost.of_first_run(&first),
            day: cost.of_day(cadence, refresh, self.clock().now()),
        })
    }

    async fn first_run_of(
        &self,
        integration: &Integration,
        before: &SyncRule,
        request: &RuleRequest,
        layout: &RecordLayout,
        stamp: Stamp,
        pages_of: impl Fn(&RecordLayout) -> QueryPages,
    ) -> Result<FirstRun> {
        let checkpoint = find_checkpoint(self.store(), before.id).await?.unwrap_or_default();
        let kept = find_kept_table(self.store(), integration, &request.sobject).await?;
        let (Some(_), Some(kept)) = (checkpoint.complete_until, kept) else {
            return Ok(FirstRun::Everything);
        };
        if before.filter != request.filter || stamp == Stamp::None {
            return Ok(FirstRun::EverythingAnew);
        }
        let is_there = |name: &str| kept.columns.iter().any(|kept| kept.name == name && kept.state.is_live());
        let is_new = |column: &Column| !is_there(&column.name);
        Ok(match layout.columns.iter().any(is_new) {
            true => FirstRun::NewColumns(pages_of(&layout.narrowed(is_new))),
            false => FirstRun::Changes,
        })
    }
}

fn fields_of<'d>(
    layout: &RecordLayout,
    describe: &'d SObjectDescribe,
) -> impl Iterator<Item = &'d FieldDescribe> {
    let names = layout.columns.iter().filter_map(|column| column.path.parse().ok());
    names.filter_map(|name| describe.find_field(&name))
}

/// What tells the changes of an sObject from the rest.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Stamp {
    OfChanges,
    /// A field that says when a record came, and not when it changed.
    OfArrivals,
    /// Nothing does.
    None,
}

impl Stamp {
    fn of(select: &Select) -> Self {
        match select.stamp() {
            Some(_) if select.stamps_arrivals_only() => Self::OfArrivals,
            Some(_) => Self::OfChanges,
            None => Self::None,
        }
    }
}

/// What decides how many calls a rule makes.
#[derive(Clone, Debug)]
struct Cost {
    rows: u64,
    is_filtered: bool,
    /// What changes can be told by.
    stamp: Stamp,
    /// How often it is this rule for which the org is asked up to when its changes are visible.
    covers: Covers,
    /// How the fields are read that change without a stamp, where there are any: again now and then.
    moving: Option<QueryPages>,
    /// Whether some of those look at other records, whose changes are asked for with each poll.
    looks_at_parents: bool,
    bulk_from_rows: u64,
    bulk_sweep_from_rows: u64,
    page_rows: u64,
    query_rows: u64,
    /// How everything is read by REST.
    pages: QueryPages,
}

impl Cost {
    fn of_first_run(&self, first: &FirstRun) -> u64 {
        let cover = self.covers.first_run;
        match first {
            FirstRun::Everything => 1 + cover + self.of_reading_all(&self.pages),
            FirstRun::EverythingAnew => 1 + cover + self.of_reading_all(&self.pages) + self.of_sweep(),
            FirstRun::Changes => cover + self.of_poll(),
            // The columns take the place of what changed parents say.
            FirstRun::NewColumns(columns) => {
                let narrow = Self { looks_at_parents: false, ..self.clone() };
                cover + narrow.of_poll() + narrow.of_reading_all(columns)
            }
        }
    }

    /// A count, and the pages of everything, with all columns or some.
    fn of_reading_all(&self, pages: &QueryPages) -> u64 {
        1 + match pages.weigh(self.rows) > self.bulk_from_rows {
            true => self.of_job(),
            false => pages.count_queries(self.rows),
        }
    }

    /// The job is made, asked for until it is complete, and read.
    fn of_job(&self) -> u64 {
        let polls = (TYPICAL_POLLS + self.rows / ROWS_A_POLL).min(MOST_POLLS);
        1 + polls + self.rows.div_ceil(self.page_rows).max(1)
    }

    /// A describe, a page of changes, the ids that changed where some may have left the filter, and the records whose
    /// formulas look at others that changed.
    fn of_poll(&self) -> u64 {
        match self.stamp {
            Stamp::OfChanges | Stamp::OfArrivals => {
                2 + u64::from(self.is_filtered) + u64::from(self.looks_at_parents)
            }
            // What is read whole is compared at once: nothing else says what has gone.
            Stamp::None => 1 + self.of_reading_all(&self.pages) + self.of_sweep(),
        }
    }

    /// The user's rights, and the ids: by pages, or by a job where they are very many.
    fn of_sweep(&self) -> u64 {
        CALLS_FOR_RIGHTS
            + match self.rows > self.bulk_sweep_from_rows {
                true => self.of_job(),
                false => self.rows / self.query_rows + 1,
            }
    }

    /// The polls of a day; the rule's share of the questions up to when the copy is complete; the fields that change without a
    /// stamp; and the sweep of a night, or its share of a week's.
    fn of_day(&self, cadence: Duration, refresh: Duration, now: Timestamp) -> u64 {
        let polls = DAY_MS.div_ceil(in_ms(cadence));
        // What is read whole at each poll has nothing left to read again.
        let refreshes = match self.moving.as_ref().filter(|_| self.stamp != Stamp::None) {
            Some(moving) => (DAY_MS / in_ms(refresh)).clamp(1, polls) * self.of_reading_all(moving),
            None => 0,
        };
        let is_weekly = next_sweep_at(model::TimeZone::UTC, now, self.rows).since(now) > DAY;
        let sweep = match self.stamp {
            Stamp::OfChanges => self.of_sweep(),
            // Changes without a stamp are found by reading everything then.
            Stamp::OfArrivals => self.of_reading_all(&self.pages) + self.of_sweep(),
            Stamp::None => 0,
        };
        let sweeps = if is_weekly { sweep.div_ceil(7) } else { sweep };
        polls * self.of_poll() + self.covers.day + refreshes + sweeps
    }
}

fn in_ms(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(DAY_MS).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    fn cost(rows: u64) -> Cost {
        Cost {
            rows,
            is_filtered: false,
            stamp: Stamp::OfChanges,
            covers: Covers { first_run: 1, day: 96 },
            moving: None,
            looks_at_parents: false,
            bulk_from_rows: 2_000,
            bulk_sweep_from_rows: 10_000,
            page_rows: 50_000,
            query_rows: 2_000,
            pages: one_query(),
        }
    }

    fn one_query() -> QueryPages {
        QueryPages { limit: 2_000, parts: vec![2_000] }
    }

    #[test]
    fn the_calls_of_a_first_run_are_counted_as_the_reads_make_them() {
        let of_first_load = |rows| cost(rows).of_first_run(&FirstRun::Everything);

        assert_eq!([0, 1_999, 2_000].map(of_first_load), [4, 4, 5]);
        assert_eq!([2_001, 50_000, 50_001].map(of_first_load), [7, 7, 8]);
        // Three parts of each page, of which the last is known by its first.
        let pages = || QueryPages { limit: 666, parts: vec![666; 3] };
        let wide = |rows| Cost { pages: pages(), ..cost(rows) }.of_first_run(&FirstRun::Everything);
        assert_eq!([0, 600, 666, 667].map(wide), [4, 3 + 3, 3 + 3 + 1, 7]);
        // Answers of 200 records.
        let pages = || QueryPages { limit: 2_000, parts: vec![200] };
        let long = |rows| Cost { pages: pages(), ..cost(rows) }.of_first_run(&FirstRun::Everything);
        assert_eq!([0, 200, 201].map(long), [4, 4, 7]);
        assert_eq!(cost(30).of_first_run(&FirstRun::EverythingAnew), 4 + 3);
        assert_eq!(cost(30).of_first_run(&FirstRun::Changes), 3);
        let new_columns = || FirstRun::NewColumns(one_query());
        assert_eq!(cost(30).of_first_run(&new_columns()), 3 + 2);
        assert_eq!(cost(60_000).of_first_run(&new_columns()), 3 + 6);
    }

    #[test]
    fn the_calls_of_a_day_are_counted_as_the_reads_make_them() {
        let day = |cost: Cost, cadence| cost.of_day(cadence, DAY, Timestamp::from_millis(0));

        assert_eq!(cost(1_000_000).of_poll(), 2);
        assert_eq!(Cost { is_filtered: true, ..cost(0) }.of_poll(), 3);
        assert_eq!(Cost { looks_at_parents: true, ..cost(0) }.of_poll(), 3);
        assert_eq!(Cost { stamp: Stamp::None, ..cost(2_000) }.of_poll(), 4 + 4);
        // Polls, the question up to when each is complete, which another rule may pay for, and a sweep at night.
        assert_eq!(day(cost(0), 15 * MINUTE), 3 * 96 + 3);
        assert_eq!(day(Cost { covers: Covers::default(), ..cost(0) }, MINUTE), 2 * 1_440 + 3);
        // Formulas are read once a day.
        let moving = Some(one_query());
        assert_eq!(day(Cost { moving, ..cost(0) }, 15 * MINUTE), 3 * 96 + 2 + 3);
        // Many ids are gathered by a job, and very many once a week.
        assert_eq!(
            [10_000, 10_001, 100_000].map(|rows| day(cost(rows), 15 * MINUTE)),
            [3 * 96 + 8, 3 * 96 + 6, 3 * 96 + 7]
        );
        assert_eq!(day(cost(1_400_000), 15 * MINUTE), 3 * 96 + 5);
        // What has no stamp is swept with each poll, and what has one of arrivals is read whole at night.
        let stamped = |stamp| day(Cost { stamp, ..cost(100) }, 15 * MINUTE);
        assert_eq!(stamped(Stamp::None), (3 + 3) * 96 + 96);
        assert_eq!(stamped(Stamp::OfArrivals), 3 * 96 + 2 + 3);
    }
}
