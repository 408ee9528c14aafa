//! Ids of the recorded org and those that stand for them here.

use std::collections::{HashMap, VecDeque};

use serde_json::Value;

use crate::client::TestOrg;

/// The sObjects whose records recorded calls name.
const NAMED: [(&str, &str); 4] =
    [("001", "Account"), ("003", "Contact"), ("006", "Opportunity"), ("005", "User")];

/// Which id of this org stands for a recorded one.
pub(super) struct Ids {
    own: HashMap<String, String>,
    /// Records that stand for none yet, by the prefix of their ids.
    free: HashMap<&'static str, VecDeque<String>>,
    org_id: String,
}

impl Ids {
    pub(super) async fn of(org: &TestOrg) -> Self {
        let mut free = HashMap::new();
        for (prefix, sobject) in NAMED {
            let found = org.query(&format!("SELECT Id FROM {sobject} ORDER BY Id")).await.json();
            let ids = found["records"].as_array().unwrap().iter();
            free.insert(prefix, ids.map(|record| record["Id"].as_str().unwrap().to_owned()).collect());
        }
        Self { own: HashMap::new(), free, org_id: org.line.org_id.clone() }
    }

    /// Puts own ids for the recorded ones in a text.
    pub(super) fn put(&mut self, text: &str) -> String {
        let mut put = String::new();
        let mut rest = text;
        while let Some(start) = rest.find(|letter: char| letter.is_ascii_alphanumeric()) {
            let word = &rest[start..];
            let end = word.find(|letter: char| !letter.is_ascii_alphanumeric()).unwrap_or(word.len());
            put.push_str(&rest[..start]);
            put.push_str(&self.own_of(&word[..end]));
            rest = &word[end..];
        }
        put + rest
    }

    fn own_of(&mut self, word: &str) -> String {
        if !is_id(word) {
            return word.to_owned();
        }
        if word.starts_with("00D") {
            return self.org_id.clone();
        }
        if !self.own.contains_key(word)
            && let Some(id) = self.free.get_mut(&word[..3]).and_then(VecDeque::pop_front)
        {
            self.own.insert(word.to_owned(), id);
        }
        self.own.get(word).cloned().unwrap_or_else(|| word.to_owned())
    }

    /// Takes the ids at the same places of two bodies for one another.
    pub(super) fn learn(&mut self, recorded: &Value, answer: &Value) {
        match (recorded, answer) {
            (Value::Array(recorded), Value::Array(answer)) => {
                recorded.iter().zip(answer).for_each(|(recorded, answer)| self.learn(recorded, answer));
            }
            (Value::Object(recorded), Value::Object(answer)) => {
                recorded
                    .iter()
                    .filter_map(|(name, value)| Some((value, answer.get(name)?)))
                    .for_each(|(value, other)| self.learn(value, other));
            }
            (Value::String(recorded), Value::String(answer)) => self.learn_one(recorded, answer),
            _ => {}
        }
    }

    pub(super) fn learn_one(&mut self, recorded: &str, answer: &str) {
        if is_id(recorded) && is_id(answer) && !self.own.contains_key(recorded) {
            self.free.values_mut().for_each(|free| free.retain(|id| id != answer));
            self.own.insert(recorded.to_owned(), answer.to_owned());
        }
    }
}

fn is_id(word: &str) -> bool {
    matches!(word.len(), 15 | 18)
        && word.starts_with(['0', '7'])
        && word.bytes().all(|byte| byte.is_ascii_alphanumeric())
}
