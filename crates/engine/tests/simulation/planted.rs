//! The checker itself: each promise is broken on purpose in a store, and that is found.

use model::{Checkpoint, KeysetPass, KeysetPosition, Position, ReadKind};
use salesforce::Timestamp;

use crate::budget::Spent;
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
    tamper_with(simulation, PLACE, RULE, sql).await;
}

/// The same of another rule.
async fn tamper_with(simulation: &Simulation, place: usize, rule: usize, sql: &str) {
    let database = &simulation.world.database;
    let side = &simulation.world.sides[place];
    let mut sql = sql.replace("{records}", &database.records(&side.slug(), side.rules[rule].sobject));
    for table in ["sync_run_rules", "checkpoints", "connections", "gone_evidence"] {
        sql = sql.replace(&format!("{{{table}}}"), &database.control(table));
    }
    let sql = sql.replace("{rule}", &side.stored_rules[rule].id.to_string());
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
    let in_records = plants_in_records().into_iter().map(|(sql, broken)| (sql, restore.to_vec(), broken));
    let in_control = PLANTS_IN_CONTROL.into_iter().map(|(sql, back, broken)| {
        // Both integrations have such lines, and only one of them had a slice.
        (sql.to_owned(), vec![back], vec![broken, Invariant::I12Isolation])
    });
    for (sql, mend, expected) in in_records.chain(in_control) {
        tamper(&simulation, &sql).await;
        let mut broken = found_after_slice(&mut simulation).await;
        simulation.check_quiet();
        broken.extend(found(&mut simulation));
        broken.sort_unstable();
        broken.dedup();

        assert_eq!(broken, expected, "{sql}");
        for sql in mend {
            tamper(&simulation, sql).await;
            found_after_slice(&mut simulation).await;
        }
    }
}

/// What breaks promises in a record table, and which.
fn plants_in_records() -> Vec<(String, Vec<Invariant>)> {
    use Invariant::{I1Convergence, I4NoGoingBack, I6Evidence};
    let of_first = |act: &str| {
        format!("{act} where \"id\" = (select min(\"id\") from {{records}} where \"_gone_at\" is null)")
    };
    vec![
        // A row that is lost.
        (of_first("delete from {records}"), vec![I1Convergence, I4NoGoingBack]),
        // Rows that hold something else.
        ("update {records} set \"site\" = 'elsewhere'".to_owned(), vec![I1Convergence]),
        // An id in another spelling.
        (
            of_first("update {records} set \"id\" = substr(\"id\", 1, 15) || 'XXX'"),
            vec![I1Convergence, I4NoGoingBack],
        ),
        // A row that went back in time.
        (
            of_first("update {records} set \"systemmodstamp\" = '2001-01-01T00:00:00.000Z'"),
            vec![I1Convergence, I4NoGoingBack],
        ),
        // A deletion that nobody saw.
        (
            of_first(
                "update {records} set \"_gone_at\" = '2026-11-21T00:00:00.000Z', \"_gone_why\" = 'deleted'",
            ),
            vec![I1Convergence, I6Evidence],
        ),
    ]
}

/// What breaks a promise in the control tables, what mends it, and which it is: counts that do not add up, rejections and
/// failures without a reason, a token that went back to an older one.
const PLANTS_IN_CONTROL: [(&str, &str, Invariant); 5] = [
    (
        "update {sync_run_rules} set \"rows_read\" = \"rows_read\" + 1",
        "update {sync_run_rules} set \"rows_read\" = \"rows_read\" - 1",
        Invariant::I8Conservation,
    ),
    (
        "update {sync_run_rules} set \"rejected\" = 1, \"rows_read\" = \"rows_read\" + 1",
        "update {sync_run_rules} set \"rejected\" = 0, \"rows_read\" = \"rows_read\" - 1",
        Invariant::I9NothingSilent,
    ),
    (
        "update {sync_run_rules} set \"outcome\" = 'failed'",
        "update {sync_run_rules} set \"outcome\" = 'succeeded'",
        Invariant::I9NothingSilent,
    ),
    (
        "update {connections} set \"status\" = 'needs_reconnect'",
        "update {connections} set \"status\" = 'connected'",
        Invariant::I9NothingSilent,
    ),
    (
        "update {connections} set \"generation\" = \"generation\" - 1",
        "update {connections} set \"generation\" = \"generation\" + 1",
        Invariant::I10TokenCustody,
    ),
];

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
    simulation.histories[PLACE][RULE].period_second = 0;
    simulation.stored[PLACE].checkpoints[RULE] =
        Checkpoint { position: Position::Idle, complete_until: Some(Timestamp::from_millis(1)) };

    assert_eq!(found_after_slice(&mut simulation).await, [Invariant::I2NoLoss]);
}

#[tokio::test]
async fn a_tombstone_whose_evidence_is_lost_is_found() {
    let mut simulation = quiet(Database::Sqlite).await;
    let side = &simulation.world.sides[PLACE];
    let id = side.org.ids("Account")[0];
    side.org.delete("Account", &id);
    simulation.look_at_org(PLACE);
    simulation.come_to_rest().await;
    simulation.check_quiet();
    simulation.assert_no_findings();

    tamper(&simulation, "delete from {gone_evidence}").await;

    assert_eq!(found_after_slice(&mut simulation).await, [Invariant::I6Evidence]);
}

#[tokio::test]
async fn a_record_out_of_sight_that_is_called_purged_is_found() {
    let mut simulation = quiet(Database::Sqlite).await;
    crate::administrators::change_sight(&mut simulation.world.sides[PLACE], true).await.unwrap();
    simulation.look_at_org(PLACE);
    simulation.histories[PLACE][RULE].read_began = simulation.moment;
    let side = &simulation.world.sides[PLACE];
    let own = side.org.simulator.org().user_id();
    let mark = |why: &str| {
        let at = "'2026-11-21T00:00:00.000Z'";
        format!(
            "update {{records}} set \"_gone_at\" = {at}, \"_gone_why\" = '{why}' where \"ownerid\" <> '{own}'"
        )
    };
    let evidence = |why: &str| {
        let id = side.integration.as_ref().unwrap().id;
        format!(
            "insert or replace into {{gone_evidence}} (integration_id, sobject, record_id, why, evidence, found_at)
             select '{id}', 'account', \"id\", '{why}', 'sees_all', 0 from {{records}} where \"ownerid\" <> '{own}'"
        )
    };
    let (purged, hidden) = ([mark("purged"), evidence("purged")], [mark("hidden"), evidence("hidden")]);

    for sql in &purged {
        tamper(&simulation, sql).await;
    }
    assert_eq!(found_after_slice(&mut simulation).await, [Invariant::I6Evidence]);
    for sql in &hidden {
        tamper(&simulation, sql).await;
    }
    assert_eq!(found_after_slice(&mut simulation).await, []);
}

#[tokio::test]
async fn a_value_of_a_hidden_field_that_is_overwritten_is_found() {
    let mut simulation = quiet(Database::Sqlite).await;
    simulation.world.sides[PLACE].hidden.insert(("Account", "Site"), 0);

    tamper(&simulation, "update {records} set \"site\" = null").await;

    assert_eq!(found_after_slice(&mut simulation).await, [Invariant::I6Evidence]);
}

#[tokio::test]
async fn a_roll_up_that_stays_wrong_is_found() {
    let mut simulation = quiet(Database::Sqlite).await;
    let (place, rule) = (1, 2);
    assert_eq!(simulation.world.sides[place].rules[rule].sobject, "Project__c");

    tamper_with(&simulation, place, rule, "update {records} set \"milestones__c\" = 999").await;
    simulation.moment += 1;
    simulation.check_slice(Some(place)).await;
    simulation.check_quiet();

    assert_eq!(found(&mut simulation), [Invariant::I1Convergence]);
}

#[tokio::test]
async fn a_read_of_columns_that_holds_changes_back_is_found() {
    let mut simulation = quiet(Database::Sqlite).await;
    let reading = |until| Checkpoint {
        position: Position::Keyset(KeysetPosition {
            from: None,
            until: Timestamp::from_millis(until),
            after: None,
            kind: ReadKind::Fields,
            pass: KeysetPass::Records,
            is_weighed: false,
        }),
        complete_until: simulation.stored[PLACE].checkpoints[RULE].complete_until,
    };
    let position = serde_json::to_string(&reading(2).position).unwrap();
    simulation.stored[PLACE].checkpoints[RULE] = reading(1);
    simulation.due = Some((PLACE, RULE));

    let sql =
        format!("update {{checkpoints}} set \"position\" = '{position}' where \"sync_rule_id\" = '{{rule}}'");
    tamper(&simulation, &sql).await;

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
async fn calls_that_nobody_booked_and_calls_beyond_what_may_be_spent_are_found() {
    let mut simulation = quiet(Database::Sqlite).await;
    let fair = Spent { made: 3, booked: 3, lately: 10, allotment: Some(10), left: Some(3) };
    let mut found_in = |spent| {
        crate::checker::check_budget(&mut simulation.findings, "Harbour", spent);
        found(&mut simulation)
    };

    assert_eq!(found_in(fair), []);
    // The call that asks whether there is room again.
    assert_eq!(found_in(Spent { made: 1, left: Some(0), ..fair }), []);
    for broken in [
        Spent { booked: 2, ..fair },
        Spent { lately: 11, ..fair },
        Spent { left: Some(2), ..fair },
        Spent { made: 2, left: Some(0), ..fair },
    ] {
        assert_eq!(found_in(broken), [Invariant::I11Budget], "{broken:?}");
    }
}

#[tokio::test]
async fn a_refresh_token_that_is_presented_twice_is_found() {
    let mut simulation = quiet(Database::Sqlite).await;

    crate::checker::check_reuses(&mut simulation.findings, 2, 1);

    assert_eq!(found(&mut simulation), [Invariant::I10TokenCustody]);
}
