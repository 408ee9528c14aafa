//! Where answers differ from recorded ones, and why they are right.

/// Files that are compared elsewhere, or show nothing to compare.
pub(super) const ELSEWHERE: [(&str, &str); 2] = [
    ("describe/*", "the describes are compared in src/describe/tests.rs"),
    ("eventlogfile/*.csv", "no JSON: samples of log lines"),
];

/// Files whose request may be refused in clear words, as orgsim has no such thing. Where it has, they are compared.
pub(super) const REFUSED: [(&str, &str); 2] = [
    ("eventlogfile/elastic_query_Login.json", "no event log files"),
    ("small_bodies/restforce_recent_success_response.json", "no lists of recent records"),
];

/// The files, the differences (`*` is any text) and the reason.
pub(super) const DIFFERENCES: [(&str, &str, &str); 0] = [];

/// Tells whether a text is like a pattern, in which `*` stands for any text.
pub(super) fn is_like(text: &str, pattern: &str) -> bool {
    match pattern.split_once('*') {
        None => text == pattern,
        Some((start, rest)) => text
            .strip_prefix(start)
            .is_some_and(|text| (0..=text.len()).filter(|at| text.is_char_boundary(*at)).any(|at| is_like(&text[at..], rest))),
    }
}
