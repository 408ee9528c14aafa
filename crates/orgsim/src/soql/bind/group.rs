//! Checks grouped queries (SOQL and SOSL Reference, GROUP BY, HAVING, Aggregate Functions).

use std::collections::HashSet;

use super::super::accumulator::{Aggregate, Function};
use super::super::ast::{Argument, Call, Group, GroupKind, Item, Operand, Order, Statement, Word};
use super::super::error::SoqlError;
use super::super::expression::Expression;
use super::super::filter::Filter;
use super::super::group::{GroupValue, Grouping, Output};
use super::super::order::SortKey;
use super::super::path::Leaf;
use super::condition::combine;
use super::constant::Target;
use super::function::Clause;
use super::select::is_aggregate;
use super::{Binder, Level, Result};
use crate::schema::FieldKind;

/// How many fields ROLLUP and CUBE take.
const MAX_SUMMED_UP: usize = 3;

impl Binder<'_> {
    /// Makes what a grouped query computes ready; `None` for a query of records.
    pub(super) fn grouping(&self, statement: &Statement) -> Result<Option<Grouping>> {
        if statement.group.is_none() && !statement.items.iter().any(is_aggregate) {
            return Ok(None);
        }
        if self.level != Level::Root {
            let message = "Only root queries support aggregate expressions";
            return Err(SoqlError::new("MALFORMED_QUERY", message));
        }
        let has = |wanted: fn(&Item) -> bool| statement.items.iter().any(wanted);
        let message = if has(|item| matches!(item, Item::Subquery(..))) {
            Some("Grouped query cannot use child relationships in the SELECT list")
        } else if has(|item| matches!(item, Item::TypeOf(_))) {
            Some("TYPEOF is not allowed in grouped queries")
        } else if statement.group.is_none() && (statement.limit.is_some() || statement.offset.is_some()) {
            Some("Non-grouped query that uses overall aggregate functions cannot also use LIMIT")
        } else {
            None
        };
        if let Some(message) = message {
            return Err(SoqlError::new("MALFORMED_QUERY", message));
        }
        GroupBinder::new(self, statement.group.as_ref())?.bind(statement).map(Some)
    }

    fn group_key(&self, operand: &Operand) -> Result<Expression> {
        let expression = self.expression(operand, Clause::GroupBy)?;
        let leaf = &expression.path().leaf;
        let is_groupable = match (&expression, leaf) {
            (Expression::Field(_), Leaf::Field(_, field)) => field.groupable,
            _ => true,
        };
        if is_groupable {
            return Ok(expression);
        }
        let message = format!("field '{}' can not be grouped in a query call", leaf.name());
        self.refuse_at(operand.place(), "INVALID_FIELD", message)
    }

    fn aggregate(&self, call: &Call, function: Function) -> Result<Aggregate> {
        if let [Argument::Call(inner)] = call.arguments.as_slice()
            && inner.name.text.eq_ignore_ascii_case("convertCurrency")
        {
            return self.convert_currency(inner);
        }
        let path = self.only_path(call)?;
        let found = self.field_path(path)?;
        let kind = found.leaf.kind();
        let is_number = kind.is_decimal() || kind.is_integer();
        let is_aggregatable = match found.leaf {
            Leaf::Field(_, field) => field.aggregatable,
            Leaf::Named(_) => kind != FieldKind::Boolean,
        };
        if is_aggregatable && (is_number || !function.needs_number()) {
            return Ok(Aggregate { function, expression: Expression::Field(found) });
        }
        let operator = call.name.text.to_ascii_uppercase();
        let message = format!("field {} does not support aggregate operator {operator}", found.leaf.name());
        self.refuse(path, "MALFORMED_QUERY", message)
    }
}

/// A grouped query that is being checked.
struct GroupBinder<'a, 'b> {
    binder: &'a Binder<'b>,
    kind: GroupKind,
    keys: Vec<Expression>,
    aggregates: Vec<Aggregate>,
}

impl<'a, 'b> GroupBinder<'a, 'b> {
    fn new(binder: &'a Binder<'b>, group: Option<&Group>) -> Result<Self> {
        let operands = group.map_or(&[][..], |group| &group.keys);
        let kind = group.map_or(GroupKind::Plain, |group| group.kind);
        if kind != GroupKind::Plain && operands.len() > MAX_SUMMED_UP {
            let name = if kind == GroupKind::Rollup { "ROLLUP" } else { "CUBE" };
            let message = format!("GROUP BY {name} cannot have more than {MAX_SUMMED_UP} fields");
            return Err(SoqlError::new("MALFORMED_QUERY", message));
        }
        let keys = operands.iter().map(|operand| binder.group_key(operand)).collect::<Result<_>>()?;
        Ok(Self { binder, kind, keys, aggregates: Vec::new() })
    }

    fn bind(mut self, statement: &Statement) -> Result<Grouping> {
        let outputs = self.outputs(&statement.items)?;
        let having = match &statement.having {
            Some(condition) => Some(combine(condition, &mut |test| {
                let value = self.value(&test.operand)?;
                let target = self.target(&test.operand, &value);
                Ok(Filter::Test(value, vec![self.binder.check(&target, test)?]))
            })?),
            None => None,
        };
        let values = statement.order.iter().map(|order| self.value(&order.operand));
        let values = values.collect::<Result<Vec<_>>>()?;
        let Self { kind, keys, aggregates, .. } = self;
        let mut grouping = Grouping { kind, keys, aggregates, outputs, having, order: Vec::new() };
        let sort_key = |(order, value): (&Order, GroupValue)| SortKey {
            collation: grouping.collation(&value),
            expression: value,
            descending: order.descending,
            nulls_last: order.nulls_last,
        };
        grouping.order = statement.order.iter().zip(values).map(sort_key).collect();
        Ok(grouping)
    }

    /// Names what was selected: a field by its name, all else by its alias or as `expr0`, `expr1`, and so on.
    fn outputs(&mut self, items: &[Item]) -> Result<Vec<Output>> {
        let mut unnamed = 0..;
        let mut names = HashSet::new();
        let mut outputs = Vec::with_capacity(items.len());
        for item in items {
            let (operand, alias): (Operand, Option<&Word>) = match item {
                Item::Field(path, alias) => (Operand::Path(path.clone()), alias.as_ref()),
                Item::Call(call, alias) => (Operand::Call(call.clone()), alias.as_ref()),
                Item::Subquery(..) | Item::TypeOf(_) => continue,
            };
            let value = self.value(&operand)?;
            let name = match (alias, &operand, &value) {
                (Some(alias), ..) => alias.text.clone(),
                (None, Operand::Path(_), GroupValue::Key(at)) => self.keys[*at].path().leaf.name().to_owned(),
                _ => format!("expr{}", unnamed.next().unwrap_or(0)),
            };
            if !names.insert(name.to_ascii_lowercase()) {
                let message = format!("duplicate alias: {name}");
                return self.binder.refuse_at(operand.place(), "MALFORMED_QUERY", message);
            }
            outputs.push(Output { name, text: operand.to_string(), value });
        }
        Ok(outputs)
    }

    fn value(&mut self, operand: &Operand) -> Result<GroupValue> {
        match operand {
            Operand::Path(path) => self.key(operand, Expression::Field(self.binder.field_path(path)?)),
            Operand::Call(call) => self.call(operand, call),
        }
    }

    fn call(&mut self, operand: &Operand, call: &Call) -> Result<GroupValue> {
        let name = call.name.text.to_ascii_uppercase();
        if let Some(function) = Function::find(&name) {
            if call.arguments.is_empty() {
                let message = "COUNT() must be the only element in the SELECT list";
                return self.binder.refuse_call(call, message);
            }
            let aggregate = self.binder.aggregate(call, function)?;
            let known = self.aggregates.iter().position(|known| *known == aggregate);
            return Ok(GroupValue::Aggregate(known.unwrap_or_else(|| {
                self.aggregates.push(aggregate);
                self.aggregates.len() - 1
            })));
        }
        match name.as_str() {
            "GROUPING" => self.summed_up(call),
            "FORMAT" => {
                let inner = match call.arguments.as_slice() {
                    [Argument::Path(path)] => Operand::Path(path.clone()),
                    [Argument::Call(inner)] => Operand::Call(inner.clone()),
                    _ => return self.binder.refuse_call(call, "FORMAT takes one field or function"),
                };
                Ok(GroupValue::Format(Box::new(self.value(&inner)?), self.binder.formatter()))
            }
            "TOLABEL" => {
                let path = Operand::Path(self.binder.only_path(call)?.clone());
                match self.value(&path)? {
                    GroupValue::Key(at) => Ok(GroupValue::Label(at)),
                    value => Ok(value),
                }
            }
            "CONVERTCURRENCY" => self.binder.convert_currency(call),
            "FIELDS" => {
                let message =
                    "The SOQL FIELDS function is not supported with aggregate expressions or GROUP BY";
                self.binder.refuse_call(call, message)
            }
            _ => self.key(operand, self.binder.function(call, Clause::GroupBy)?),
        }
    }

    fn summed_up(&mut self, call: &Call) -> Result<GroupValue> {
        let operand = match call.arguments.as_slice() {
            [Argument::Path(path)] => Operand::Path(path.clone()),
            [Argument::Call(inner)] => Operand::Call(inner.clone()),
            _ => return self.binder.refuse_call(call, "GROUPING takes one field"),
        };
        if self.kind == GroupKind::Plain {
            let message = "GROUPING is only allowed with GROUP BY ROLLUP or GROUP BY CUBE";
            return self.binder.refuse_call(call, message);
        }
        match self.value(&operand)? {
            GroupValue::Key(at) => Ok(GroupValue::IsSummedUp(at)),
            value => Ok(value),
        }
    }

    fn key(&self, operand: &Operand, expression: Expression) -> Result<GroupValue> {
        match self.keys.iter().position(|key| *key == expression) {
            Some(at) => Ok(GroupValue::Key(at)),
            None => {
                let message = format!("Field must be grouped or aggregated: {operand}");
                self.binder.refuse_at(operand.place(), "MALFORMED_QUERY", message)
            }
        }
    }

    /// Describes a value of HAVING.
    fn target(&self, operand: &Operand, value: &GroupValue) -> Target {
        let place = operand.place();
        let plain = |kind| Target {
            place,
            name: operand.to_string(),
            kind,
            is_case_sensitive: false,
            is_distance: false,
        };
        match value {
            GroupValue::Key(at) => Target::of(place, &self.keys[*at]),
            GroupValue::Aggregate(at) => plain(self.aggregates[*at].kind()),
            GroupValue::IsSummedUp(_) => plain(FieldKind::Int),
            GroupValue::Label(_) | GroupValue::Format(..) => plain(FieldKind::String),
        }
    }
}
