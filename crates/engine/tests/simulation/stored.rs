//! What the store holds, read by SQL of the simulation's own.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use model::{Checkpoint, ColumnState, KeptColumn};
use orgsim::schema::FieldKind;
use store::checkpoints::find_checkpoint;

use crate::copied::{expected_columns, spell_decimal};
use crate::org_side::OrgSide;
use crate::test_database::Database;
use crate::world::World;

/// A record as the store holds it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct StoredRow {
    pub(crate) id: String,
    /// Why it is gone; the winner, where it was merged.
    pub(crate) gone: Option<(String, Option<String>)>,
    /// For what reason evidence is kept that it is gone.
    pub(crate) evidence_of: Option<String>,
    /// Its SystemModstamp.
    pub(crate) stamp: Option<String>,
    pub(crate) cells: BTreeMap<String, String>,
}

/// The copy of a rule.
#[derive(Clone, Debug, Default)]
pub(crate) struct StoredRule {
    pub(crate) rows: Vec<StoredRow>,
    /// What the rows were read from. Equal texts of equal columns, equal rows.
    text: String,
    columns: Vec<(String, FieldKind)>,
}

impl StoredRule {
    pub(crate) fn by_id(&self) -> BTreeMap<&str, &StoredRow> {
        self.rows.iter().map(|row| (row.id.as_str(), row)).collect()
    }

    pub(crate) fn is_same(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

/// A connection as the store holds it, without its secrets.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct StoredConnection {
    pub(crate) status: String,
    pub(crate) code: Option<String>,
    pub(crate) generation: u64,
}

/// Everything of one integration that a sync moves.
#[derive(Clone, Debug)]
pub(crate) struct StoredSide {
    pub(crate) rules: Vec<Arc<StoredRule>>,
    pub(crate) checkpoints: Vec<Checkpoint>,
    pub(crate) connection: StoredConnection,
    /// The run ledger: one line a rule and run.
    pub(crate) ledger: Vec<LedgerLine>,
    /// Calls to the org that were booked.
    pub(crate) booked: i64,
    /// By rule, the columns that the copy says it does not have of all records yet.
    pub(crate) filling: Vec<BTreeSet<String>>,
    /// Rejections that are explained: rule and record.
    pub(crate) row_errors: Vec<(String, String)>,
}

/// What one rule did in one run.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct LedgerLine {
    pub(crate) rule_id: String,
    pub(crate) rows_read: i64,
    pub(crate) inserted: i64,
    pub(crate) updated: i64,
    pub(crate) unchanged: i64,
    pub(crate) rejected: i64,
    pub(crate) calls: i64,
    pub(crate) outcome: Option<String>,
    pub(crate) problem_code: Option<String>,
}

impl StoredSide {
    /// Reads an integration. What equals `before` is not parsed again.
    pub(crate) async fn read(world: &World, side: &OrgSide, before: Option<&Self>) -> Self {
        let mut rules = Vec::new();
        let mut checkpoints = Vec::new();
        let mut filling = Vec::new();
        for (at, rule) in side.stored_rules.iter().enumerate() {
            let known = before.map(|before| &before.rules[at]);
            rules.push(read_rule(world, side, at, known).await);
            filling.push(read_filling(world, side, at).await);
            checkpoints.push(find_checkpoint(world.store(), rule.id).await.unwrap().unwrap_or_default());
        }
        Self {
            rules,
            checkpoints,
            connection: read_connection(world, side).await,
            ledger: read_ledger(world, side).await,
            booked: read_booked(world, side).await,
            filling,
            row_errors: read_row_errors(world).await,
        }
    }

    /// Whether nothing moved but what belongs to nobody alone.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        self.rules.iter().zip(&other.rules).all(|(ours, theirs)| ours.is_same(theirs))
            && self.checkpoints == other.checkpoints
            && self.connection == other.connection
            && self.ledger == other.ledger
    }
}

async fn read_rule(
    world: &World,
    side: &OrgSide,
    at: usize,
    before: Option<&Arc<StoredRule>>,
) -> Arc<StoredRule> {
    let rule = &side.rules[at];
    let there = world.database.columns(&side.slug(), rule.sobject).await;
    if there.is_empty() {
        return Arc::default();
    }
    let columns: Vec<_> = expected_columns(side.org.sobject(rule.sobject), rule)
        .into_iter()
        .filter(|(name, _)| there.contains(name))
        .collect();
    let evidence = format!(
        "(select why from {} as e where e.integration_id = '{}' and e.sobject = '{}' and e.record_id = \"id\")",
        world.database.control("gone_evidence"),
        side.integration.as_ref().expect("what has a table is connected").id,
        rule.sobject.to_ascii_lowercase()
    );
    let table = world.database.records(&side.slug(), rule.sobject);
    let sql = dump_statement(world, &table, &evidence, &columns);
    let rows = world.database.rows(&sql).await;
    let text = rows[0][0].clone().unwrap_or_default();
    if let Some(before) = before.filter(|before| before.text == text && before.columns == columns) {
        return Arc::clone(before);
    }
    let rows = text.lines().map(|line| parse_row(line, &columns)).collect();
    Arc::new(StoredRule { rows, text, columns })
}

/// Lets the database write all rows into one text, of which most are the same as before.
fn dump_statement(world: &World, table: &str, evidence: &str, columns: &[(String, FieldKind)]) -> String {
    let database = &world.database;
    let mut selected = vec![
        "\"id\"".to_owned(),
        "\"_gone_why\"".to_owned(),
        "\"_merged_into\"".to_owned(),
        format!("cast({} as text)", database.instant("\"systemmodstamp\"")),
        format!("case when \"_gone_why\" is not null then {evidence} end"),
    ];
    selected.extend(columns.iter().map(|(name, kind)| {
        let quoted = format!("\"{name}\"");
        match kind {
            FieldKind::DateTime => format!("cast({} as text)", database.instant(&quoted)),
            _ => format!("cast({quoted} as text)"),
        }
    }));
    let list = selected.join(", ");
    match world.kind {
        Database::Sqlite => format!(
            "select group_concat(line, char(10)) from (select json_array({list}) as line from {table} order by \"id\")"
        ),
        Database::Postgres => format!(
            "select string_agg(json_build_array({list})::text, chr(10) order by \"id\" collate \"C\") from {table}"
        ),
    }
}

fn parse_row(line: &str, columns: &[(String, FieldKind)]) -> StoredRow {
    let values: Vec<Option<String>> = serde_json::from_str(line).unwrap();
    let gone = values[1].clone().map(|why| (why, values[2].clone()));
    let cells = columns.iter().zip(&values[5..]);
    StoredRow {
        id: values[0].clone().unwrap(),
        gone,
        stamp: values[3].clone(),
        evidence_of: values[4].clone(),
        cells: cells.map(|((name, kind), text)| (name.clone(), spell(text.as_deref(), *kind))).collect(),
    }
}

/// Spells a value as the truth is spelled: a letter for what it is, and its text.
fn spell(text: Option<&str>, kind: FieldKind) -> String {
    let Some(text) = text else { return "n".to_owned() };
    match kind {
        FieldKind::Boolean => format!("b{}", matches!(text, "1" | "t" | "true")),
        FieldKind::Int | FieldKind::Double | FieldKind::Currency | FieldKind::Percent => {
            spell_decimal(text.parse().unwrap())
        }
        FieldKind::DateTime => {
            format!("i{}", chrono::DateTime::parse_from_rfc3339(text).unwrap().timestamp_millis())
        }
        _ => format!("t{text}"),
    }
}

async fn read_filling(world: &World, side: &OrgSide, at: usize) -> BTreeSet<String> {
    let sql = format!(
        "select layout from {} where integration_id = '{}' and sobject = '{}' and layout like '%\"filling\"%'",
        world.database.control("record_tables"),
        side.integration.as_ref().unwrap().id,
        side.rules[at].sobject.to_ascii_lowercase()
    );
    let rows = world.database.rows(&sql).await;
    let layouts = rows.iter().map(|row| serde_json::from_str(row[0].as_ref().unwrap()).unwrap());
    let columns = layouts.flat_map(|columns: Vec<KeptColumn>| columns);
    columns.filter(|column| column.state == ColumnState::Filling).map(|column| column.name).collect()
}

async fn read_connection(world: &World, side: &OrgSide) -> StoredConnection {
    let sql = format!(
        "select status, status_code, generation from {} where connection_id = '{}'",
        world.database.control("connections"),
        side.integration.as_ref().unwrap().connection_id
    );
    let row = world.database.rows(&sql).await.remove(0);
    StoredConnection {
        status: row[0].clone().unwrap(),
        code: row[1].clone(),
        generation: row[2].as_ref().unwrap().parse().unwrap(),
    }
}

async fn read_ledger(world: &World, side: &OrgSide) -> Vec<LedgerLine> {
    let sql = format!(
        "select sync_rule_id, rows_read, inserted, updated, unchanged, rejected, calls, part.outcome, part.problem_code
         from {} as part join {} as run on run.sync_run_id = part.sync_run_id
         where run.integration_id = '{}' order by part.sync_run_id, sync_rule_id",
        world.database.control("sync_run_rules"),
        world.database.control("sync_runs"),
        side.integration.as_ref().unwrap().id
    );
    let lines = world.database.rows(&sql).await.into_iter().map(|row| {
        let number = |at: usize| row[at].as_ref().unwrap().parse().unwrap();
        LedgerLine {
            rule_id: row[0].clone().unwrap(),
            rows_read: number(1),
            inserted: number(2),
            updated: number(3),
            unchanged: number(4),
            rejected: number(5),
            calls: number(6),
            outcome: row[7].clone(),
            problem_code: row[8].clone(),
        }
    });
    lines.collect()
}

async fn read_booked(world: &World, side: &OrgSide) -> i64 {
    let sql = format!(
        "select coalesce(sum(calls), 0) from {} where org_id = (select org_id from {} where connection_id = '{}')",
        world.database.control("api_calls"),
        world.database.control("connections"),
        side.integration.as_ref().unwrap().connection_id
    );
    world.database.rows(&sql).await[0][0].as_ref().unwrap().parse().unwrap()
}

async fn read_row_errors(world: &World) -> Vec<(String, String)> {
    let sql = format!("select sync_rule_id, record_id from {}", world.database.control("row_errors"));
    let rows = world.database.rows(&sql).await.into_iter();
    rows.map(|row| (row[0].clone().unwrap(), row[1].clone().unwrap())).collect()
}
