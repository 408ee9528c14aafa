use super::{Absent, Mutation, Org, OrgConfig, OrgView, Row};
use crate::id::RecordId;
use crate::schema::SObject;
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
        for name in ["OwnerId", "CreatedById", "LastModifiedById", "CreatedDate", "SystemModstamp"] {
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
