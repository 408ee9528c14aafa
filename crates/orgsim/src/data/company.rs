//! Names of companies, and what goes with a name.

use super::dice::Dice;
use super::words::{ACCENTED, ASCII, HAN, LEGAL_FORMS, PROJECT_WORDS, SCRIPTS, SECTORS, SYLLABLES};
use super::{Facet, Record};
use crate::value::Value;

/// What is filled from the company an account stands for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum CompanyFill {
    Name,
    Website(u8),
    Ticker(u8),
    Site(u8),
    Supplied(u8),
    Competitors(u8),
    ProjectName,
    ProjectPage(u8),
    OrganizationName,
}

impl CompanyFill {
    pub(super) fn parse(word: &str, percent: u8) -> Option<Self> {
        Some(match word {
            "company_name" => Self::Name,
            "website" => Self::Website(percent),
            "ticker" => Self::Ticker(percent),
            "site" => Self::Site(percent),
            "supplied_company" => Self::Supplied(percent),
            "competitors" => Self::Competitors(percent),
            "project_name" => Self::ProjectName,
            "project_page" => Self::ProjectPage(percent),
            "organization_name" | "const_organization" => Self::OrganizationName,
            _ => return None,
        })
    }

    pub(super) fn value(self, record: Record<'_>, salt: u64) -> Value<'static> {
        let mut dice = record.dice(salt);
        match self {
            Self::Name => Value::owned_text(Company::of(record).name()),
            Self::Website(percent) if dice.percent(percent) => website(Company::of(record), dice.below(3)),
            Self::Ticker(percent) if dice.percent(percent) => Value::owned_text(Company::of(record).ticker()),
            Self::Site(percent) if dice.percent(percent) => {
                Value::text(dice.word(&["HQ", "Plant 2", "Werk Süd", "本社"]))
            }
            Self::Supplied(percent) | Self::Competitors(percent) if dice.percent(percent) => {
                Value::owned_text(Company::any(&mut dice).name())
            }
            Self::ProjectName => {
                let company = Company::any(&mut dice);
                Value::owned_text(format!(
                    "{} {} {}",
                    dice.word(&PROJECT_WORDS),
                    company.stem(company.script),
                    1 + dice.below(9)
                ))
            }
            Self::ProjectPage(percent) if dice.percent(percent) => {
                let domain = Company::any(&mut dice).domain();
                Value::owned_text(format!(
                    "https://{domain}/projects?id={}&tab=plan#top",
                    dice.below(100_000)
                ))
            }
            Self::OrganizationName => Value::text("Lockside Simulated Trading"),
            _ => Value::Null,
        }
    }
}

fn website(company: Company, form: u64) -> Value<'static> {
    let domain = company.domain();
    Value::owned_text(match form {
        0 => domain,
        1 => format!("www.{domain}"),
        _ => format!("https://www.{domain}"),
    })
}

/// A company made of syllables, written in one of the scripts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Company {
    script: usize,
    syllables: [usize; 3],
    sector: usize,
    legal_form: usize,
}

impl Company {
    /// Returns the company behind an account.
    pub(crate) fn of(record: Record<'_>) -> Self {
        Self::any(&mut record.dice(Facet::Company as u64))
    }

    pub(super) fn any(dice: &mut Dice) -> Self {
        Self {
            script: pick_script(dice),
            syllables: [0; 3].map(|_| dice.index(SYLLABLES.len())),
            sector: dice.index(SECTORS.len()),
            legal_form: dice.index(LEGAL_FORMS.len()),
        }
    }

    pub(super) fn name(self) -> String {
        let mut name = self.stem(self.script);
        if self.script != HAN {
            name.push(' ');
        }
        name.push_str(SECTORS[self.sector][self.script]);
        name.push_str(LEGAL_FORMS[self.legal_form][self.script]);
        name
    }

    /// Returns the domain its website and its people's addresses are in. It ends in `.example`, which nobody can own.
    pub(super) fn domain(self) -> String {
        let mut domain = String::with_capacity(40);
        self.syllables.iter().for_each(|syllable| domain.push_str(SYLLABLES[*syllable][ASCII]));
        domain.push('-');
        domain.extend(SECTORS[self.sector][ASCII].bytes().map(|byte| char::from(byte.to_ascii_lowercase())));
        domain.push_str(".example");
        domain
    }

    fn ticker(self) -> String {
        let letters = self.syllables.iter().filter_map(|syllable| SYLLABLES[*syllable][ASCII].chars().next());
        letters.map(|letter| letter.to_ascii_uppercase()).collect()
    }

    fn stem(self, script: usize) -> String {
        capitalize(&self.syllables.map(|syllable| SYLLABLES[syllable][script]))
    }
}

/// More than half of all names are plain ASCII, and a fifth have accents.
pub(super) fn pick_script(dice: &mut Dice) -> usize {
    match dice.below(100) {
        0..55 => ASCII,
        55..75 => ACCENTED,
        _ => 2 + dice.index(SCRIPTS - 2),
    }
}

/// Joins syllables to a word with a capital first letter where the script has one.
pub(super) fn capitalize(syllables: &[&str]) -> String {
    let mut word = String::with_capacity(64);
    let mut first = syllables.first().map_or("".chars(), |syllable| syllable.chars());
    word.extend(first.next().into_iter().flat_map(char::to_uppercase));
    word.push_str(first.as_str());
    syllables.iter().skip(1).for_each(|syllable| word.push_str(syllable));
    word
}
