//! Random conditions.

use rust_decimal::Decimal;

use super::{Found, Generator, PLACE, call, literal, path};
use crate::schema::{Field, FieldKind, SObject, Schema};
use crate::soql::ast::{
    Argument, Call, Comparand, Condition, Item, Literal, LiteralKind, Operand, Operator, Relative, Span,
    Test, Unit,
};
use crate::value::Value;

pub(in super::super) const DATE_PARTS: [&str; 11] = [
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

pub(in super::super) const TIME_PARTS: [&str; 2] = ["DAY_ONLY", "HOUR_IN_DAY"];

impl Generator<'_> {
    pub(super) fn condition(&mut self, sobject: &'static SObject, depth: usize, may_join: bool) -> Condition {
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

    pub(super) fn join(&mut self, sobject: &'static SObject) -> Option<Test> {
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

    pub(super) fn test(&mut self, sobject: &'static SObject) -> Test {
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

    pub(super) fn distance(&mut self, field: &str) -> Call {
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

    pub(super) fn distance_test(&mut self) -> Test {
        self.count("DISTANCE in WHERE");
        let operator = self.pick(&[Operator::Less, Operator::Greater]);
        let limit = Decimal::from(self.below(12_000) as u64 + 1);
        Test {
            operand: Operand::Call(self.distance("BillingAddress")),
            operator,
            value: Comparand::One(literal(LiteralKind::Number(limit))),
        }
    }

    pub(super) fn date_part(&mut self, found: &Found) -> Call {
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

    pub(super) fn part_test(&mut self, sobject: &'static SObject, found: &Found) -> Test {
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

    pub(super) fn label_test(&mut self, found: &Found) -> Test {
        self.count("toLabel in WHERE");
        let labels: Vec<_> = found.field.picklist.iter().map(|entry| entry.label.clone()).collect();
        let label = if labels.is_empty() { "none".to_owned() } else { self.pick(&labels) };
        Test {
            operand: Operand::Call(call("toLabel", vec![Argument::Path(path(&found.words))])),
            operator: if self.percent(50) { Operator::Equal } else { Operator::NotEqual },
            value: Comparand::One(literal(LiteralKind::Text(label))),
        }
    }

    pub(super) fn comparison(&mut self) -> Operator {
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
    pub(super) fn field_test(&mut self, found: &Found, value: Value<'static>) -> Test {
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

    pub(super) fn members(&mut self, kind: FieldKind, value: &Value<'static>) -> Vec<Literal> {
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

    pub(super) fn constant(&mut self, kind: FieldKind, value: &Value<'static>) -> Literal {
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
            Value::Null | Value::Blob(_) => match kind {
                FieldKind::Boolean => LiteralKind::Bool(self.percent(50)),
                FieldKind::Date | FieldKind::DateTime => LiteralKind::Relative(self.relative()),
                FieldKind::Id | FieldKind::Reference => LiteralKind::Text("001000000000000".to_owned()),
                kind if kind.is_decimal() || kind.is_integer() => {
                    LiteralKind::Number(self.below(1_000).into())
                }
                FieldKind::Time => LiteralKind::Time(self.below(86_400_000) as u32),
                _ => LiteralKind::Text(self.pick(&["a", "", "M", "Öl"]).to_owned()),
            },
        })
    }

    pub(super) fn pattern(&mut self, value: &Value<'static>) -> Literal {
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
    pub(super) fn some_of(&mut self, value: &Value<'static>) -> Literal {
        let parts: Vec<&str> = value.as_str().unwrap_or("Other").split(';').collect();
        let count = self.below(parts.len()) + 1;
        literal(LiteralKind::Text(parts[..count.min(2)].join(";")))
    }

    pub(super) fn relative(&mut self) -> Relative {
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
}

pub(super) fn group_of(kind: FieldKind) -> &'static str {
    match kind {
        FieldKind::Id | FieldKind::Reference => "an id",
        FieldKind::Boolean => "a checkbox",
        FieldKind::Date => "a date",
        FieldKind::DateTime => "an instant",
        FieldKind::Time => "a time",
        FieldKind::Picklist => "a picklist",
        FieldKind::Multipicklist => "a set",
        FieldKind::Int | FieldKind::Long => "a number",
        kind if kind.is_decimal() => "a number",
        _ => "text",
    }
}
