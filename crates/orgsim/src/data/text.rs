//! Sentences, from a short line to a hundred thousand characters.

use std::fmt::Write;

use super::Record;
use super::dice::Dice;
use super::words::{NEXT_STEPS, SENTENCES, SEPARATORS, SUBJECTS};
use crate::value::Value;

/// The length of the rare huge texts, in characters.
const HUGE: usize = 100_000;

/// One record in that many has a huge text in a field that takes one.
const ONE_HUGE_IN: u64 = 20_000;

/// One text in that many fills a standard long text area.
const ONE_FULL_IN: u64 = 5_000;

/// More characters than a sentence with its separator has.
const LONGEST: usize = 100;

/// What is filled with words.
#[derive(Clone, Copy, Debug)]
pub(crate) enum TextFill {
    Short(u8),
    Text(u8),
    Long(u8),
    Huge,
    Subject(u8),
    NextStep(u8),
}

impl TextFill {
    pub(super) fn parse(word: &str, percent: u8) -> Option<Self> {
        Some(match word {
            "short_text" => Self::Short(percent),
            "text" => Self::Text(percent),
            "long_text" => Self::Long(percent),
            "huge_text" => Self::Huge,
            "subject" => Self::Subject(percent),
            "next_step" => Self::NextStep(percent),
            _ => return None,
        })
    }

    /// Writes a text of at most that many characters.
    pub(super) fn value(self, record: Record<'_>, salt: u64, length: usize) -> Value<'static> {
        let mut dice = record.dice(salt);
        match self {
            Self::Huge | Self::Long(_) if dice.below(ONE_HUGE_IN) == 0 => sentences(&mut dice, HUGE),
            // The last sentence may go beyond, so the text stops short of the most by one.
            Self::Text(_) if dice.below(ONE_FULL_IN) == 0 => sentences(&mut dice, length - LONGEST),
            Self::Short(percent) if dice.percent(percent) => sentences(&mut dice, 1),
            Self::Text(percent) if dice.percent(percent) => some_sentences(&mut dice, 200, length),
            Self::Long(percent) if dice.percent(percent) => some_sentences(&mut dice, 1_200, length),
            Self::Subject(percent) if dice.percent(percent) => with_number(dice.word(&SUBJECTS), &mut dice),
            Self::NextStep(percent) if dice.percent(percent) => Value::text(dice.word(&NEXT_STEPS)),
            _ => Value::Null,
        }
    }
}

/// Writes about half of a length, rarely more, never more than the most.
fn some_sentences(dice: &mut Dice, usual: u64, most: usize) -> Value<'static> {
    let characters = dice.below(usual) as usize;
    sentences(dice, characters.clamp(1, most - LONGEST))
}

/// Writes sentences until there are at least that many characters, counted as the org counts them: in UTF-16.
fn sentences(dice: &mut Dice, characters: usize) -> Value<'static> {
    let mut text = String::with_capacity(characters * 3 / 2 + 120);
    let mut count = 0;
    while count < characters {
        let start = text.len();
        if count > 0 {
            text.push_str(dice.word(&SEPARATORS));
        }
        push_with_number(&mut text, dice.word(&SENTENCES), dice);
        count += text[start..].encode_utf16().count();
    }
    Value::owned_text(text)
}

fn with_number(pattern: &str, dice: &mut Dice) -> Value<'static> {
    let mut text = String::with_capacity(pattern.len() + 8);
    push_with_number(&mut text, pattern, dice);
    Value::owned_text(text)
}

fn push_with_number(text: &mut String, pattern: &str, dice: &mut Dice) {
    match pattern.split_once('#') {
        Some((before, after)) => {
            let number = 1 + dice.below(9_000);
            write!(text, "{before}{number}{after}").expect("writing to a string cannot fail");
        }
        None => text.push_str(pattern),
    }
}
