//! Moments as they are typed: `--at 2027-03-15`.

use time::{Date, OffsetDateTime, format_description::well_known::Rfc3339, macros::format_description};

/// The last second of the year 9999, which certificates use for "never" (RFC 5280 §4.1.2.5).
const LAST: i64 = 253_402_300_799;

/// `2027-03-15` (where that day begins in UTC), `2027-03-15T12:00:00Z` (RFC 3339) or seconds since 1970, in those seconds.
///
/// # Errors
/// How to write it, or that it lies before 1970 or after 9999.
pub fn moment(text: &str) -> Result<i64, String> {
    let shape = || "write it as 2027-03-15, 2027-03-15T12:00:00Z or seconds since 1970".to_owned();
    let text = text.trim();
    if let Ok(seconds) = text.parse() {
        // Nobody means a day of 1970 by 20270315.
        return if text.len() == 8 { Err(shape()) } else { within(seconds) };
    }
    if let Ok(day) = Date::parse(text, format_description!("[year]-[month]-[day]")) {
        return within(day.midnight().assume_utc().unix_timestamp());
    }
    let moment = OffsetDateTime::parse(text, &Rfc3339).map_err(|_| shape())?;
    within(moment.unix_timestamp())
}

/// Between 1970 and 9999, for which every certificate can be dated.
///
/// # Errors
/// That it is not.
pub fn within(seconds: i64) -> Result<i64, String> {
    if (0..=LAST).contains(&seconds) { Ok(seconds) } else { Err("it lies before 1970 or after 9999".to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments() {
        assert_eq!(moment("2027-03-15"), Ok(1_805_068_800));
        assert_eq!(moment("2027-03-15T00:00:00Z"), Ok(1_805_068_800));
        assert_eq!(moment("2027-03-15T02:00:00+02:00"), Ok(1_805_068_800));
        assert_eq!(moment("1805068800"), Ok(1_805_068_800));
        assert_eq!(moment("0"), Ok(0));
        assert_eq!(moment("9999-12-31T23:59:59Z"), Ok(LAST));
        for bad in [
            "",
            "tomorrow",
            "2027-13-01",
            "2027-02-30",
            "2027-03-15T12:00:00",
            "20270315",
            "-1",
            "999999999999999",
            "1e9",
        ] {
            assert!(moment(bad).is_err(), "{bad}");
        }
    }
}
