//! Random statements that are right, about records that are there.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::reference::{Record, Reference};
use crate::schema::{Field, FieldKind, SObject, Schema};
use crate::soql::ast::{
    Argument, Call, Comparand, Condition, Item, Literal, LiteralKind, Operand, Operator, Order, Path, Place,
    Relative, Source, Span, Statement, Tail, Test, TypeOf, Unit, With, Word,
};
use crate::value::Value;

mod groups;

const PLACE: Place = Place(0);

/// What statements are about.
const ROOTS: [&str; 6] = ["Account", "Contact", "Opportunity", "Case", "Project__c", "User"];

const DATE_PARTS: [&str; 11] = [
    "CALENDAR_MONTH",
    "CALENDAR_QUARTER",
    "CALENDAR_YEAR",
    "DAY_IN_MONTH",
    "DAY_IN_WEEK",
    "DAY_IN_YEAR",
    "FISCAL_MONTH",
    "FISCAL_QUARTER",
    "FISCAL_YEAR",
    "WEEK_IN_MONTH",
    "WEEK_IN_YEAR",
];

const TIME_PARTS: [&str; 2] = ["DAY_ONLY", "HOUR_IN_DAY"];

/// Makes statements and counts what they have in them.
pub(super) struct Generator<'a> {
    reference: &'a Reference,
    state: u64,
    pub(super) coverage: BTreeMap<String, u32>,
    /// Whether the statement being made has a semi-join, of which there may be two.
    joins: u32,
}

/// A field and the way to it.
#[derive(Clone)]
struct Found {
    words: Vec<String>,
    field: &'static Field,
}

impl<'a> Generator<'a> {
    pub(super) fn new(reference: &'a Reference, seed: u64) -> Self {
        Self { reference, state: seed, coverage: BTreeMap::new(), joins: 0 }
    }

    /// Returns a number below a bound.
    pub(super) fn below(&mut self, bound: usize) -> usize {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = (self.state ^ self.state >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((mixed ^ mixed >> 31) % bound as u64) as usize
    }

    fn percent(&mut self, chance: usize) -> bool {
        self.below(100) < chance
    }

    fn pick<T: Clone>(&mut self, list: &[T]) -> T {
        list[self.below(list.len())].clone()
    }

    pub(super) fn count(&mut self, what: impl Into<String>) {
        *self.coverage.entry(what.into()).or_default() += 1;
    }

    /// Makes a statement.
    pub(super) fn statement(&mut self) -> Statement {
        self.joins = 0;
        let root = self.pick(&ROOTS);
        let sobject = Schema::standard().find(root).unwrap();
        if self.percent(30) {
            return self.grouped(sobject);
        }
        let mut statement = self.select(sobject, sobject.name.clone(), 0);
        if self.percent(4) {
            self.count("COUNT()");
            statement.items = vec![Item::Call(call("COUNT", Vec::new()), None)];
            statement.order.clear();
            return statement;
        }
        if sobject.field("OwnerId").is_some() && self.percent(5) {
            self.count("USING SCOPE mine");
            statement.scope = Some(word("mine"));
        }
        if self.percent(3) {
            self.count("WITH SECURITY_ENFORCED");
            statement.with = Some(With::Mode(word("SECURITY_ENFORCED")));
        }
        if self.percent(3) {
            self.count("FOR VIEW");
            statement.tails.push(Tail::ForView);
        }
        statement
    }

    /// Makes a statement of records or a subquery, so many levels below the root.
    fn select(&mut self, sobject: &'static SObject, from: String, depth: usize) -> Statement {
        let mut statement = Statement {
            items: Vec::new(),
            from: vec![Source { path: path(&[from]), alias: None }],
            scope: None,
            condition: None,
            with: None,
            group: None,
            having: None,
            order: Vec::new(),
            limit: None,
            offset: None,
            tails: Vec::new(),
        };
        if self.percent(70) {
            statement.condition = Some(self.condition(sobject, 0, depth == 0));
        }
        if self.percent(60) {
            statement.order = self.orders(sobject);
        }
        if self.percent(25) {
            self.count("LIMIT");
            statement.limit = Some(self.below(30) as u64 + 1);
        }
        if depth == 0 && self.percent(10) {
            self.count("OFFSET");
            statement.offset = Some(self.below(5) as u64);
        }
        statement.items = self.items(sobject, depth);
        if depth == 0 && self.percent(10) {
            self.rename(&mut statement, sobject);
        }
        if depth == 0 && self.percent(8) {
            self.turn_page(&mut statement, sobject);
        }
        statement
    }

    /// Makes a page of records by the time they changed, as clients that follow changes ask for.
    fn turn_page(&mut self, statement: &mut Statement, sobject: &'static SObject) {
        self.count("page by SystemModstamp");
        let field = |name: &str| Found { words: vec![name.to_owned()], field: sobject.field(name).unwrap() };
        let [modstamp, id] = ["SystemModstamp", "Id"].map(field);
        let test = |found: &Found, operator, value: Value<'static>| {
            let kind = match value {
                Value::DateTime(ms) => LiteralKind::DateTime(ms),
                value => LiteralKind::Text(value.as_str().unwrap_or_default().to_owned()),
            };
            let operand = Operand::Path(path(&found.words));
            Condition::Test(Test { operand, operator, value: Comparand::One(literal(kind)) })
        };
        let [after, last] = [&modstamp, &id].map(|found| self.value_of(sobject, found));
        let same = Condition::And(vec![
            test(&modstamp, Operator::Equal, after.clone()),
            test(&id, Operator::Greater, last),
        ]);
        let start = Condition::Or(vec![test(&modstamp, Operator::Greater, after), same]);
        statement.condition = match statement.condition.take() {
            Some(condition) if self.percent(50) => Some(Condition::And(vec![start, condition])),
            _ => Some(start),
        };
        let upwards = |found: &Found| Order {
            operand: Operand::Path(path(&found.words)),
            descending: false,
            nulls_last: false,
        };
        statement.order = vec![upwards(&modstamp), upwards(&id)];
        statement.limit = Some(self.below(40) as u64 + 1);
    }

    /// Gives the sObject an alias, and one to a parent, and uses them.
    fn rename(&mut self, statement: &mut Statement, sobject: &'static SObject) {
        self.count("alias in FROM");
        statement.from[0].alias = Some(word("me"));
        let lookups: Vec<_> = lookups(sobject).collect();
        let lookup = lookups[self.below(lookups.len())];
        let relationship = lookup.relationship_name.clone().unwrap();
        statement.from.push(Source { path: path(&["me".to_owned(), relationship]), alias: Some(word("up")) });
        let condition = Condition::Test(Test {
            operand: Operand::Path(path(&["up".to_owned(), "Id".to_owned()])),
            operator: Operator::NotEqual,
            value: Comparand::One(literal(LiteralKind::Null)),
        });
        let own = Condition::Test(Test {
            operand: Operand::Path(path(&["me".to_owned(), "Id".to_owned()])),
            operator: Operator::NotEqual,
            value: Comparand::One(literal(LiteralKind::Null)),
        });
        let both = if self.percent(50) { vec![condition, own] } else { vec![own, condition] };
        statement.condition = match statement.condition.take() {
            Some(before) => Some(Condition::And(vec![Condition::Or(both), before])),
            None => Some(Condition::Or(both)),
        };
    }

    fn items(&mut self, sobject: &'static SObject, depth: usize) -> Vec<Item> {
        let mut names = Vec::new();
        let mut items = vec![Item::Field(path(&["Id".to_owned()]), None)];
        names.push("id".to_owned());
        for at in 0..self.below(5) {
            let found = self.field(sobject, &|field| !field.is_compound() && field.kind != FieldKind::Base64);
            let name = found.words.join(".").to_lowercase();
            if names.contains(&name) {
                continue;
            }
            let alias = self.percent(50).then(|| word(&format!("a{at}")));
            let item = self.item(&found, alias.clone());
            if !matches!(&item, Item::Call(_, Some(_))) {
                names.push(name);
            }
            items.push(item);
        }
        if depth < 2 && self.percent(15) {
            items.extend(self.child(sobject, depth));
        }
        if depth == 0 && self.percent(20) {
            items.extend(self.type_of(sobject));
        }
        if sobject.name == "Account" && self.percent(5) {
            self.count("DISTANCE in SELECT");
            items.push(Item::Call(self.distance("BillingAddress"), None));
        }
        items
    }

    fn item(&mut self, found: &Found, alias: Option<Word>) -> Item {
        let kind = found.field.kind;
        let argument = vec![Argument::Path(path(&found.words))];
        if matches!(kind, FieldKind::Picklist | FieldKind::Multipicklist) && self.percent(30) {
            self.count("toLabel in SELECT");
            return Item::Call(call("toLabel", argument), alias);
        }
        let is_formatted =
            kind.is_decimal() || matches!(kind, FieldKind::Int | FieldKind::Date | FieldKind::DateTime);
        if is_formatted && self.percent(20) {
            self.count("FORMAT in SELECT");
            return Item::Call(call("FORMAT", argument), alias);
        }
        self.count(if found.words.len() > 1 { "parent field in SELECT" } else { "field in SELECT" });
        Item::Field(path(&found.words), None)
    }

    fn child(&mut self, sobject: &'static SObject, depth: usize) -> Option<Item> {
        let schema = Schema::standard();
        let children: Vec<_> = sobject
            .children
            .iter()
            .filter(|child| child.relationship_name.is_some() && schema.find(&child.child_sobject).is_some())
            .collect();
        if children.is_empty() {
            return None;
        }
        let child = children[self.below(children.len())];
        self.count(if depth == 0 { "child subquery" } else { "child subquery in another" });
        let sobject = schema.find(&child.child_sobject)?;
        let name = child.relationship_name.clone()?;
        Some(Item::Subquery(Box::new(self.select(sobject, name, depth + 1)), PLACE))
    }

    fn type_of(&mut self, sobject: &'static SObject) -> Option<Item> {
        let lookup = sobject.fields.iter().find(|field| field.is_polymorphic() && field.name == "OwnerId")?;
        self.count("TYPEOF");
        let path_of = |name: &str| path(&[name.to_owned()]);
        let user =
            vec![path_of("Username"), path_of("IsActive"), path(&["Manager".to_owned(), "Name".to_owned()])];
        let mut cases = vec![(word("User"), user)];
        if self.percent(50) {
            cases.push((word("Group"), vec![path_of("Name"), path_of("Type")]));
        }
        let otherwise = if self.percent(50) { vec![path_of("Name"), path_of("Type")] } else { Vec::new() };
        let path = path_of(lookup.relationship_name.as_ref()?);
        Some(Item::TypeOf(TypeOf { path, cases, otherwise }))
    }

    fn orders(&mut self, sobject: &'static SObject) -> Vec<Order> {
        let count = self.below(3) + 1;
        (0..count).map(|_| self.order(sobject)).collect()
    }

    fn order(&mut self, sobject: &'static SObject) -> Order {
        let found = self.field(sobject, &|field| field.sortable);
        let operand = match found.field.kind {
            FieldKind::Date | FieldKind::DateTime if self.percent(30) => {
                self.count("date function in ORDER BY");
                Operand::Call(self.date_part(&found))
            }
            _ => Operand::Path(path(&found.words)),
        };
        self.directed(operand)
    }

    fn directed(&mut self, operand: Operand) -> Order {
        let order = Order { operand, descending: self.percent(50), nulls_last: self.percent(50) };
        let direction = if order.descending { "DESC" } else { "ASC" };
        let nulls = if order.nulls_last { "LAST" } else { "FIRST" };
        self.count(format!("ORDER BY {direction} NULLS {nulls}"));
        order
    }

    fn condition(&mut self, sobject: &'static SObject, depth: usize, may_join: bool) -> Condition {
        match self.below(10) {
            0..3 if depth < 3 => {
                self.count("AND");
                Condition::And((0..2).map(|_| self.condition(sobject, depth + 1, may_join)).collect())
            }
            3..6 if depth < 3 => {
                self.count("OR");
                let terms = (0..self.below(2) + 2).map(|_| self.condition(sobject, depth + 1, false));
                Condition::Or(terms.collect())
            }
            6 if depth < 3 => {
                self.count("NOT");
                Condition::Not(Box::new(self.condition(sobject, depth + 1, false)))
            }
            7 if may_join && self.joins < 2 => match self.join(sobject) {
                Some(test) => Condition::Test(test),
                None => Condition::Test(self.test(sobject)),
            },
            _ => Condition::Test(self.test(sobject)),
        }
    }

    fn join(&mut self, sobject: &'static SObject) -> Option<Test> {
        let (outer, inner, selected) = match sobject.name.as_str() {
            "Account" => self.pick(&[
                ("Id", "Contact", "AccountId"),
                ("OwnerId", "User", "Id"),
                ("Id", "Opportunity", "AccountId"),
            ]),
            "Contact" => self.pick(&[
                ("AccountId", "Account", "Id"),
                ("Id", "Case", "ContactId"),
                ("AccountId", "Project__c", "Account__c"),
            ]),
            "Opportunity" => ("AccountId", "Account", "Id"),
            "Case" => self.pick(&[("ContactId", "Contact", "Id"), ("OwnerId", "User", "Id")]),
            "Project__c" => ("Account__c", "Account", "Id"),
            _ => return None,
        };
        self.joins += 1;
        let inner = Schema::standard().find(inner)?;
        let mut statement = self.select(inner, inner.name.clone(), 2);
        statement.items = vec![Item::Field(path(&[selected.to_owned()]), None)];
        (statement.limit, statement.offset) = (None, None);
        statement.order.clear();
        let operator = if self.percent(50) { Operator::In } else { Operator::NotIn };
        self.count(format!("{operator} (SELECT …)"));
        Some(Test {
            operand: Operand::Path(path(&[outer.to_owned()])),
            operator,
            value: Comparand::Subquery(Box::new(statement), PLACE),
        })
    }

    fn test(&mut self, sobject: &'static SObject) -> Test {
        if sobject.name == "Account" && self.percent(3) {
            return self.distance_test();
        }
        let has_index = self.percent(15);
        let is_wanted = |field: &Field| !has_index || field.name_field || field.kind == FieldKind::Reference;
        let found =
            self.field(sobject, &|field| field.filterable && !field.is_compound() && is_wanted(field));
        match found.field.kind {
            FieldKind::Date | FieldKind::DateTime if self.percent(25) => self.part_test(sobject, &found),
            FieldKind::Picklist if self.percent(15) => self.label_test(&found),
            _ => {
                let value = self.value_of(sobject, &found);
                self.field_test(&found, value)
            }
        }
    }

    fn distance(&mut self, field: &str) -> Call {
        let degrees = |number: i64| {
            Argument::Literal(literal(LiteralKind::Number(Decimal::new(number, 2).normalize())))
        };
        let from =
            vec![degrees(self.below(18_000) as i64 - 9_000), degrees(self.below(36_000) as i64 - 18_000)];
        let unit = self.pick(&["mi", "km"]);
        let arguments = vec![
            Argument::Path(path(&[field.to_owned()])),
            Argument::Call(call("GEOLOCATION", from)),
            Argument::Literal(literal(LiteralKind::Text(unit.to_owned()))),
        ];
        call("DISTANCE", arguments)
    }

    fn distance_test(&mut self) -> Test {
        self.count("DISTANCE in WHERE");
        let operator = self.pick(&[Operator::Less, Operator::Greater]);
        let limit = Decimal::from(self.below(12_000) as u64 + 1);
        Test {
            operand: Operand::Call(self.distance("BillingAddress")),
            operator,
            value: Comparand::One(literal(LiteralKind::Number(limit))),
        }
    }

    fn date_part(&mut self, found: &Found) -> Call {
        let argument = Argument::Path(path(&found.words));
        if found.field.kind == FieldKind::Date {
            let name = self.pick(&DATE_PARTS);
            self.count(name);
            return call(name, vec![argument]);
        }
        let name = if self.percent(40) { self.pick(&TIME_PARTS) } else { self.pick(&DATE_PARTS) };
        self.count(name);
        if self.percent(50) {
            self.count("convertTimezone");
            return call(name, vec![Argument::Call(call("convertTimezone", vec![argument]))]);
        }
        call(name, vec![argument])
    }

    fn part_test(&mut self, sobject: &'static SObject, found: &Found) -> Test {
        let part = self.date_part(found);
        let kind = if part.name.text == "DAY_ONLY" {
            LiteralKind::Relative(self.relative())
        } else {
            let record = self.record(&sobject.name);
            let value = record.map(|record| {
                let scope = self.reference.scope(&record.sobject);
                self.reference.value(&Operand::Call(part.clone()), &scope, &record)
            });
            match value {
                Some(Value::Int(number)) => LiteralKind::Number(number.into()),
                _ => LiteralKind::Number(Decimal::from(self.below(60) as u64)),
            }
        };
        let operator = self.comparison();
        self.count(format!("{operator} on a date function"));
        Test { operand: Operand::Call(part), operator, value: Comparand::One(literal(kind)) }
    }

    fn label_test(&mut self, found: &Found) -> Test {
        self.count("toLabel in WHERE");
        let labels: Vec<_> = found.field.picklist.iter().map(|entry| entry.label.clone()).collect();
        let label = if labels.is_empty() { "none".to_owned() } else { self.pick(&labels) };
        Test {
            operand: Operand::Call(call("toLabel", vec![Argument::Path(path(&found.words))])),
            operator: if self.percent(50) { Operator::Equal } else { Operator::NotEqual },
            value: Comparand::One(literal(LiteralKind::Text(label))),
        }
    }

    fn comparison(&mut self) -> Operator {
        self.pick(&[
            Operator::Equal,
            Operator::NotEqual,
            Operator::Less,
            Operator::LessOrEqual,
            Operator::Greater,
            Operator::GreaterOrEqual,
        ])
    }

    /// Compares a field with a value some record has there, or with null or a date literal.
    fn field_test(&mut self, found: &Found, value: Value<'static>) -> Test {
        let kind = found.field.kind;
        let operand = Operand::Path(path(&found.words));
        let parents = if found.words.len() > 1 { " on a parent" } else { "" };
        let is_text = kind.is_text() && kind != FieldKind::Multipicklist;
        let (operator, value) = match self.below(100) {
            0..10 => {
                let operator = if self.percent(50) { Operator::Equal } else { Operator::NotEqual };
                (operator, Comparand::One(literal(LiteralKind::Null)))
            }
            10..20 => {
                let operator = if self.percent(50) { Operator::In } else { Operator::NotIn };
                (operator, Comparand::List(self.members(kind, &value)))
            }
            20..40 if is_text => (Operator::Like, Comparand::One(self.pattern(&value))),
            20..70 if kind == FieldKind::Multipicklist => {
                let operator = if self.percent(50) { Operator::Includes } else { Operator::Excludes };
                (operator, Comparand::List(vec![self.some_of(&value)]))
            }
            _ => {
                let operator = match kind {
                    FieldKind::Boolean | FieldKind::Multipicklist => {
                        self.pick(&[Operator::Equal, Operator::NotEqual])
                    }
                    _ => self.comparison(),
                };
                let value = self.constant(kind, &value);
                // Null has no order, and empty text is null.
                let is_null = matches!(&value.kind, LiteralKind::Null)
                    || value.kind == LiteralKind::Text(String::new());
                (if is_null { Operator::Equal } else { operator }, Comparand::One(value))
            }
        };
        if let Comparand::One(Literal { kind: LiteralKind::Null, .. }) = &value {
            self.count(format!("{operator} NULL{parents}"));
        } else {
            self.count(format!("{operator} on {}{parents}", group_of(kind)));
        }
        Test { operand, operator, value }
    }

    fn members(&mut self, kind: FieldKind, value: &Value<'static>) -> Vec<Literal> {
        let mut members = vec![self.constant(kind, value)];
        if self.percent(30) {
            self.count("NULL in a list");
            members.push(literal(LiteralKind::Null));
        }
        if self.percent(50) {
            members.push(self.constant(kind, &Value::Null));
        }
        members
    }

    fn constant(&mut self, kind: FieldKind, value: &Value<'static>) -> Literal {
        let is_date = matches!(kind, FieldKind::Date | FieldKind::DateTime);
        if is_date && self.percent(60) {
            return literal(LiteralKind::Relative(self.relative()));
        }
        literal(match value {
            Value::Bool(value) => LiteralKind::Bool(*value),
            Value::Int(number) => LiteralKind::Number((*number).into()),
            Value::Number(number) => LiteralKind::Number(number.normalize()),
            Value::Text(text) if self.percent(20) => LiteralKind::Text(text.to_uppercase()),
            Value::Text(text) => LiteralKind::Text(text.to_string()),
            Value::Id(id) if self.percent(30) => LiteralKind::Text(id.as_str()[..15].to_owned()),
            Value::Id(id) => LiteralKind::Text(id.to_string()),
            Value::Date(date) => LiteralKind::Date(*date),
            Value::DateTime(ms) => LiteralKind::DateTime(*ms),
            Value::Time(ms) => LiteralKind::Time(*ms),
            Value::Null => match kind {
                FieldKind::Boolean => LiteralKind::Bool(self.percent(50)),
                FieldKind::Date | FieldKind::DateTime => LiteralKind::Relative(self.relative()),
                FieldKind::Id | FieldKind::Reference => LiteralKind::Text("001000000000000".to_owned()),
                kind if kind.is_decimal() || kind == FieldKind::Int => {
                    LiteralKind::Number(self.below(1_000).into())
                }
                FieldKind::Time => LiteralKind::Time(self.below(86_400_000) as u32),
                _ => LiteralKind::Text(self.pick(&["a", "", "M", "Öl"]).to_owned()),
            },
        })
    }

    fn pattern(&mut self, value: &Value<'static>) -> Literal {
        let text: Vec<char> = value.as_str().unwrap_or("ab").chars().take(40).collect();
        let start = self.below(text.len());
        let end = start + 1 + self.below(text.len() - start);
        let mut pattern = String::from(if start > 0 { "%" } else { "" });
        for c in &text[start..end] {
            match c {
                '%' | '_' | '\\' => pattern.extend(['\\', *c]),
                _ if self.percent(10) => pattern.push('_'),
                _ => pattern.push(*c),
            }
        }
        pattern.push('%');
        literal(LiteralKind::Pattern(pattern))
    }

    /// Returns some of the values of a multi-select picklist.
    fn some_of(&mut self, value: &Value<'static>) -> Literal {
        let parts: Vec<&str> = value.as_str().unwrap_or("Other").split(';').collect();
        let count = self.below(parts.len()) + 1;
        literal(LiteralKind::Text(parts[..count.min(2)].join(";")))
    }

    fn relative(&mut self) -> Relative {
        let units = [
            Unit::Day,
            Unit::Week,
            Unit::Month,
            Unit::Quarter,
            Unit::Year,
            Unit::FiscalQuarter,
            Unit::FiscalYear,
        ];
        let unit = self.pick(&units);
        let count = self.below(12) as u32;
        let span = match self.below(7) {
            0 => Span::One(-1),
            1 => Span::One(0),
            2 => Span::One(1),
            3 => Span::Last(count),
            4 => Span::Next(count),
            5 => Span::Ago(count),
            _ => self.pick(&[Span::Last90, Span::Next90]),
        };
        let is_days = matches!(span, Span::Last90 | Span::Next90);
        let relative = Relative { span, unit: if is_days { Unit::Day } else { unit } };
        let name = relative.to_string();
        self.count(name.split(':').next().unwrap());
        relative
    }

    /// Finds a field of an sObject or of its parents.
    fn field(&mut self, sobject: &'static SObject, fits: &dyn Fn(&Field) -> bool) -> Found {
        let mut words = Vec::new();
        let mut at = sobject;
        while words.len() < 3 && self.percent(30) {
            let lookups: Vec<_> = lookups(at).collect();
            if lookups.is_empty() {
                break;
            }
            let lookup = lookups[self.below(lookups.len())];
            words.push(lookup.relationship_name.clone().unwrap());
            at = Schema::standard().find(&lookup.reference_to[0]).unwrap();
        }
        let owner = at.relationship("Owner").filter(|lookup| lookup.is_polymorphic() && words.len() < 3);
        if owner.is_some() && self.percent(15) {
            // Every owner has these, seen through `Name`.
            let user = Schema::standard().find("User").unwrap();
            let name = self.pick(&["Name", "Email", "Username"]);
            let field = user.field(name).filter(|field| fits(field));
            if let Some(field) = field {
                self.count("field of a polymorphic parent");
                words.extend(["Owner".to_owned(), name.to_owned()]);
                return Found { words, field };
            }
        }
        let fields: Vec<_> = at.fields.iter().filter(|field| fits(field)).collect();
        let field = fields[self.below(fields.len())];
        words.push(field.name.clone());
        Found { words, field }
    }

    fn record(&mut self, sobject: &str) -> Option<Record> {
        let reference = self.reference;
        let records: Vec<_> = reference.records.iter().filter(|record| record.sobject == sobject).collect();
        if records.is_empty() { None } else { Some(records[self.below(records.len())].clone()) }
    }

    /// Returns the value some record has at a field.
    fn value_of(&mut self, sobject: &'static SObject, found: &Found) -> Value<'static> {
        let Some(record) = self.record(&sobject.name) else { return Value::Null };
        let scope = self.reference.scope(&sobject.name);
        match self.reference.value(&Operand::Path(path(&found.words)), &scope, &record) {
            // Statements cannot hold texts as long as records can.
            Value::Text(text) => Value::owned_text(text.chars().take(1_000).collect()),
            value => value,
        }
    }
}

/// Lists the lookups that lead to one sObject that is there.
fn lookups(sobject: &'static SObject) -> impl Iterator<Item = &'static Field> {
    sobject.fields.iter().filter(|field| {
        let is_there = |name: &String| Schema::standard().find(name).is_some();
        field.relationship_name.is_some()
            && field.reference_to.len() == 1
            && field.reference_to.iter().all(is_there)
    })
}

fn group_of(kind: FieldKind) -> &'static str {
    match kind {
        FieldKind::Id | FieldKind::Reference => "an id",
        FieldKind::Boolean => "a checkbox",
        FieldKind::Date => "a date",
        FieldKind::DateTime => "an instant",
        FieldKind::Time => "a time",
        FieldKind::Picklist => "a picklist",
        FieldKind::Multipicklist => "a set",
        FieldKind::Int => "a number",
        kind if kind.is_decimal() => "a number",
        _ => "text",
    }
}

fn path(words: &[String]) -> Path {
    Path { words: words.to_vec(), place: PLACE }
}

fn word(text: &str) -> Word {
    Word { text: text.to_owned(), place: PLACE }
}

fn call(name: &str, arguments: Vec<Argument>) -> Call {
    Call { name: word(name), arguments }
}

fn literal(kind: LiteralKind) -> Literal {
    Literal { kind, place: PLACE }
}
