//! The checker itself: each promise is broken on purpose in a store, and that is found.

use model::{Checkpoint, Position};
use salesforce::Timestamp;

use crate::checker::Invariant;
use crate::driver::Simulation;
use crate::test_database::Database;

/// The org that is tampered with, and a rule of it that holds all records.
const PLACE: usize = 0;
const RULE: usize = 0;

/// A simulation whose orgs are copied and quiet.
async fn quiet(kind: Database) -> Simulation {
    let mut simulation = Simulation::start(kind, 3).await;
    simulation.come_to_rest().await;
    simulation.check_quiet();
    simulation.assert_no_findings();
    simulation
}

/// Runs a statement in the store, in which `{records}` is the table of the rule.
async fn tamper(simulation: &Simulation, sql: &str) {
    let database = &simulation.world.database;
    let side = &simulation.world.sides[PLACE];
    let mut sql = sql.replace("{records}", &database.records(&side.slug(), side.rules[RULE].sobject));
    for table in ["sync_run_rules", "checkpoints", "connections"] {
        sql = sql.replace(&format!("{{{table}}}"), &database.control(table));
    }
    let sql = sql.replace("{rule}", &side.stored_rules[RULE].id.to_string());
    database.rows(&sql).await;
}

/// What the checks after a slice of the org find.
async fn found_after_slice(simulation: &mut Simulation) -> Vec<Invariant> {
    simulation.moment += 1;
    simulation.check_slice(Some(PLACE)).await;
    found(simulation)
}

fn found(simulation: &mut Simulation) -> Vec<Invariant> {
    let mut found: Vec<_> = simulation.findings.0.drain(..).map(|violation| violation.invariant).collect();
    found.sort_unstable();
    found.dedup();
    found
}

crate::on_both!(every_promise_that_is_broken_in_a_store_is_found);

async fn every_promise_that_is_broken_in_a_store_is_found(kind: Database) {
    let mut simulation = quiet(kind).await;
    tamper(&simulation, "create table kept_for_later as select * from {records}").await;
    let restore = ["delete from {records}", "insert into {records} select * from kept_for_later"];
    let first = "(select min(\"id\") from {records} where \"_gone_at\" is null)";
    let told_of_both = |invariant| vec![invariant, Invariant::I12Isolation];
    for (sql, back, expected) in [
        // A row that is lost, and one that holds something else.
        (
            format!("delete from {{records}} where \"id\" = {first}"),
            None,
            vec![Invariant::I1Convergence, Invariant::I4NoGoingBack],
        ),
        ("update {records} set \"site\" = 'elsewhere'".to_owned(), None, vec![Invariant::I1Convergence]),
        // The same id in another spelling.
        (
            format!("update {{records}} set \"id\" = substr(\"id\", 1, 15) || 'XXX' where \"id\" = {first}"),
            None,
            vec![Invariant::I1Convergence, Invariant::I4NoGoingBack],
        ),
        // A row that went back in time.
        (
            format!(
                "update {{records}} set \"systemmodstamp\" = '2001-01-01T00:00:00.000Z' where \"id\" = {first}"
            ),
            None,
            vec![Invariant::I1Convergence, Invariant::I4NoGoingBack],
        ),
        // A deletion that nobody saw.
        (
            format!(
                "update {{records}} set \"_gone_at\" = '2026-11-21T00:00:00.000Z', \"_gone_why\" = 'deleted' where \"id\" = {first}"
            ),
            None,
            vec![Invariant::I1Convergence, Invariant::I6Evidence],
        ),
        // Counts that do not add up.
        (
            "update {sync_run_rules} set \"rows_read\" = \"rows_read\" + 1".to_owned(),
            Some("update {sync_run_rules} set \"rows_read\" = \"rows_read\" - 1"),
            told_of_both(Invariant::I8Conservation),
        ),
        // Rejections and failures without a reason.
        (
            "update {sync_run_rules} set \"rejected\" = 1, \"rows_read\" = \"rows_read\" + 1".to_owned(),
            Some("update {sync_run_rules} set \"rejected\" = 0, \"rows_read\" = \"rows_read\" - 1"),
            told_of_both(Invariant::I9NothingSilent),
        ),
        (
            "update {sync_run_rules} set \"outcome\" = 'failed'".to_owned(),
            Some("update {sync_run_rules} set \"outcome\" = 'succeeded'"),
            told_of_both(Invariant::I9NothingSilent),
        ),
        (
            "update {connections} set \"status\" = 'needs_reconnect'".to_owned(),
            Some("update {connections} set \"status\" = 'connected'"),
            told_of_both(Invariant::I9NothingSilent),
        ),
        // A token that went back to an older one.
        (
            "update {connections} set \"generation\" = \"generation\" - 1".to_owned(),
            Some("update {connections} set \"generation\" = \"generation\" + 1"),
            told_of_both(Invariant::I10TokenCustody),
        ),
    ] {
        tamper(&simulation, &sql).await;
        let mut broken = found_after_slice(&mut simulation).await;
        simulation.check_quiet();
        broken.extend(found(&mut simulation));
        broken.sort_unstable();
        broken.dedup();

        assert_eq!(broken, expected, "{sql}");
        for back in back.map_or(restore.to_vec(), |back| vec![back]) {
            tamper(&simulation, back).await;
            found_after_slice(&mut simulation).await;
        }
    }
}

#[tokio::test]
async fn two_live_rows_of_one_id_are_found() {
    let mut simulation = quiet(Database::Sqlite).await;
    let sql = "insert into {records} (\"id\", \"_synced_at\", \"_source\")
        select substr(min(\"id\"), 1, 15) || 'XXX', '2026-11-21T00:00:00.000Z', 'poll' from {records}";

    tamper(&simulation, sql).await;

    assert_eq!(found_after_slice(&mut simulation).await, [Invariant::I3NoDuplicate]);
}

#[tokio::test]
async fn a_checkpoint_that_covers_a_row_that_is_not_stored_is_found() {
    let mut simulation = quiet(Database::Sqlite).await;
    let now = simulation.world.clock.now().as_millis();
    simulation.histories[PLACE][RULE].read_began = simulation.moment;
    tamper(&simulation, "delete from {records} where \"id\" = (select min(\"id\") from {records})").await;
    found_after_slice(&mut simulation).await;

    let sql =
        format!("update {{checkpoints}} set \"complete_until\" = {now} where \"sync_rule_id\" = '{{rule}}'");
    tamper(&simulation, &sql).await;

    assert_eq!(found_after_slice(&mut simulation).await, [Invariant::I5CheckpointTruth]);
}

#[tokio::test]
async fn a_version_that_stood_for_a_period_and_was_never_stored_is_found() {
    let mut simulation = quiet(Database::Sqlite).await;
    let side = &simulation.world.sides[PLACE];
    let id = side.org.ids("Account")[5];
    // Stamped long ago, so that no checkpoint speaks of it.
    side.org.update("Account", &id, &[("Site", crate::test_org::text("Nobody saw this"))]);
    simulation.look_at_org(PLACE);
    simulation.histories[PLACE][RULE].period_began = Some(simulation.moment);
    simulation.stored[PLACE].checkpoints[RULE] =
        Checkpoint { position: Position::Idle, complete_until: Some(Timestamp::from_millis(1)) };

    assert_eq!(found_after_slice(&mut simulation).await, [Invariant::I2NoLoss]);
}

#[tokio::test]
async fn a_change_in_a_slice_of_another_integration_is_found() {
    let mut simulation = quiet(Database::Sqlite).await;

    tamper(&simulation, "update {records} set \"site\" = 'elsewhere'").await;
    simulation.check_slice(Some(1 - PLACE)).await;

    assert_eq!(found(&mut simulation), [Invariant::I12Isolation]);
}

#[tokio::test]
async fn a_refresh_token_that_is_presented_twice_is_found() {
    let mut simulation = quiet(Database::Sqlite).await;

    crate::checker::check_reuses(&mut simulation.findings, 2, 1);

    assert_eq!(found(&mut simulation), [Invariant::I10TokenCustody]);
}
