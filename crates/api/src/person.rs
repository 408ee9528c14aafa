//! What people type about themselves: names, email addresses, time zones.

use model::TimeZone;

use crate::error::ApiError;

const MOST_NAME_CHARACTERS: usize = 120;
/// The longest address that mail is delivered to (RFC 5321).
const MOST_EMAIL_BYTES: usize = 254;

/// Returns a name without spaces around it.
///
/// # Errors
/// It is empty, too long, or holds control characters.
pub(crate) fn check_name(name: &str) -> Result<String, ApiError> {
    let name = name.trim();
    let length = name.chars().count();
    if length == 0 || length > MOST_NAME_CHARACTERS || name.chars().any(char::is_control) {
        return Err(ApiError::invalid(format!(
            "A name has 1 to {MOST_NAME_CHARACTERS} characters and no line breaks."
        )));
    }
    Ok(name.to_owned())
}

/// Returns an email address in lower case.
///
/// # Errors
/// It cannot be one. Whether mail arrives there is not looked at.
pub(crate) fn check_email(email: &str) -> Result<String, ApiError> {
    let email = email.trim().to_lowercase();
    let is_address = email.len() <= MOST_EMAIL_BYTES
        && !email.chars().any(|character| character.is_whitespace() || character.is_control())
        && email.rsplit_once('@').is_some_and(|(local, domain)| {
            !local.is_empty() && !domain.is_empty() && !domain.starts_with('.') && !domain.ends_with('.')
        });
    if is_address { Ok(email) } else { Err(ApiError::invalid("This is not an email address.")) }
}

/// Returns the name of a time zone.
///
/// # Errors
/// It is none of IANA's, such as `Europe/Berlin`.
pub(crate) fn check_time_zone(time_zone: &str) -> Result<String, ApiError> {
    if time_zone.parse::<TimeZone>().is_ok() {
        Ok(time_zone.to_owned())
    } else {
        Err(ApiError::invalid("This is not the name of a time zone, such as Europe/Berlin."))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_a_name_or_an_address_is_refused() {
        assert_eq!(check_name("  Ada Lind ").unwrap(), "Ada Lind");
        assert_eq!(check_email(" Ada@ACME.example").unwrap(), "ada@acme.example");
        assert_eq!(
            check_time_zone("America/Argentina/Buenos_Aires").unwrap(),
            "America/Argentina/Buenos_Aires"
        );
        for name in ["", "  ", "Ada\nLind", &"x".repeat(121)] {
            assert!(check_name(name).is_err(), "{name:?}");
        }
        for email in ["", "ada", "@acme.example", "ada@", "ada lind@acme.example", "ada@.example"] {
            assert!(check_email(email).is_err(), "{email:?}");
        }
        for zone in ["", "Europe/", "/etc/passwd", "Europe/Atlantis", "Europe/../UTC", "UTC; drop"] {
            assert!(check_time_zone(zone).is_err(), "{zone:?}");
        }
    }
}
