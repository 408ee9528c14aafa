//! Random grouped statements.

use super::conditions::group_of;
use super::{Found, Generator, PLACE, call, literal, path, word};
use crate::schema::{Field, FieldKind, SObject};
use crate::soql::ast::{
    Argument, Call, Comparand, Condition, Group, GroupKind, Item, LiteralKind, Operand, Operator, Order,
    Statement, Test,
};

impl Generator<'_> {
    /// Makes a grouped statement.
    pub(super) fn grouped(&mut self, sobject: &'static SObject) -> Statement {
        let mut statement = self.select(sobject, sobject.name.clone(), 2);
        statement.order.clear();
        (statement.limit, statement.offset) = (None, None);
        let keys = self.keys(sobject);
        let mut items: Vec<Item> = Vec::new();
        let kind = match self.below(4) {
            0 if !keys.is_empty() => GroupKind::Rollup,
            1 if !keys.is_empty() => GroupKind::Cube,
            _ => GroupKind::Plain,
        };
        for (at, key) in keys.iter().enumerate() {
            let alias = Some(word(&format!("k{at}")));
            items.push(match key {
                Operand::Path(path) => Item::Field(path.clone(), alias),
                Operand::Call(call) if self.percent(50) => Item::Call(call.clone(), None),
                Operand::Call(call) => Item::Call(call.clone(), alias),
            });
            if let (Operand::Path(path), true) = (key, kind != GroupKind::Plain && self.percent(50)) {
                self.count("GROUPING");
                items.push(Item::Call(call("GROUPING", vec![Argument::Path(path.clone())]), None));
            }
        }
        let aggregates: Vec<Call> = (0..self.below(3) + 1).map(|_| self.aggregate(sobject)).collect();
        for (at, aggregate) in aggregates.iter().enumerate() {
            let alias = self.percent(40).then(|| word(&format!("v{at}")));
            items.push(Item::Call(aggregate.clone(), alias));
        }
        statement.items = items;
        if keys.is_empty() {
            self.count("aggregates of everything");
            return statement;
        }
        self.count(match kind {
            GroupKind::Plain => "GROUP BY",
            GroupKind::Rollup => "GROUP BY ROLLUP",
            GroupKind::Cube => "GROUP BY CUBE",
        });
        statement.group = Some(Group { kind, keys: keys.clone(), place: PLACE });
        if self.percent(30) {
            statement.having = Some(self.having(&aggregates));
        }
        if self.percent(50) {
            statement.order = self.group_orders(&keys, &aggregates);
        }
        if self.percent(20) {
            self.count("LIMIT of groups");
            statement.limit = Some(self.below(10) as u64 + 1);
        }
        statement
    }

    fn keys(&mut self, sobject: &'static SObject) -> Vec<Operand> {
        let mut keys: Vec<Operand> = Vec::new();
        for _ in 0..self.below(4) {
            let key = if self.percent(30) {
                let is_date = |field: &Field| {
                    matches!(field.kind, FieldKind::Date | FieldKind::DateTime) && field.filterable
                };
                let found = self.field(sobject, &is_date);
                self.count("date function in GROUP BY");
                Operand::Call(self.date_part(&found))
            } else {
                let found = self.field(sobject, &|field| field.groupable && field.kind != FieldKind::Id);
                self.count(format!("{} in GROUP BY", group_of(found.field.kind)));
                Operand::Path(path(&found.words))
            };
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
        keys
    }

    fn aggregate(&mut self, sobject: &'static SObject) -> Call {
        let name = self.pick(&["COUNT", "COUNT_DISTINCT", "SUM", "AVG", "MIN", "MAX"]);
        let needs_number = matches!(name, "SUM" | "AVG");
        let is_number = |field: &Field| field.kind.is_decimal() || field.kind == FieldKind::Int;
        let has_number = sobject.fields.iter().any(|field| is_number(field) && field.aggregatable);
        if needs_number && !has_number {
            return self.aggregate(sobject);
        }
        let fits = |field: &Field| field.aggregatable && (is_number(field) || !needs_number);
        // A parent may have no number, though the sObject does.
        let found = loop {
            let found: Found = self.field(sobject, &|field| field.kind == FieldKind::Id || fits(field));
            if fits(found.field) && (found.field.kind != FieldKind::Id || !needs_number) {
                break found;
            }
        };
        self.count(name);
        let aggregate = call(name, vec![Argument::Path(path(&found.words))]);
        if needs_number && self.percent(10) {
            self.count("FORMAT of an aggregate");
            return call("FORMAT", vec![Argument::Call(aggregate)]);
        }
        aggregate
    }

    fn having(&mut self, aggregates: &[Call]) -> Condition {
        self.count("HAVING");
        let aggregate = self.pick(aggregates);
        let is_count = aggregate.name.text.starts_with("COUNT");
        let (operator, kind) = if is_count {
            (self.comparison(), LiteralKind::Number(self.below(6).into()))
        } else {
            let operator = self.pick(&[Operator::Equal, Operator::NotEqual]);
            (operator, LiteralKind::Null)
        };
        let test = Condition::Test(Test {
            operand: Operand::Call(aggregate),
            operator,
            value: Comparand::One(literal(kind)),
        });
        if self.percent(20) { Condition::Not(Box::new(test)) } else { test }
    }

    fn group_orders(&mut self, keys: &[Operand], aggregates: &[Call]) -> Vec<Order> {
        let mut operands: Vec<Operand> = keys.to_vec();
        operands
            .extend(aggregates.iter().filter(|call| call.name.text != "FORMAT").cloned().map(Operand::Call));
        let count = self.below(operands.len()) + 1;
        (0..count)
            .map(|_| {
                let operand = self.pick(&operands);
                self.directed(operand)
            })
            .collect()
    }
}
