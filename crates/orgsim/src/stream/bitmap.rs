//! Sets of fields as events carry them: in hexadecimal, bit by bit (Pub/Sub API, Event Deserialization Considerations).

use super::avro::Field;

/// A field of an event, or a field of a record inside it.
pub(crate) type Mark = (usize, Option<usize>);

/// Writes a set: first the fields of the event itself, then those inside its compound fields, one text for each.
pub(crate) fn write(marks: &[Mark]) -> Vec<String> {
    let mut parents: Vec<usize> =
        marks.iter().filter(|(_, child)| child.is_some()).map(|(at, _)| *at).collect();
    parents.sort_unstable();
    parents.dedup();
    let own: Vec<usize> = marks.iter().filter(|(_, child)| child.is_none()).map(|(at, _)| *at).collect();
    let whole = (!own.is_empty()).then(|| to_hex(&own));
    let parts = parents.iter().map(|parent| {
        let children: Vec<usize> =
            marks.iter().filter(|(at, _)| at == parent).filter_map(|(_, child)| *child).collect();
        format!("{parent}-{}", to_hex(&children))
    });
    whole.into_iter().chain(parts).collect()
}

/// Reads a set.
pub(crate) fn read(texts: &[&str]) -> Vec<Mark> {
    let mut marks = Vec::new();
    for text in texts {
        match text.split_once('-') {
            None => marks.extend(from_hex(text).into_iter().map(|at| (at, None))),
            Some((parent, bits)) => {
                let Ok(parent) = parent.parse() else { continue };
                marks.extend(from_hex(bits).into_iter().map(|at| (parent, Some(at))));
            }
        }
    }
    marks
}

/// Names the fields of a set as CometD has them: `BillingAddress.City`.
pub(crate) fn names(fields: &[Field], marks: &[Mark]) -> Vec<String> {
    let name = |(at, child): &Mark| {
        let field = fields.get(*at)?;
        match child {
            None => Some(field.name.clone()),
            Some(child) => {
                let part = field.kind.as_record()?.fields.get(*child)?;
                Some(format!("{}.{}", field.name, part.name))
            }
        }
    };
    marks.iter().filter_map(name).collect()
}

/// Writes whole bytes, the highest first.
fn to_hex(places: &[usize]) -> String {
    let highest = places.iter().max().copied().unwrap_or_default();
    let mut bytes = vec![0_u8; highest / 8 + 1];
    for place in places {
        bytes[highest / 8 - place / 8] |= 1 << (place % 8);
    }
    bytes.iter().fold("0x".to_owned(), |text, byte| format!("{text}{byte:02X}"))
}

fn from_hex(text: &str) -> Vec<usize> {
    let digits = text.trim_start_matches("0x").bytes().rev().enumerate();
    let bits = digits.flat_map(|(at, digit)| {
        let value = char::from(digit).to_digit(16).unwrap_or_default();
        (0..4).filter(move |bit| value >> bit & 1 == 1).map(move |bit| at * 4 + bit)
    });
    bits.collect()
}

#[cfg(test)]
mod tests {
    use super::{read, write};

    #[test]
    fn the_second_and_third_field_are_six() {
        assert_eq!(write(&[(1, None), (2, None)]), ["0x06"]);
        assert_eq!(write(&[(0, None), (11, None), (4, Some(1)), (4, Some(9))]), ["0x0801", "4-0x0202"]);
        assert!(write(&[]).is_empty());
    }

    #[test]
    fn what_is_written_is_read() {
        let marks = [(0, None), (7, None), (8, None), (63, None), (64, None), (3, Some(0)), (12, Some(10))];

        let texts = write(&marks);

        assert_eq!(read(&texts.iter().map(String::as_str).collect::<Vec<_>>()), marks);
    }
}
