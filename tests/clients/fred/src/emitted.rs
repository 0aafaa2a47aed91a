//! Stands where `drive` puts the emitted file when it was given one.

pub fn client() -> Result<fred::prelude::Client, fred::prelude::Error> {
    Err(fred::prelude::Error::new(fred::prelude::ErrorKind::Config, "built without an emitted file"))
}
