//! The shape of JSON: which members there are, in which order, and of what types.

use std::collections::BTreeSet;
use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// What values at one place look like. Those of all elements of an array are one.
#[derive(Clone, Debug, Default)]
pub(super) struct Shape {
    /// The types met, but for null, which says nothing.
    kinds: BTreeSet<&'static str>,
    members: Vec<(String, Shape)>,
    items: Option<Box<Shape>>,
}

impl Shape {
    pub(super) fn read(text: &str) -> Self {
        serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
    }

    /// Returns the shape at a path of members.
    pub(super) fn at(&self, path: &[&str]) -> Self {
        path.iter().fold(self.clone(), |shape, name| shape.member(name).cloned().unwrap_or_default())
    }

    fn of(kind: &'static str) -> Self {
        Self { kinds: BTreeSet::from([kind]), ..Self::default() }
    }

    fn member(&self, name: &str) -> Option<&Self> {
        self.members.iter().find(|member| member.0 == name).map(|member| &member.1)
    }

    fn merge(&mut self, other: Self) {
        self.kinds.extend(other.kinds);
        for (name, shape) in other.members {
            match self.members.iter_mut().find(|member| member.0 == name) {
                Some(member) => member.1.merge(shape),
                None => self.members.push((name, shape)),
            }
        }
        if let Some(items) = other.items {
            self.items.get_or_insert_default().merge(*items);
        }
    }

    /// Lists where an answer differs from this, which was recorded.
    pub(super) fn differences(&self, answer: &Self, path: &str, found: &mut BTreeSet<String>) {
        let both_known = !self.kinds.is_empty() && !answer.kinds.is_empty();
        if both_known && !answer.kinds.is_subset(&self.kinds) {
            found.insert(format!("{path}: {:?} and not {:?}", answer.kinds, self.kinds));
        }
        if let (Some(items), Some(others)) = (&self.items, &answer.items) {
            items.differences(others, &format!("{path}[]"), found);
        }
        if !(self.kinds.contains("object") && answer.kinds.contains("object")) {
            return;
        }
        for (name, shape) in &self.members {
            match answer.member(name) {
                Some(other) => shape.differences(other, &format!("{path}.{name}"), found),
                None => drop(found.insert(format!("{path}.{name} is missing"))),
            }
        }
        let is_new = |name: &&String| self.member(name).is_none();
        let names = answer.members.iter().map(|member| &member.0);
        found.extend(names.filter(is_new).map(|name| format!("{path}.{name} is new")));
        let order = |one: &Self, other: &Self| -> Vec<String> {
            let names = one.members.iter().map(|member| member.0.clone());
            names.filter(|name| other.member(name).is_some()).collect()
        };
        if order(self, answer) != order(answer, self) {
            found.insert(format!("{path} has another order"));
        }
    }
}

impl<'de> Deserialize<'de> for Shape {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ShapeVisitor)
    }
}

struct ShapeVisitor;

impl<'de> Visitor<'de> for ShapeVisitor {
    type Value = Shape;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Shape, E> {
        Ok(Shape::default())
    }

    fn visit_bool<E>(self, _: bool) -> Result<Shape, E> {
        Ok(Shape::of("boolean"))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Shape, E> {
        Ok(Shape::of("integer"))
    }

    fn visit_u64<E>(self, _: u64) -> Result<Shape, E> {
        Ok(Shape::of("integer"))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Shape, E> {
        Ok(Shape::of("fraction"))
    }

    fn visit_str<E>(self, _: &str) -> Result<Shape, E> {
        Ok(Shape::of("string"))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Shape, A::Error> {
        let mut shape = Shape::of("array");
        while let Some(element) = elements.next_element::<Shape>()? {
            shape.items.get_or_insert_default().merge(element);
        }
        Ok(shape)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Shape, A::Error> {
        let mut shape = Shape::of("object");
        while let Some(name) = members.next_key::<String>()? {
            if shape.member(&name).is_some() {
                members.next_value::<IgnoredAny>()?;
            } else {
                shape.members.push((name, members.next_value()?));
            }
        }
        Ok(shape)
    }
}
