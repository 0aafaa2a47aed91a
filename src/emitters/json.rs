//! The neutral form: every proved mapping, for whoever writes the configuration of something else.

use super::{Emitter, Settings, rule::Needed};
use crate::address_map::AddressMap;

/// A JSON array of mappings.
pub(super) const EMITTER: Emitter = Emitter { client: "json", emit };

fn emit(map: &AddressMap, settings: &Settings) -> Result<String, String> {
    Needed::of(map, settings)?;
    let json = serde_json::to_string_pretty(&map.mappings).map_err(|error| error.to_string())?;
    Ok(json + "\n")
}
