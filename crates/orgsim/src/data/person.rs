//! Names of people and what goes with them.

use super::company::{Company, capitalize, pick_script};
use super::dice::Dice;
use super::words::{ASCII, DEPARTMENTS, GIVEN_NAMES, GIVEN_SLUGS, JOB_TITLES, SURNAME_ENDINGS, SYLLABLES};
use super::{Facet, Record};
use crate::value::Value;

/// The domain of the e-mail addresses of the org's own users.
const ORG_DOMAIN: &str = "lockside.example";

/// What is filled from the person a contact or a user stands for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum PersonFill {
    First,
    Last,
    ContactEmail(u8),
    LeadEmail(u8),
    JobTitle(u8),
    Department(u8),
    Other(u8),
    OtherEmail(u8),
    Username,
    UserEmail,
    Alias,
    Nickname,
    PrimaryContact,
}

impl PersonFill {
    pub(super) fn parse(word: &str, percent: u8) -> Option<Self> {
        Some(match word {
            "first_name" => Self::First,
            "last_name" => Self::Last,
            "contact_email" => Self::ContactEmail(percent),
            "lead_email" => Self::LeadEmail(percent),
            "job_title" => Self::JobTitle(percent),
            "department" => Self::Department(percent),
            "supplied_name" | "assistant_name" => Self::Other(percent),
            "supplied_email" => Self::OtherEmail(percent),
            "username" => Self::Username,
            "user_email" => Self::UserEmail,
            "alias" => Self::Alias,
            "nickname" => Self::Nickname,
            "primary_contact" => Self::PrimaryContact,
            _ => return None,
        })
    }

    pub(super) fn value(self, record: Record<'_>, salt: u64) -> Value<'static> {
        let mut dice = record.dice(salt);
        let person = || Person::any(&mut record.dice(Facet::Person as u64));
        match self {
            Self::First => person().first_name(),
            Self::Last => Value::owned_text(person().last_name()),
            Self::ContactEmail(percent) if dice.percent(percent) => {
                let company = record.account_of_contact().map_or(Company::any(&mut dice), Company::of);
                Value::owned_text(person().email(&company.domain()))
            }
            Self::LeadEmail(percent) if dice.percent(percent) => {
                Value::owned_text(person().email(&Company::of(record).domain()))
            }
            Self::JobTitle(percent) if dice.percent(percent) => Value::text(dice.word(&JOB_TITLES)),
            Self::Department(percent) if dice.percent(percent) => Value::text(dice.word(&DEPARTMENTS)),
            Self::Other(percent) if dice.percent(percent) => {
                Value::owned_text(Person::any(&mut dice).full_name())
            }
            Self::OtherEmail(percent) if dice.percent(percent) => {
                let domain = Company::any(&mut dice).domain();
                Value::owned_text(Person::any(&mut dice).email(&domain))
            }
            // Unique in all of Salesforce, so the number is part of it.
            Self::Username => {
                Value::owned_text(format!("{}.{}@{ORG_DOMAIN}", person().slug(), record.number + 1))
            }
            Self::UserEmail => Value::owned_text(person().email(ORG_DOMAIN)),
            Self::Alias => {
                Value::owned_text(person().slug().replace(['.', '-'], "").chars().take(8).collect())
            }
            Self::Nickname => Value::owned_text(format!("{}{}", person().slug(), record.number + 1)),
            Self::PrimaryContact => Value::owned_text(Person::any(&mut dice).full_name()),
            _ => Value::Null,
        }
    }
}

#[derive(Clone, Copy, Debug)]
struct Person {
    script: usize,
    given: usize,
    syllables: [usize; 2],
    ending: usize,
    has_given: bool,
}

impl Person {
    fn any(dice: &mut Dice) -> Self {
        Self {
            script: pick_script(dice),
            given: dice.index(GIVEN_NAMES.len()),
            syllables: [0; 2].map(|_| dice.index(SYLLABLES.len())),
            ending: dice.index(SURNAME_ENDINGS.len()),
            has_given: dice.percent(97),
        }
    }

    fn first_name(self) -> Value<'static> {
        if self.has_given { Value::text(GIVEN_NAMES[self.given][self.script]) } else { Value::Null }
    }

    fn last_name(self) -> String {
        let mut name = capitalize(&self.syllables.map(|syllable| SYLLABLES[syllable][self.script]));
        name.push_str(SURNAME_ENDINGS[self.ending][self.script]);
        name
    }

    fn full_name(self) -> String {
        format!("{} {}", GIVEN_NAMES[self.given][self.script], self.last_name())
    }

    fn slug(self) -> String {
        let [first, second] = self.syllables.map(|syllable| SYLLABLES[syllable][ASCII]);
        let ending = if self.ending < 3 { SURNAME_ENDINGS[self.ending][ASCII] } else { "-park" };
        format!("{}.{first}{second}{ending}", GIVEN_SLUGS[self.given])
    }

    fn email(self, domain: &str) -> String {
        format!("{}@{domain}", self.slug())
    }
}
