//! Tokens that we hand out: 256 random bits as text.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use model::Random;

/// How the tokens of API keys begin.
pub(crate) const KEY_PREFIX: &str = "twp_";

/// Makes a token: 43 characters that mean nothing in a URL or a header.
pub(crate) fn new_token(random: &Random) -> String {
    URL_SAFE_NO_PAD.encode(random.bytes::<32>())
}

/// Whether a text looks like the token of an API key.
pub(crate) fn is_key(text: &str) -> bool {
    text.strip_prefix(KEY_PREFIX).is_some_and(|rest| {
        rest.len() == 43
            && rest.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
    })
}
