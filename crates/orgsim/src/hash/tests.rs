use crate::hash::{RowsHash, comparable_fields, hash_rows};
use crate::org::{Org, OrgConfig};
use crate::value::Value;

const NOW_MS: i64 = 1_790_000_000_000;

fn org_of(counts: &[(&str, u32)]) -> Org {
    let counts = counts.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect();
    Org::new(OrgConfig { seed: 7, counts, now_ms: NOW_MS })
}

fn hash(org: &Org, name: &str) -> RowsHash {
    let sobject = org.schema().find(name).unwrap();
    hash_rows(&org.read(), sobject, &comparable_fields(sobject), &|_| true)
}

#[test]
fn a_change_of_one_cell_changes_the_hash_and_back() {
    let org = org_of(&[("Account", 300)]);
    let account = org.schema().find("Account").unwrap();
    let site = account.field("Site").unwrap();
    let modified = ["LastModifiedDate", "SystemModstamp", "LastModifiedById"];
    let fields: Vec<_> =
        comparable_fields(account).into_iter().filter(|f| !modified.contains(&f.name.as_str())).collect();
    let hash = |org: &Org| hash_rows(&org.read(), account, &fields, &|_| true);
    let view = org.read();
    let row = view.rows(account).nth(17).unwrap();
    let before = (view.value(account, &row, site).into_owned(), hash(&org));

    org.update(account, &view.id(&row), &[(site.index, Value::text("elsewhere"))], NOW_MS).unwrap();
    let changed = hash(&org);
    org.update(account, &view.id(&row), &[(site.index, before.0)], NOW_MS).unwrap();

    assert_ne!(changed, before.1);
    assert_eq!(hash(&org), before.1);
}

#[test]
fn the_hash_is_the_sum_over_any_split_of_the_rows() {
    let org = org_of(&[("Contact", 501), ("Account", 20)]);
    let contact = org.schema().find("Contact").unwrap();
    let view = org.read();
    let fields = comparable_fields(contact);
    let is_even = |row: &crate::org::Row| view.id(row).sequence().unwrap().is_multiple_of(2);

    let even = hash_rows(&view, contact, &fields, &is_even);
    let odd = hash_rows(&view, contact, &fields, &|row| !is_even(row));

    assert_eq!(even.plus(odd), hash(&org, "Contact"));
    assert_eq!(even.rows + odd.rows, 501);
}

#[test]
fn deleted_records_do_not_count() {
    let org = org_of(&[("Case", 40)]);
    let case = org.schema().find("Case").unwrap();
    let view = org.read();
    let id = view.id(&view.rows(case).next().unwrap());
    let before = hash(&org, "Case");

    org.delete(case, &id, NOW_MS).unwrap();

    assert_eq!(hash(&org, "Case").rows, before.rows - 1);
    assert_ne!(hash(&org, "Case").sum, before.sum);
}

#[test]
fn a_known_cell_has_the_hash_of_its_spelling() {
    let org = org_of(&[]);
    let organization = org.schema().find("Organization").unwrap();
    let field = organization.field("FiscalYearStartMonth").unwrap();

    let hash = hash_rows(&org.read(), organization, &[field], &|_| true);

    let text = format!("{}\u{1F}fiscalyearstartmonth\u{1F}d1", org.organization_id());
    let digest = ring::digest::digest(&ring::digest::SHA256, text.as_bytes());
    assert_eq!(hash.sum.to_be_bytes(), digest.as_ref()[..16]);
    assert_eq!(hash.to_hex().len(), 32);
}
