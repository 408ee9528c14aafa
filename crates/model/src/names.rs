//! Names in a sentence.

/// Names that a sentence holds; a rule may have 800 fields.
const MOST_NAMED: usize = 10;

/// Returns names in the order they have, of many the first: `Name, Site and 12 more`.
pub fn bounded(names: &[&str]) -> String {
    let shown = names.iter().take(MOST_NAMED).copied().collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(MOST_NAMED) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}
