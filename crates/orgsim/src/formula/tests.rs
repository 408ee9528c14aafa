use rust_decimal::Decimal;

use super::{Blank, Formula, Scope};
use crate::org::{Org, OrgConfig};
use crate::schema::{Computation, Schema};
use crate::value::Value;

/// A Saturday, 2026-11-21 14:04:05 in Los Angeles.
const NOW_MS: i64 = 1_795_298_645_000;

fn evaluate(text: &str) -> String {
    let org = Org::new(OrgConfig { seed: 1, counts: std::collections::BTreeMap::new(), now_ms: NOW_MS });
    let sobject = |name| Schema::standard().find(name).unwrap();
    let values = |sobject: &str, values: &[(&str, Value<'static>)]| {
        let sobject = Schema::standard().find(sobject).unwrap();
        values
            .iter()
            .map(|(name, value)| (sobject.field(name).unwrap().index, value.clone()))
            .collect::<Vec<_>>()
    };
    let account = [("Name", Value::text("Lockside Mills")), ("NumberOfEmployees", Value::Int(40))];
    let account = org.insert(sobject("Account"), &values("Account", &account), NOW_MS);
    let project = [
        ("Name", Value::text("Weir")),
        ("Account__c", Value::Id(account)),
        ("Budget__c", Value::Number(Decimal::new(25_050, 2))),
        ("Start_Date__c", Value::Date("2026-01-31".parse().unwrap())),
        ("Status__c", Value::text("Active")),
        ("Skills__c", Value::text("Welding;Design")),
    ];
    let id = org.insert(sobject("Project__c"), &values("Project__c", &project), NOW_MS);
    let view = org.read();
    let sobject = sobject("Project__c");
    let row = view.find(sobject, &id).unwrap();
    let formula = Formula::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    assert_eq!(formula.find_unknown(Schema::standard(), sobject), None, "{text}");
    let scope = Scope { view: &view, sobject, row, before: None, blank: Blank::Blank, depth: 0 };
    match formula.evaluate(&scope) {
        Value::Number(number) => number.normalize().to_string(),
        Value::Text(text) => format!("'{text}'"),
        other => format!("{other:?}"),
    }
}

#[test]
fn formulas_compute_what_salesforce_does() {
    let cases = [
        ("1 + 2 * 3 - 4 / 8", "6.5"),
        ("-(2 ^ 3 ^ 2) + 10 ^ -1", "-511.9"),
        ("1 / 0", "Null"),
        ("Budget__c + Spent__c", "Null"),
        ("Budget__c * 2", "501"),
        ("Name & \" of \" & Account__r.Name & '!'", "'Weir of Lockside Mills!'"),
        ("Account__r.Parent.Name", "Null"),
        ("Account__r.Owner:User.Name = Owner.Name", "Bool(true)"),
        ("IF(Account__r.NumberOfEmployees > 39, 'large', 'small')", "'large'"),
        ("CASE(Status__c, 'Planned', 1, 'Active', 2, 3)", "2"),
        ("CASE(TEXT(Status__c), 'x', 1, 9)", "9"),
        ("AND(ISBLANK(Spent__c), NOT(ISBLANK(Name)), !FALSE)", "Bool(true)"),
        ("OR(Spent__c > 0, Spent__c <= 0)", "Bool(false)"),
        ("TRUE && (1 = 2 || 'a' <> 'b')", "Bool(true)"),
        ("BLANKVALUE(Spent__c, 7)", "7"),
        ("ISPICKVAL(Status__c, 'Active') && INCLUDES(Skills__c, 'Design')", "Bool(true)"),
        ("TODAY()", "Date(2026-11-21)"),
        ("TODAY() - Start_Date__c", "294"),
        ("Start_Date__c + 1 /* a day */", "Date(2026-02-01)"),
        ("ADDMONTHS(Start_Date__c, 1)", "Date(2026-02-28)"),
        ("DATE(2026, 2, 30)", "Null"),
        ("YEAR(Start_Date__c) * 100 + MONTH(Start_Date__c)", "202601"),
        ("WEEKDAY(TODAY())", "7"),
        ("TEXT(DATEVALUE(NOW()))", "'2026-11-21'"),
        ("TEXT(NOW())", "'2026-11-21 22:04:05Z'"),
        ("TEXT(Budget__c)", "'250.5'"),
        ("LEFT(Name, 2) + RIGHT(Name, 1) & MID('abcdef', 2, 3)", "'Werbcd'"),
        ("LPAD('7', 3, '0') & RPAD('x', 3)", "'007x  '"),
        ("FIND('s', 'Lockside') + LEN('Ångström')", "13"),
        ("SUBSTITUTE(UPPER('abc'), 'B', '-')", "'A-C'"),
        ("CONTAINS(Name, 'ei') && BEGINS(Name, 'We')", "Bool(true)"),
        ("ROUND(2.5, 0) + ROUND(-2.345, 2) + TRUNC(1.99)", "1.65"),
        ("ROUND(1250, -2)", "1300"),
        ("CEILING(-1.2) + FLOOR(-1.2) + ABS(-1) + MOD(7, 4)", "1"),
        ("MAX(1, 3, 2) - MIN(4, 2)", "1"),
        ("VALUE('12.50') + 1", "13.5"),
        ("VALUE('twelve')", "Null"),
        ("ISNUMBER('1.5') && NOT(ISNUMBER('x'))", "Bool(true)"),
        ("ISNEW() && NOT(ISCHANGED(Name))", "Bool(true)"),
    ];
    for (text, wanted) in cases {
        assert_eq!(evaluate(text), wanted, "{text}");
    }
}

#[test]
fn what_is_no_formula_is_refused() {
    let deep = format!("{}1{}", "(".repeat(200), ")".repeat(200));
    for text in ["", "1 +", "(1", "'a", "NOSUCH(1)", "IF(1)", "1 2", "a.", "LEFT('a')", "#", &deep] {
        assert!(Formula::parse(text).is_err(), "{text}");
    }
    let project = Schema::standard().find("Project__c").unwrap();
    for (text, unknown) in [
        ("Nome", Some("Nome")),
        ("Account__r.Nome", Some("Account__r.Nome")),
        ("Accounts.Name", Some("Accounts.Name")),
        ("Account__r.Owner.Name", None),
    ] {
        let found = Formula::parse(text).unwrap().find_unknown(Schema::standard(), project);
        assert_eq!(found.as_deref(), unknown, "{text}");
    }
}

#[test]
fn all_computed_fields_name_what_there_is() {
    let schema = Schema::standard();
    for sobject in schema.sobjects() {
        for field in &sobject.fields {
            let unknown = match &field.computation {
                Some(Computation::Formula(formula)) => formula.find_unknown(schema, sobject),
                Some(Computation::RollUp(roll_up)) => roll_up.find_unknown(schema),
                None => None,
            };
            assert_eq!(unknown, None, "{}.{}", sobject.name, field.name);
        }
    }
}
