//! What a query is refused with.

use std::fmt;

/// How much of the statement an error shows on either side of the place it is about.
const WINDOW: usize = 30;

/// Why a query is refused: an error code of the REST API and the text that goes with it.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct SoqlError {
    /// The `errorCode`.
    pub code: &'static str,
    /// The `message`; where the error has a place it starts with a piece of the statement, a caret and the position.
    pub message: String,
}

impl SoqlError {
    /// Makes an error about the statement as a whole.
    pub(super) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    /// Makes an error about the byte of the statement at `place`.
    pub(super) fn at(statement: &str, place: usize, code: &'static str, message: impl fmt::Display) -> Self {
        Self { code, message: format!("{}{message}", Position::find(statement, place)) }
    }
}

/// A place in a statement as errors show it.
struct Position<'a> {
    row: usize,
    /// Characters before the place in its row.
    column: usize,
    fragment: &'a str,
    /// Characters before the place in the fragment.
    caret: usize,
}

impl<'a> Position<'a> {
    /// Cuts the fragment as Salesforce does: thirty characters to either side, drawn out to the next space or comma.
    fn find(statement: &'a str, place: usize) -> Self {
        let (before, after) = statement.split_at(place.min(statement.len()));
        let row_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let before_in_row = &before[row_start..];
        let left = before_in_row.char_indices().rev().map(|(at, _)| at).nth(WINDOW - 1).unwrap_or(0);
        let left = before_in_row[..left].rfind(is_boundary).map_or(0, |at| at + 1);
        let right = after.char_indices().map(|(at, _)| at).nth(WINDOW + 1).unwrap_or(after.len());
        let right = after[right..].find(is_boundary).map_or(after.len(), |at| right + at);
        let right = after[..right].find('\n').unwrap_or(right);
        Self {
            row: before.matches('\n').count(),
            column: before_in_row.chars().count(),
            fragment: &statement[row_start + left..before.len() + right],
            caret: before_in_row[left..].chars().count(),
        }
    }
}

impl fmt::Display for Position<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\n{}\n{:caret$}^\n", self.fragment, "", caret = self.caret)?;
        writeln!(f, "ERROR at Row:{}:Column:{}", self.row + 1, self.column + 1)
    }
}

fn is_boundary(character: char) -> bool {
    character == ',' || character.is_whitespace()
}

#[cfg(test)]
mod tests {
    use super::SoqlError;

    #[test]
    fn a_short_statement_is_shown_whole() {
        let error = SoqlError::at("SELECT Id FROM Accountz LIMIT 2", 15, "INVALID_TYPE", "no");

        assert_eq!(
            error.message,
            "\nSELECT Id FROM Accountz LIMIT 2\n               ^\nERROR at Row:1:Column:16\nno"
        );
    }

    #[test]
    fn a_long_statement_is_cut_at_words() {
        let statement = "SELECT Id, LastViewedDate, LastReferencedDate, Jigsaw, JigsawCompanyId, CleanStatus, \
                         AccountSource, DunsNumber, Tradestyle FROM Account";
        let place = statement.find("CleanStatus").unwrap();

        let error = SoqlError::at(statement, place, "INVALID_FIELD", "no");

        assert_eq!(
            error.message,
            format!(
                "\nLastReferencedDate, Jigsaw, JigsawCompanyId, CleanStatus, AccountSource, DunsNumber\n{:45}^\n\
                 ERROR at Row:1:Column:73\nno",
                ""
            )
        );
    }

    #[test]
    fn rows_count_and_characters_are_not_bytes() {
        let statement = "SELECT Id\nFROM Konto WHERE Name = 'Öl' LIMIT x";
        let place = statement.find("x").unwrap();

        let error = SoqlError::at(statement, place, "MALFORMED_QUERY", "no");

        assert_eq!(
            error.message,
            "\nFROM Konto WHERE Name = 'Öl' LIMIT x\n                                   ^\nERROR at Row:2:Column:36\nno"
        );
    }

    #[test]
    fn the_end_is_a_place() {
        let error = SoqlError::at("SELECT", 6, "MALFORMED_QUERY", "no");

        assert_eq!(error.message, "\nSELECT\n      ^\nERROR at Row:1:Column:7\nno");
    }
}
