//! The sObjects that computed records point to, and how many there are of those that follow from others.

use super::Record;
use super::dice::Dice;
use crate::org::OrgConfig;
use crate::schema::Schema;
use crate::value::Value;

/// An sObject that others point to.
#[derive(Clone, Copy, Debug)]
#[repr(usize)]
pub(crate) enum Target {
    User,
    Account,
    Contact,
    Opportunity,
    Case,
    Lead,
    Campaign,
    Contract,
    Product,
    PricebookEntry,
    Order,
    Project,
    Pricebook,
}

/// The names of the targets, in their order.
const NAMES: [&str; 13] = [
    "User",
    "Account",
    "Contact",
    "Opportunity",
    "Case",
    "Lead",
    "Campaign",
    "Contract",
    "Product2",
    "PricebookEntry",
    "Order",
    "Project__c",
    "Pricebook2",
];

/// How many price books there are: the standard one and those of the seed.
pub(crate) const PRICE_BOOKS: u32 = 3;

/// How many records there are for so many others, where nobody says: the sObject, the other, and records for how many.
const FOLLOWING: [(&str, &str, u32, u32); 8] = [
    ("PricebookEntry", "Product2", PRICE_BOOKS, 1),
    ("CampaignMemberStatus", "Campaign", 2, 1),
    ("OpportunityHistory", "Opportunity", 2, 1),
    ("OpportunityFieldHistory", "Opportunity", 1, 1),
    ("AccountHistory", "Account", 1, 5),
    ("ContactHistory", "Contact", 1, 5),
    ("LeadHistory", "Lead", 1, 2),
    ("CaseHistory", "Case", 1, 1),
];

/// What cannot be without what: without one of each list there is no such record.
const NEEDED: [(&str, &[&[&str]]); 10] = [
    ("OpportunityLineItem", &[&["Opportunity"], &["Product2"]]),
    ("OpportunityContactRole", &[&["Opportunity"], &["Contact"]]),
    ("AccountContactRole", &[&["Account"], &["Contact"]]),
    ("CampaignMember", &[&["Campaign"], &["Lead", "Contact"]]),
    ("Contract", &[&["Account"]]),
    ("Order", &[&["Account"]]),
    ("OrderItem", &[&["Order"], &["Product2"], &["Account"]]),
    ("CaseComment", &[&["Case"]]),
    ("Quote", &[&["Opportunity"]]),
    ("Asset", &[&["Account", "Contact"]]),
];

/// Returns how many computed records an sObject has that are no matter of course.
pub(super) fn count(config: &OrgConfig, sobject: &str) -> u32 {
    let given = |name: &str| config.counts.get(name).copied();
    let following = FOLLOWING.iter().find(|(name, ..)| *name == sobject);
    let count = given(sobject).unwrap_or_else(|| {
        following
            .map_or(0, |(_, of, times, each)| given(of).unwrap_or_default().saturating_mul(*times) / each)
    });
    let needed = NEEDED.iter().find(|(name, _)| *name == sobject).map_or(&[] as &[_], |(_, needed)| needed);
    let is_there = |names: &&[&str]| names.iter().any(|name| given(name).unwrap_or_default() > 0);
    if needed.iter().all(is_there) { count } else { 0 }
}

/// The places of the targets in the schema.
pub(super) fn find(schema: &Schema) -> [u16; NAMES.len()] {
    NAMES.map(|name| schema.find(name).map_or(0, |sobject| sobject.index as u16))
}

impl<'a> Record<'a> {
    /// Returns how many records of a target there were at the start.
    pub(super) fn count_of(self, target: Target) -> u32 {
        match target {
            Target::Pricebook => PRICE_BOOKS,
            _ => self.base.count(self.base.links().targets[target as usize]),
        }
    }

    /// Returns a record of a target by its number.
    pub(super) fn of(self, target: Target, number: u32) -> Record<'a> {
        Record { sobject: self.base.links().targets[target as usize], number, revision: 0, ..self }
    }

    /// Chooses a record of a target, each as likely as any other.
    pub(super) fn any_of(self, target: Target, dice: &mut Dice) -> Option<Record<'a>> {
        let count = self.count_of(target);
        let number = dice.below(u64::from(count.max(1))) as u32;
        (count > 0).then(|| self.of(target, number))
    }

    /// Returns a field of a record as it was at the start.
    pub(super) fn starting_value(self, field: &str) -> Value<'a> {
        let sobject = &self.base.schema.sobjects()[usize::from(self.sobject)];
        sobject.field(field).map_or(Value::Null, |field| self.base.fill(self, sobject, field))
    }
}

/// Returns the id of a record there may be.
pub(super) fn id(record: Option<Record<'_>>) -> Value<'static> {
    record.map_or(Value::Null, |record| Value::Id(record.id()))
}
