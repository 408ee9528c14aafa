//! Transactions that are open for long: what they write is seen at their end, with stamps of their start.

use orgsim::id::RecordId;
use serde_json::json;

use crate::dice::Dice;
use crate::org_side::OrgSide;

const MINUTE_MS: u64 = 60_000;

/// Shorter than what a copy waits for at most.
const LONGEST_MINUTES: u64 = 300;

/// The transactions that are open.
#[derive(Debug, Default)]
pub(crate) struct Transactions(Vec<Open>);

#[derive(Debug)]
struct Open {
    place: usize,
    ends_at_ms: i64,
    held: Vec<RecordId>,
}

impl Transactions {
    /// Opens one that creates and changes some records. Returns how many.
    pub(crate) async fn open(&mut self, place: usize, side: &mut OrgSide, dice: &Dice) -> u64 {
        let Some(name) = dice.pick(side.written).copied() else { return 0 };
        let free: Vec<_> = side.org.ids(name).into_iter().filter(|id| !side.held.contains(id)).collect();
        let mut held: Vec<RecordId> = Vec::new();
        let mut changes = Vec::new();
        for _ in 0..dice.between(1, 4) {
            let text = format!("Late {}", dice.below(10_000));
            match dice.pick(&free).filter(|id| !held.contains(id) && dice.happens(60)) {
                Some(id) => {
                    held.push(*id);
                    let fields = json!({ "Name": text });
                    changes.push(
                        json!({ "sobject": name, "op": "update", "ids": [id.to_string()], "fields": fields }),
                    );
                }
                None => {
                    let fields = json!({ "Name": text });
                    changes.push(json!({ "sobject": name, "op": "create", "fields": fields }));
                }
            }
        }
        let ends_in_ms = dice.between(1, LONGEST_MINUTES) * MINUTE_MS;
        let count = changes.len() as u64;
        let body = json!({ "changes": changes, "ends_in_ms": ends_in_ms });
        let ends_at_ms = side.org.now_ms() + ends_in_ms as i64;
        side.org.control("transactions", &body.to_string()).await;
        side.held.extend(&held);
        self.0.push(Open { place, ends_at_ms, held });
        count
    }

    /// Lets those of an org end whose time is over.
    pub(crate) async fn settle(&mut self, place: usize, side: &mut OrgSide) {
        let now_ms = side.org.now_ms();
        let (due, open): (Vec<_>, Vec<_>) = std::mem::take(&mut self.0)
            .into_iter()
            .partition(|open| open.place == place && open.ends_at_ms <= now_ms);
        self.0 = open;
        if due.is_empty() {
            return;
        }
        // Whatever call comes by ends them.
        side.org.control("limits", "{}").await;
        due.iter().flat_map(|open| &open.held).for_each(|id| {
            side.held.remove(id);
        });
        side.is_changed = true;
    }

    /// When the next of an org's ends.
    pub(crate) fn next_end(&self, place: usize) -> Option<i64> {
        self.0.iter().filter(|open| open.place == place).map(|open| open.ends_at_ms).min()
    }

    /// When the last of an org's ends.
    pub(crate) fn last_end(&self, place: usize) -> Option<i64> {
        self.0.iter().filter(|open| open.place == place).map(|open| open.ends_at_ms).max()
    }
}
