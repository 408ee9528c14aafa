use super::{Absent, Mutation, Org, OrgConfig, OrgView, Row};
use crate::clock::Clock;
use crate::id::RecordId;
use crate::rights::Rights;
use crate::schema::{Field, SObject};
use crate::value::Value;

const NOW_MS: i64 = 1_790_000_000_000;

fn org_with_seed(seed: u64) -> Org {
    let counts =
        [("Account", 200), ("Contact", 400), ("Opportunity", 150), ("Case", 150), ("Project__c", 60)];
    let counts = counts.map(|(name, count)| (name.to_owned(), count)).into();
    Org::new(OrgConfig { seed, counts, now_ms: NOW_MS })
}

fn sobject(name: &str) -> &'static SObject {
    crate::schema::Schema::standard().find(name).unwrap()
}

fn read(org: &Org, name: &str, row: &Row, field: &str) -> Value<'static> {
    let sobject = sobject(name);
    org.read().value(sobject, row, sobject.field(field).unwrap()).into_owned()
}

fn first(org: &Org, name: &str) -> (Row, RecordId) {
    let view = org.read();
    let row = view.rows(sobject(name)).next().unwrap();
    (row, view.id(&row))
}

fn field(name: &str, field: &str) -> usize {
    sobject(name).field(field).unwrap().index
}

#[test]
fn rows_ascend_by_id_and_are_found_by_it() {
    let org = org_with_seed(1);
    let view = org.read();

    let ids: Vec<_> = view.rows(sobject("Contact")).map(|row| view.id(&row)).collect();

    assert_eq!(ids.len(), view.row_count(sobject("Contact")));
    assert!(ids.is_sorted());
    assert!(ids.iter().all(|id| view.id(&view.find(sobject("Contact"), id).unwrap()) == *id));
    assert_eq!(view.find(sobject("Account"), &ids[0]), None);
}

#[test]
fn a_written_record_has_its_values_its_defaults_and_its_audit_fields() {
    let org = org_with_seed(1);

    let id = org.insert(sobject("Case"), &[(field("Case", "Subject"), Value::text("no power"))], NOW_MS);

    let row = org.read().find(sobject("Case"), &id).unwrap();
    assert_eq!(read(&org, "Case", &row, "Subject"), Value::text("no power"));
    assert_eq!(read(&org, "Case", &row, "Status"), Value::text("New"));
    assert_eq!(read(&org, "Case", &row, "IsClosed"), Value::Bool(false));
    assert_eq!(read(&org, "Case", &row, "CaseNumber"), Value::text("00001151"));
    assert_eq!(read(&org, "Case", &row, "Description"), Value::Null);
    assert_eq!(read(&org, "Case", &row, "SystemModstamp"), Value::DateTime(NOW_MS));
    assert_eq!(read(&org, "Case", &row, "OwnerId"), Value::Id(org.user_id()));
}

#[test]
fn the_stage_takes_probability_and_forecast_with_it() {
    let org = org_with_seed(1);
    let (row, id) = first(&org, "Opportunity");
    let values = [
        (field("Opportunity", "StageName"), Value::text("Closed Won")),
        (field("Opportunity", "Amount"), Value::Number(rust_decimal::Decimal::new(123_456, 2))),
    ];

    org.update(sobject("Opportunity"), &id, &values, NOW_MS).unwrap();

    let read = |name| read(&org, "Opportunity", &row, name);
    assert_eq!(read("IsWon"), Value::Bool(true));
    assert_eq!(read("Probability"), Value::Number(100.into()));
    assert_eq!(read("ForecastCategory"), Value::text("Closed"));
    assert_eq!(read("ExpectedRevenue"), read("Amount"));
    assert_eq!(read("LastStageChangeDate"), Value::DateTime(NOW_MS));
}

#[test]
fn the_recycle_bin_keeps_a_record_until_it_is_purged() {
    let org = org_with_seed(1);
    let (row, id) = first(&org, "Account");
    let account = sobject("Account");
    let before = org.read();

    org.delete(account, &id, NOW_MS + 5).unwrap();

    assert!(org.read().is_deleted(&row));
    assert!(!before.is_deleted(&row), "a view does not see later changes");
    assert_eq!(read(&org, "Account", &row, "IsDeleted"), Value::Bool(true));
    assert_eq!(read(&org, "Account", &row, "SystemModstamp"), Value::DateTime(NOW_MS + 5));
    assert_eq!(org.update(account, &id, &[], NOW_MS), Err(Absent::Deleted));
    assert_eq!(org.delete(account, &id, NOW_MS), Err(Absent::Deleted));
    org.undelete(account, &id, NOW_MS + 9).unwrap();
    assert_eq!(read(&org, "Account", &row, "SystemModstamp"), Value::DateTime(NOW_MS + 9));
    assert_eq!(org.undelete(account, &id, NOW_MS), Err(Absent::NotDeleted));
    org.purge(account, &id).unwrap();
    assert_eq!(org.read().find(account, &id), None);
    assert!(!org.read().exists(&row));
    assert_eq!(org.read().row_count(account), 199);
    assert_eq!(org.update(account, &id, &[], NOW_MS), Err(Absent::NotFound));
}

#[test]
fn a_mutation_changes_what_it_says_and_does_so_again() {
    let mutation = Mutation { created: 5, updated: 30, deleted: 10, seed: 3 };
    let account = sobject("Account");
    let mutate = || {
        let org = org_with_seed(1);
        let report = org.mutate(account, mutation, NOW_MS);
        (org, report)
    };

    let (org, report) = mutate();
    let (again, same) = mutate();

    let view = org.read();
    let moved = |row: &Row| read(&org, "Account", row, "SystemModstamp") == Value::DateTime(NOW_MS);
    assert_eq!((report.created.len(), report.updated.len(), report.deleted.len()), (5, 30, 10));
    assert_eq!(view.rows(account).filter(moved).count(), 45);
    assert_eq!(view.rows(account).filter(|row| view.is_deleted(row)).count(), 10);
    assert!(report.created.iter().all(|id| id > &view.id(&view.rows(account).nth(199).unwrap())));
    assert_eq!((report.created, report.updated, report.deleted), (same.created, same.updated, same.deleted));
    let fields = crate::hash::comparable_fields(account);
    let hash = |org: &Org| crate::hash::hash_rows(&org.read(), account, &fields, &|_| true);
    assert_eq!(hash(&org), hash(&again));
    assert_ne!(hash(&org), hash(&org_with_seed(1)));
}

#[test]
fn a_mutation_really_changes_most_records_it_updates() {
    let (org, fresh) = (org_with_seed(1), org_with_seed(1));
    let contact = sobject("Contact");

    let report = org.mutate(contact, Mutation { updated: 100, seed: 9, ..Mutation::default() }, NOW_MS);

    let differs = |id: &&RecordId| {
        let (now, then) = (org.read(), fresh.read());
        let row = now.find(contact, id).unwrap();
        let fields = contact.fields.iter().filter(|field| field.updateable);
        fields.into_iter().any(|field| now.value(contact, &row, field) != then.value(contact, &row, field))
    };
    assert!(report.updated.iter().filter(differs).count() > 95);
}

#[test]
fn users_are_never_deleted() {
    let org = org_with_seed(1);

    let report = org.mutate(sobject("User"), Mutation { deleted: 5, ..Mutation::default() }, NOW_MS);

    assert!(report.deleted.is_empty());
}

#[test]
fn a_transaction_shows_at_its_end_or_never() {
    let org = org_with_seed(1);
    let accounts = sobject("Account");
    let name = |text: &'static str| [(field("Account", "Name"), Value::text(text))];
    let count = || org.read().row_count(accounts);
    let before = count();

    let refused: Result<(), ()> = org.transact(|| {
        org.insert(accounts, &name("never"), NOW_MS);
        let others = std::thread::scope(|scope| scope.spawn(count).join().unwrap());
        assert_eq!((count(), others), (before + 1, before));
        Err(())
    });
    let kept: Result<(), ()> = org.transact(|| {
        org.insert(accounts, &name("kept"), NOW_MS);
        let inner: Result<(), ()> = org.transact(|| {
            org.insert(accounts, &name("undone"), NOW_MS);
            Err(())
        });
        assert_eq!((inner, count()), (Err(()), before + 1));
        Ok(())
    });
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        org.transact(|| -> Result<(), ()> { panic!("on purpose") })
    }));

    assert_eq!((refused, kept, panicked.is_err()), (Err(()), Ok(()), true));
    assert_eq!(count(), before + 1);
}

#[test]
fn records_are_found_by_their_values_as_by_reading_all() {
    let org = org_with_seed(3);
    let contacts = sobject("Contact");
    let before = org.read();
    let changes = Mutation { created: 40, updated: 80, deleted: 10, seed: 5 };
    org.mutate(contacts, changes, NOW_MS);
    let (_, id) = first(&org, "Contact");
    let values = ["FirstName", "LastName"].map(|name| (field("Contact", name), Value::text("Ångström")));
    org.update(contacts, &id, &values, NOW_MS).unwrap();
    org.insert(contacts, &values, NOW_MS + 5);

    for view in [org.read(), before] {
        for name in ["External_Id__c", "Email", "AccountId", "ReportsToId", "Phone", "Name"] {
            assert_found_by_values(&view, contacts, name);
        }
        for name in [
            "OwnerId",
            "CreatedById",
            "LastModifiedById",
            "CreatedDate",
            "SystemModstamp",
            "LastModifiedDate",
        ] {
            assert_found_by_values(&view, contacts, name);
        }
    }
}

fn assert_found_by_values(view: &OrgView<'_>, sobject: &SObject, name: &str) {
    let field = sobject.field(name).unwrap();
    let fold = |value: Value<'_>| match value {
        Value::Text(text) if !field.case_sensitive => Value::owned_text(text.to_lowercase()),
        value => value.into_owned(),
    };
    let values: Vec<_> =
        view.rows(sobject).map(|row| (row, fold(view.value(sobject, &row, field)))).collect();
    for (_, wanted) in values.iter().step_by(7).chain(values.last()) {
        let read = values.iter().filter(|(_, value)| value == wanted).map(|(row, _)| *row);
        assert_eq!(view.rows_with(sobject, field, wanted), read.collect::<Vec<Row>>(), "{name} {wanted:?}");
    }
}

#[test]
fn written_records_are_found_by_when_they_changed_without_looking_at_others() {
    let org = org_with_seed(3);
    let contacts = sobject("Contact");
    let stamp = contacts.field("SystemModstamp").unwrap();
    for second in 0..50 {
        let mutation = Mutation { created: 20, updated: 20, deleted: 5, seed: second };
        org.mutate(contacts, mutation, NOW_MS + second as i64 * 1_000);
    }
    let first: Vec<RecordId> = org.read().rows(contacts).take(50).map(|row| org.read().id(&row)).collect();
    first.iter().for_each(|id| org.set_quietly("Contact", id, &[("Title", Value::text("Lock keeper"))]));
    let view = org.read();

    let key = crate::index::key_of_instant(NOW_MS + 49_000);
    let found = view.rows_with_keys(contacts, stamp, &[key..=key]).unwrap();

    assert_eq!(found.len(), 45);
    assert_ordered_by_time(&view, contacts, stamp);
}

#[test]
fn views_of_the_past_find_their_records_when_their_values_are_forgotten() {
    let org = org_with_seed(3);
    let contacts = sobject("Contact");
    org.mutate(contacts, Mutation { updated: 100, seed: 1, ..Mutation::default() }, NOW_MS);
    let past = org.read();
    for second in 1..800 {
        org.mutate(
            contacts,
            Mutation { updated: 100, seed: 1, ..Mutation::default() },
            NOW_MS + second * 1_000,
        );
    }

    for (view, now_ms) in [(past, NOW_MS), (org.read(), NOW_MS + 799_000)] {
        let stamp = contacts.field("SystemModstamp").unwrap();
        assert_eq!(view.rows_with(contacts, stamp, &Value::DateTime(now_ms)).len(), 100);
        assert_ordered_by_time(&view, contacts, stamp);
    }
}

fn assert_ordered_by_time(view: &OrgView<'_>, sobject: &'static SObject, field: &'static Field) {
    let time = |row: &Row| match view.value(sobject, row, field) {
        Value::DateTime(ms) => ms,
        value => panic!("no instant: {value:?}"),
    };
    let mut read: Vec<(i64, Row)> = view.rows(sobject).map(|row| (time(&row), row)).collect();
    read.sort_unstable();
    let middle = read[read.len() / 2].0;
    for within in
        [i64::MIN..=i64::MAX, middle..=i64::MAX, i64::MIN..=middle, middle..=middle, middle + 1..=middle]
    {
        let expected: Vec<Row> =
            read.iter().filter(|(ms, _)| within.contains(ms)).map(|(_, row)| *row).collect();
        assert_eq!(view.rows_by_time(sobject, field, within).unwrap().collect::<Vec<_>>(), expected);
    }
}

#[test]
fn logs_are_written_while_others_write() {
    let org = org_with_seed(1);
    let (logins, users) = (sobject("LoginHistory"), sobject("User"));
    let user = org.user_id();
    let log = || {
        let id = org.add_own("LoginHistory", &[("UserId", Value::Id(user))], NOW_MS).unwrap();
        org.set_quietly("User", &user, &[("LastLoginDate", Value::DateTime(NOW_MS))]);
        id
    };
    let gone = log();
    let before = org.read().row_count(logins);

    let written: Result<[RecordId; 2], ()> = org.transact(|| {
        let title = [(field("User", "Title"), Value::text("Lock keeper"))];
        org.update(users, &user, &title, NOW_MS).unwrap();
        let own = log();
        let other = std::thread::scope(|scope| {
            let work = || {
                org.purge_own(logins, &gone);
                let id = log();
                assert!(org.read().find(logins, &id).is_some());
                id
            };
            scope.spawn(work).join().unwrap()
        });
        Ok([own, other])
    });

    let [own, other] = written.unwrap();
    let view = org.read();
    assert_ne!(own, other);
    assert!([own, other].iter().all(|id| view.find(logins, id).is_some()));
    assert_eq!((view.find(logins, &gone), view.row_count(logins)), (None, before + 1));
    let row = view.find(users, &user).unwrap();
    assert_eq!(read(&org, "User", &row, "Title"), Value::text("Lock keeper"));
    assert_eq!(read(&org, "User", &row, "LastLoginDate"), Value::DateTime(NOW_MS));
}

#[test]
fn a_read_does_not_wait_for_a_writer_to_empty_the_recycle_bin() {
    let org = org_with_seed(1);
    let accounts = sobject("Account");
    let clock = Clock::default();
    clock.set(NOW_MS);
    org.set_clock(clock.clone());
    let (row, id) = first(&org, "Account");
    org.delete(accounts, &id, NOW_MS).unwrap();
    clock.advance(16 * 24 * 3_600_000);

    let seen: Result<bool, ()> = org
        .transact(|| Ok(std::thread::scope(|scope| scope.spawn(|| org.read().exists(&row)).join().unwrap())));

    assert_eq!((seen, org.read().exists(&row)), (Ok(true), false));
}

#[test]
fn the_records_of_stages_say_what_a_stage_brings() {
    let org = org_with_seed(1);
    let (stages, deals) = (sobject("OpportunityStage"), sobject("Opportunity"));
    let name = stages.field("ApiName").unwrap();
    let id = {
        let view = org.read();
        let row = view.rows_with(stages, name, &Value::text("Qualification"))[0];
        view.id(&row)
    };
    let values = [
        (field("OpportunityStage", "DefaultProbability"), Value::Number(35.into())),
        (field("OpportunityStage", "ForecastCategoryName"), Value::text("Best Case")),
    ];
    org.update(stages, &id, &values, NOW_MS).unwrap();
    let (row, deal) = first(&org, "Opportunity");

    let stage = [(field("Opportunity", "StageName"), Value::text("Qualification"))];
    org.update(deals, &deal, &stage, NOW_MS).unwrap();

    assert_eq!(read(&org, "Opportunity", &row, "Probability"), Value::Number(35.into()));
    assert_eq!(read(&org, "Opportunity", &row, "ForecastCategoryName"), Value::text("Best Case"));
    let unknown = [(field("Opportunity", "StageName"), Value::text("Haggling"))];
    org.update(deals, &deal, &unknown, NOW_MS).unwrap();
    assert_eq!(read(&org, "Opportunity", &row, "Probability"), Value::Number(35.into()));
}

#[test]
fn activities_are_archived_by_the_clock() {
    let counts = [("Task".to_owned(), 300)].into();
    let org = Org::new(OrgConfig { seed: 1, counts, now_ms: NOW_MS });
    let clock = Clock::default();
    clock.set(NOW_MS);
    org.set_clock(clock.clone());
    let tasks = sobject("Task");
    let archived = || {
        let view = org.read();
        view.rows(tasks).filter(|row| view.is_hidden(row)).count()
    };
    let before = archived();

    clock.advance(300 * 24 * 3_600_000);

    assert!(archived() > before, "{before}");
}

#[test]
fn as_many_views_of_a_user_are_remembered_as_there_is_room_for() {
    let org = org_with_seed(1);
    let rows: Vec<Row> = (0..30_000).map(|number| Row { sobject: 0, number }).collect();
    for (at, rows) in rows.chunks(1_000).enumerate() {
        org.mark_viewed(org.user_id(), rows, crate::soql::ViewMark::Viewed, NOW_MS + at as i64);
    }
    let accounts = sobject("Account");
    let viewed = accounts.field("LastViewedDate").unwrap();
    let view = org.read_for(&Rights::unlimited(org.user_id()));

    let seen = |row: &&Row| !view.value(accounts, row, viewed).is_null();

    let count = rows.iter().filter(seen).count();
    assert!((10_000..=20_000).contains(&count) && seen(&rows.last().unwrap()), "{count}");
}
