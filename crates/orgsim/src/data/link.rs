//! Lookups: which record points to which.

use super::dice::Dice;
use super::service::QUEUES;
use super::{Base, Facet, Record};
use crate::id::RecordId;
use crate::rights::{ADMINISTRATOR, ROLES};
use crate::value::Value;

/// What is filled with the id of another record.
#[derive(Clone, Copy, Debug)]
pub(crate) enum LinkFill {
    Owner,
    OwnerOrQueue,
    CreatedBy,
    ModifiedBy,
    Profile,
    /// A role of the tree that every org has.
    Role(u8),
    /// The first of the opportunities' record types, or the second.
    DealRecordType,
    /// That of the projects.
    ProjectRecordType,
    /// A record of the same sObject with a lower number, so that there are no circles.
    Earlier(u8),
    Account(u8),
    Contact(u8),
    AccountOfContact,
}

impl LinkFill {
    pub(super) fn parse(word: &str, percent: u8) -> Option<Self> {
        Some(match word {
            "owner" => Self::Owner,
            "owner_or_queue" => Self::OwnerOrQueue,
            "created_by" => Self::CreatedBy,
            "modified_by" => Self::ModifiedBy,
            "profile" => Self::Profile,
            "role" => Self::Role(percent),
            "deal_record_type" => Self::DealRecordType,
            "project_record_type" => Self::ProjectRecordType,
            "parent_account" | "parent_case" | "parent_campaign" | "parent_asset" | "reports_to"
            | "manager" => Self::Earlier(percent),
            "account" => Self::Account(percent),
            "contact" => Self::Contact(percent),
            "account_of_contact" => Self::AccountOfContact,
            _ => return None,
        })
    }

    pub(super) fn value(self, record: Record<'_>, salt: u64) -> Value<'static> {
        let mut dice = record.dice(salt);
        let links = record.base.links();
        match self {
            Self::OwnerOrQueue if dice.percent(15) => {
                let number = dice.index(QUEUES.len()) as u32;
                Value::Id(Record { sobject: links.queue, number, revision: 0, ..record }.id())
            }
            Self::Owner | Self::OwnerOrQueue | Self::CreatedBy => user(record, &mut dice),
            Self::ModifiedBy if record.modified_at() == record.created_at() => {
                user(record, &mut record.dice(links.created_by[usize::from(record.sobject)]))
            }
            Self::ModifiedBy => user(record, &mut dice),
            Self::Profile => {
                Value::Id(RecordId::new(b"00e", Base::sequence(profile_of(record.number, &mut dice))))
            }
            Self::DealRecordType => record_type(u32::from(!dice.percent(70))),
            Self::ProjectRecordType => record_type(2),
            Self::Role(percent) if record.number > 0 && dice.percent(percent) => {
                Value::Id(RecordId::new(b"00E", Base::sequence(dice.index(ROLES.len()) as u32)))
            }
            Self::Earlier(percent) if record.number > 0 && dice.percent(percent) => {
                let number = dice.below(u64::from(record.number)) as u32;
                Value::Id(Record { number, revision: 0, ..record }.id())
            }
            Self::Account(percent) => linked(record, links.account, percent, &mut dice),
            Self::Contact(percent) => linked(record, links.contact, percent, &mut dice),
            Self::AccountOfContact => {
                record.account_of_case().map_or(Value::Null, |account| Value::Id(account.id()))
            }
            _ => Value::Null,
        }
    }
}

impl<'a> Record<'a> {
    /// Returns the account that a contact starts with.
    pub(super) fn account_of_contact(self) -> Option<Record<'a>> {
        let links = self.base.links();
        let (salt, percent) = links.account_of_contact;
        self.linked(links.account, percent, &mut self.dice(salt))
    }

    /// Returns the account that an opportunity starts with.
    pub(super) fn account_of_deal(self) -> Option<Record<'a>> {
        let links = self.base.links();
        let (salt, percent) = links.account_of_deal;
        self.linked(links.account, percent, &mut self.dice(salt))
    }

    /// A case belongs to the account of its contact; one without a contact may have any.
    fn account_of_case(self) -> Option<Record<'a>> {
        let links = self.base.links();
        let (salt, percent) = links.contact_of_case;
        match self.linked(links.contact, percent, &mut self.dice(salt)) {
            Some(contact) => contact.account_of_contact(),
            None => self.linked(links.account, 60, &mut self.dice(Facet::Account as u64)),
        }
    }

    /// Chooses a parent. Those with low numbers have very many children, most have few.
    fn linked(self, sobject: u16, percent: u8, dice: &mut Dice) -> Option<Record<'a>> {
        let count = self.base.count(sobject);
        if count == 0 || !dice.percent(percent) {
            return None;
        }
        let fraction = dice.fraction();
        let number = (fraction * fraction * fraction * f64::from(count)) as u32;
        Some(Record { sobject, number, revision: 0, ..self })
    }
}

/// Returns the record type of that place in the order in which they are planted.
fn record_type(place: u32) -> Value<'static> {
    Value::Id(RecordId::new(b"012", Base::sequence(place)))
}

/// Returns the place of a user's profile. The first user is the administrator; nobody else is much less than a worker.
fn profile_of(number: u32, dice: &mut Dice) -> u32 {
    if number == 0 {
        return ADMINISTRATOR as u32;
    }
    match dice.below(100) {
        0..8 => ADMINISTRATOR as u32,
        8..60 => 1,
        60..80 => 2,
        80..86 => 3,
        86..93 => 4,
        _ => 5,
    }
}

fn linked(record: Record<'_>, sobject: u16, percent: u8, dice: &mut Dice) -> Value<'static> {
    record.linked(sobject, percent, dice).map_or(Value::Null, |parent| Value::Id(parent.id()))
}

fn user(record: Record<'_>, dice: &mut Dice) -> Value<'static> {
    let sobject = record.base.links().user;
    let number = dice.below(u64::from(record.base.count(sobject).max(1))) as u32;
    Value::Id(Record { sobject, number, revision: 0, ..record }.id())
}
