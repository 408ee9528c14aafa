//! Random statements that are right, about records that are there.

use std::collections::BTreeMap;

use super::reference::{Record, Reference};
use crate::schema::{Field, FieldKind, SObject, Schema};
use crate::soql::ast::{
    Argument, Call, Comparand, Condition, Item, Literal, LiteralKind, Operand, Operator, Order, Path, Place,
    Source, Statement, Tail, Test, TypeOf, Word,
};
use crate::value::Value;

pub(super) use self::conditions::{DATE_PARTS, TIME_PARTS};

mod conditions;
mod groups;

const PLACE: Place = Place(0);

/// What statements are about.
const ROOTS: [&str; 6] = ["Account", "Contact", "Opportunity", "Case", "Project__c", "User"];

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
            self.ask_owner_twice(&mut items);
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

    /// Asks the owner of `TYPEOF` for its name by a path too.
    fn ask_owner_twice(&mut self, items: &mut Vec<Item>) {
        let Some(Item::TypeOf(type_of)) = items.last() else { return };
        let name = path(&[type_of.path.words[0].clone(), "Name".to_owned()]);
        let is_new = |item: &Item| !matches!(item, Item::Field(path, _) if path.words == name.words);
        if !items.iter().all(is_new) || !self.percent(30) {
            return;
        }
        self.count("TYPEOF beside a path");
        let at = if self.percent(50) { items.len() } else { items.len() - 1 };
        items.insert(at, Item::Field(name, None));
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
