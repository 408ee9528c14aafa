//! The `next` of a page: opaque to clients, and signed, so that what comes back as `after` is what was handed out.

use std::fmt;

use axum::http::StatusCode;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::hmac;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::ApiError;

const TAG_BYTES: usize = 32;

/// Signs and checks positions in lists.
pub(crate) struct PageKey(hmac::Key);

impl PageKey {
    pub(crate) fn new(bytes: &[u8; 32]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, bytes))
    }

    /// Returns a position as text. It is only good for the same list of the same workspace: `list` names both.
    pub(crate) fn seal<T: Serialize>(&self, list: &str, position: &T) -> String {
        let position = serde_json::to_vec(position).expect("positions have a JSON form");
        let mut bytes = hmac::sign(&self.0, &signed(list, &position)).as_ref().to_vec();
        bytes.extend_from_slice(&position);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Reads a position back.
    ///
    /// # Errors
    /// It was not handed out by this server for this list.
    pub(crate) fn open<T: DeserializeOwned>(&self, list: &str, text: &str) -> Result<T, ApiError> {
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| refuse())?;
        let (tag, position) = bytes.split_at_checked(TAG_BYTES).ok_or_else(refuse)?;
        hmac::verify(&self.0, &signed(list, position), tag).map_err(|_| refuse())?;
        serde_json::from_slice(position).map_err(|_| refuse())
    }
}

fn signed(list: &str, position: &[u8]) -> Vec<u8> {
    [list.as_bytes(), b"\0", position].concat()
}

fn refuse() -> ApiError {
    ApiError::new(StatusCode::BAD_REQUEST, "page.invalid", "This page was not handed out for this list.")
        .hint("Begin with the first page again.")
}

impl fmt::Debug for PageKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("PageKey")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_handed_out_for_a_list_comes_back() {
        let key = PageKey::new(&[7; 32]);

        let text = key.seal("runs of wsp_1", &"run_1");

        assert_eq!(key.open::<String>("runs of wsp_1", &text).unwrap(), "run_1");
        let other_list = key.open::<String>("runs of wsp_2", &text);
        let other_key = PageKey::new(&[8; 32]).open::<String>("runs of wsp_1", &text);
        for refused in
            [other_list, other_key, key.open("runs of wsp_1", ""), key.open("runs of wsp_1", "run_1")]
        {
            assert_eq!(refused.unwrap_err().code(), "page.invalid");
        }
    }
}
