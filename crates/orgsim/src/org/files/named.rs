//! Values of a record by the names of their fields.

use bytes::Bytes;

use crate::schema::SObject;
use crate::value::Value;

/// Values of an sObject's fields, by name.
pub(super) struct Named<'a> {
    pub(super) sobject: &'a SObject,
    pub(super) values: Vec<(usize, Value<'static>)>,
}

impl<'a> Named<'a> {
    pub(super) fn new(sobject: &'a SObject, values: &[(usize, Value<'static>)]) -> Self {
        Self { sobject, values: values.to_vec() }
    }

    pub(super) fn get(&self, name: &str) -> Option<&Value<'static>> {
        let index = self.sobject.field(name)?.index;
        self.values.iter().find(|(at, _)| *at == index).map(|(_, value)| value)
    }

    pub(super) fn set(&mut self, name: &str, value: Value<'static>) {
        if let Some(field) = self.sobject.field(name) {
            self.values.retain(|(at, _)| *at != field.index);
            self.values.push((field.index, value));
        }
    }

    /// Sets what has not been given.
    pub(super) fn default(&mut self, name: &str, value: Value<'static>) {
        if self.get(name).is_none_or(Value::is_null) {
            self.set(name, value);
        }
    }

    pub(super) fn bytes(&self, name: &str) -> Option<Bytes> {
        if let Some(Value::Blob(bytes)) = self.get(name) { Some(bytes.clone()) } else { None }
    }
}
