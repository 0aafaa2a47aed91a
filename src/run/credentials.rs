//! Credentials: of flags, the terminal, the environment, a URL.

use anyhow::{Context as _, Result, bail};
use percent_encoding::percent_decode_str;

use crate::{
    cli::Connection,
    facts::{Credentials, Oddity, Secret},
};

/// `user:password`, `:password`, or (as redis-cli reads it) `password` alone; percent-encoded.
pub(super) fn of_userinfo(userinfo: &str) -> Option<Credentials> {
    let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    let (user, password) = userinfo.split_once(':').unwrap_or(("", userinfo));
    let username = Some(decoded(user)).filter(|u| !u.is_empty());
    let (password, is_given) = (decoded(password), !password.is_empty());
    let alone = (!userinfo.contains(':')).then_some(Oddity::Alone);
    let oddity = Oddity::of(&password, true).or(alone);
    is_given.then(|| Credentials { username, password: Secret::new(password), oddity })
}

/// As they are, from anywhere but a URL.
fn plain(username: Option<String>, password: String) -> Credentials {
    let oddity = Oddity::of(&password, false);
    Credentials { username, password: Secret::new(password), oddity }
}

/// `--askpass`, then `-a`, then `REDISCLI_AUTH`, then the URL: redis-cli's order.
pub(super) fn for_servers(connection: &Connection, from_url: Option<Credentials>) -> Result<Option<Credentials>> {
    let password = if connection.askpass {
        Some(rpassword::prompt_password("password: ").context("--askpass needs a terminal")?)
    } else {
        connection.password.clone().or_else(|| environment("REDISCLI_AUTH").filter(|_| from_url.is_none()))
    };
    let username = connection.username.clone().or_else(|| environment("REDISCLI_AUTH_USER"));
    Ok(match (password, from_url) {
        (Some(password), _) => Some(plain(username, password)),
        (None, Some(url)) => Some(Credentials { username: connection.username.clone().or(url.username), ..url }),
        (None, None) if connection.username.is_some() => {
            bail!("--user needs a password: -a, --askpass or REDISCLI_AUTH")
        }
        (None, None) => None,
    })
}

/// The same for Sentinels that have credentials of their own; redis-cli knows none, so these go by its names.
pub(super) fn for_sentinels(connection: &Connection) -> Result<Option<Credentials>> {
    let password = if connection.sentinel_askpass {
        Some(rpassword::prompt_password("password of the Sentinels: ").context("--sentinel-askpass needs a terminal")?)
    } else {
        connection.sentinel_pass.clone().or_else(|| environment("REDISCLI_SENTINEL_AUTH"))
    };
    let username = connection.sentinel_user.clone().or_else(|| environment("REDISCLI_SENTINEL_AUTH_USER"));
    match password {
        Some(password) => Ok(Some(plain(username, password))),
        None if connection.sentinel_user.is_some() => {
            bail!("--sentinel-user needs a password: --sentinel-pass, --sentinel-askpass or REDISCLI_SENTINEL_AUTH")
        }
        None => Ok(None),
    }
}

/// A variable that says something.
fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn userinfo_is_decoded() {
        let credentials = of_userinfo("app:p%40s%3As").unwrap();
        assert_eq!((credentials.username.as_deref(), credentials.password.reveal()), (Some("app"), "p@s:s"));
        let credentials = of_userinfo(":secret").unwrap();
        assert_eq!((credentials.username, credentials.password.reveal()), (None, "secret"));
    }
}
