//! Enums that are one word in SQL, in JSON and on the command line.

/// A word is none of those an enum knows.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("\"{word}\" is not one of {known}")]
pub struct WordError {
    /// The word.
    pub word: String,
    /// The words that are known.
    pub known: &'static str,
}

/// Defines enums whose variants are words, with `as_str`, `FromStr`, `Display` and serde by those words.
macro_rules! text_enums {
    ($($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal,)+ })+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, serde::Deserialize, serde::Serialize)]
        #[serde(try_from = "String", into = "&'static str")]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)+
        }

        impl $name {
            /// Returns the word.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }
        }

        impl std::str::FromStr for $name {
            type Err = crate::WordError;

            fn from_str(word: &str) -> Result<Self, crate::WordError> {
                match word {
                    $($word => Ok(Self::$variant),)+
                    _ => Err(crate::WordError { word: word.to_owned(), known: concat!($($word, " ",)+) }),
                }
            }
        }

        impl TryFrom<String> for $name {
            type Error = crate::WordError;

            fn try_from(word: String) -> Result<Self, crate::WordError> {
                word.parse()
            }
        }

        impl From<$name> for &'static str {
            fn from(word: $name) -> Self {
                word.as_str()
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.pad(self.as_str())
            }
        }
    )+};
}

pub(crate) use text_enums;
