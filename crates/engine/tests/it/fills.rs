//! Columns that are filled while people go on changing records: changes come first, and the fill keeps its place.

use model::{Integration, Position, ReadKind, SyncRule};
use orgsim::{FaultKind, FaultSpec, SimulatorConfig};
use store::checkpoints::{find_checkpoint, find_waiting_read};

use crate::copied;
use crate::on_both;
use crate::rules::{Rule, all};
use crate::test_database::Database;
use crate::test_org::{TestOrg, config, text};
use crate::test_server::{MINUTE_MS, TestServer};

on_both!(
    changes_are_read_while_a_job_for_a_new_column_takes_long,
    a_fill_whose_run_was_cancelled_goes_on_after_the_changes,
    a_fill_of_a_field_that_changed_its_type_meanwhile_begins_anew,
    a_fill_leaves_records_that_changed_in_the_second_in_which_it_began,
);

const NARROW: Rule = all("Project__c").fields(&["Name", "Web_Page__c"]);
const WIDER: Rule = all("Project__c").fields(&["Name", "Web_Page__c", "Hotline__c"]);

/// A server whose job for a new column is under way and takes long.
struct Filling {
    org: TestOrg,
    server: TestServer,
    integration: Integration,
    rule: SyncRule,
}

impl Filling {
    async fn begin(database: Database) -> Self {
        Self::begin_after(database, 40, |_| {}).await
    }

    /// The same where somebody does something right before, and the job is not complete before it is asked so often.
    async fn begin_after(database: Database, polls: u32, act: impl Fn(&TestOrg)) -> Self {
        let standing = SimulatorConfig { clock_stands: true, ..config(&[("Project__c", 60)]) };
        let org = TestOrg::start(standing);
        let server = TestServer::start_reading_by_bulk(database, &[&org]).await;
        let integration = server.activate(&org, &[NARROW]).await;
        server.finish_run(integration.id).await;
        let filling = Self { rule: server.put_rule(integration.id, &WIDER).await, org, server, integration };
        filling.pass(20);
        filling.org.befall(FaultSpec { polls: Some(polls), ..FaultSpec::new(FaultKind::BulkSlow, "") });
        act(&filling.org);
        filling.server.work().await;
        assert!(filling.is_filling().await, "{:?}", filling.position().await);
        filling
    }

    fn pass(&self, minutes: i64) {
        self.org.pass_minutes(minutes);
        self.server.clock.advance(minutes * MINUTE_MS);
    }

    async fn position(&self) -> Position {
        find_checkpoint(self.server.store(), self.rule.id).await.unwrap().unwrap().position
    }

    async fn is_filling(&self) -> bool {
        matches!(self.position().await, Position::Bulk(bulk) if bulk.kind == ReadKind::Fields)
    }

    async fn stored(&self, id: &str, column: &str) -> Option<String> {
        let table = self.server.database.records(self.integration.slug.as_str(), "Project__c");
        let sql = format!("select \"{column}\" from {table} where \"id\" = '{id}'");
        self.server.database.rows(&sql).await.remove(0).remove(0)
    }

    async fn assert_copy_equals(&self) {
        let (database, slug) = (&self.server.database, self.integration.slug.as_str());
        let found = copied::found(database, slug, &self.org, &WIDER).await;
        copied::assert_same(&found, &copied::expected(&self.org, &WIDER));
    }

    /// Lets the job come to its end, and the fill with it.
    async fn finish(&self) {
        self.org.end_faults();
        for _ in 0..240 {
            self.server.work().await;
            if self.position().await == Position::Idle {
                assert_eq!(find_waiting_read(self.server.store(), self.rule.id).await.unwrap(), None);
                return;
            }
            self.pass(1);
        }
        panic!("the fill does not come to its end");
    }
}

async fn changes_are_read_while_a_job_for_a_new_column_takes_long(database: Database) {
    let filling = Filling::begin(database).await;
    let ids = filling.org.ids("Project__c");

    for (round, id) in ids.iter().take(3).enumerate() {
        let name = format!("Sluice {round}");
        filling.org.update("Project__c", id, &[("Name", text(&name)), ("Hotline__c", text("+1 555 0100"))]);
        filling.pass(16);
        filling.server.work().await;

        // What changed is there, and the same job goes on.
        assert_eq!(filling.stored(id.as_str(), "name").await, Some(name));
        assert_eq!(filling.stored(id.as_str(), "hotline__c").await.as_deref(), Some("+1 555 0100"));
        assert!(filling.is_filling().await);
    }
    filling.finish().await;

    filling.assert_copy_equals().await;
    // Everything once, and one column.
    assert_eq!(filling.org.calls("bulk_create"), 2);
}

async fn a_fill_whose_run_was_cancelled_goes_on_after_the_changes(database: Database) {
    let filling = Filling::begin(database).await;
    let server = &filling.server;
    let run = server.runs(filling.integration.id).await.remove(0);
    server.engine.cancel_run(&server.admin.reader, run.id).await.unwrap().unwrap();
    let id = filling.org.ids("Project__c")[5];
    filling.org.update("Project__c", &id, &[("Name", text("Weir"))]);

    filling.pass(16);
    server.work().await;

    assert_eq!(filling.stored(id.as_str(), "name").await.as_deref(), Some("Weir"));
    assert!(filling.is_filling().await);
    filling.finish().await;
    filling.assert_copy_equals().await;
    assert_eq!(filling.org.calls("bulk_create"), 2);
}

async fn a_fill_of_a_field_that_changed_its_type_meanwhile_begins_anew(database: Database) {
    let filling = Filling::begin(database).await;
    let types = serde_json::json!({"Hotline__c": {"type": "textarea", "length": 1_000}});
    filling.org.change_fields(serde_json::json!({"retype": types})).await;

    filling.pass(16);
    filling.server.work().await;
    filling.finish().await;

    filling.assert_copy_equals().await;
    assert_eq!(filling.org.calls("bulk_create"), 3);
}

async fn a_fill_leaves_records_that_changed_in_the_second_in_which_it_began(database: Database) {
    let now = |org: &TestOrg| org.now_ms() / 1_000 * 1_000;
    let change = |org: &TestOrg| {
        let id = org.ids("Project__c")[9];
        org.update_at("Project__c", &id, &[("Hotline__c", text("first"))], now(org) - 100);
    };
    let filling = Filling::begin_after(database, 3, change).await;
    let id = filling.org.ids("Project__c")[9];
    assert_eq!(filling.stored(id.as_str(), "hotline__c").await.as_deref(), Some("first"));

    // What came later under the same stamp, which the job knows nothing of.
    let table = filling.server.database.records(filling.integration.slug.as_str(), "Project__c");
    let sql = format!("update {table} set \"hotline__c\" = 'second' where \"id\" = '{id}'");
    filling.server.database.rows(&sql).await;
    filling.finish().await;
    assert_eq!(filling.stored(id.as_str(), "hotline__c").await.as_deref(), Some("second"));

    // The next read of changes reaches back that far.
    filling.pass(16);
    filling.server.work().await;
    filling.assert_copy_equals().await;
}
