//! What INFO tells of the program itself, where services answer otherwise than Redis and Valkey do.

use serde::{Deserialize, Serialize};

/// How the server says it was built and where it runs. All text is untrusted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Built {
    /// `gcc_version`; services that hide theirs write `0.0.0`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gcc: Option<String>,
    /// `rlec_version`, which Redis Enterprise adds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enterprise: Option<String>,
    /// `availability_zone` (Valkey 8.0+), where it is set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
}

impl Built {
    /// True where nothing was told.
    pub fn is_unknown(&self) -> bool {
        *self == Built::default()
    }
}
