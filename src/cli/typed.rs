//! What people type in place of an endpoint, as the arguments that it stands for: connection strings of client libraries,
//! pieces of configuration files, lists, and the schemes of others. What can be read in one way is read so; for the rest
//! there is a sentence with the form that works, and never what may be a password.

use super::{Connection, complaint::without_credentials};

mod mistaken;
mod pairs;
mod places;

/// What a text stands for.
#[derive(Debug, Default, PartialEq, Eq)]
struct Typed {
    /// True for TLS, false for plaintext, nothing where the wire decides.
    tls: Option<bool>,
    /// `HOST[:PORT]`, at least one.
    places: Vec<String>,
    user: Option<String>,
    password: Option<String>,
    /// The name that is verified in place of the host.
    server_name: Option<String>,
    /// The group of Sentinels: then the places are theirs.
    group: Option<String>,
    database: Option<u32>,
}

impl Connection {
    /// Puts the arguments that an endpoint stands for in its place, where it is written in the way of others.
    ///
    /// # Errors
    /// What cannot be read, in a sentence with the form that works.
    pub fn straighten(&mut self) -> Result<(), String> {
        let in_parts = self.host.is_some() || self.port.is_some() || self.uri.is_some();
        // Beside these the endpoint is a command of redis-cli.
        let text = if in_parts { &mut self.uri } else { &mut self.endpoint };
        let Some(given) = text.as_deref() else { return Ok(()) };
        let bare = places::unwrapped(given);
        if let [port] = &self.words[..]
            && !in_parts
            && places::is_port(port)
            && !bare.contains([':', '/'])
        {
            *text = Some(format!("{bare}:{port}"));
            self.words.clear();
            return Ok(());
        }
        mistaken::check(bare)?;
        match read(bare)? {
            Some(typed) => self.put(typed),
            None if bare != given => *text = Some(bare.to_owned()),
            None => {}
        }
        Ok(())
    }

    /// What is given beside wins.
    fn put(&mut self, typed: Typed) {
        let Typed { tls, places, user, password, server_name, group, database } = typed;
        let scheme = match (tls, &group) {
            (Some(true), Some(_)) => "rediss+sentinel://",
            (_, Some(_)) => "redis+sentinel://",
            (Some(true), None) => "rediss://",
            (Some(false), None) => "redis://",
            (None, None) => "",
        };
        let endpoint = match &group {
            Some(group) => format!("{scheme}{}/{group}", places.join(",")),
            None => format!("{scheme}{}", places.first().map(String::as_str).unwrap_or_default()),
        };
        if group.is_none() {
            self.node.extend(places.into_iter().skip(1));
        }
        *(if self.uri.is_some() { &mut self.uri } else { &mut self.endpoint }) = Some(endpoint);
        if self.password.is_none() && !self.askpass && password.is_some() {
            self.password = password;
            self.username = self.username.take().or(user);
        }
        self.server_name = self.server_name.take().or(server_name);
        self.pasted.database = self.pasted.database.or(database);
    }
}

/// Nothing where it is in a form of ours.
fn read(text: &str) -> Result<Option<Typed>, String> {
    if text.starts_with("lab://") {
        return Ok(None);
    }
    if let Some(typed) = places::read(text)? {
        return Ok(Some(typed));
    }
    pairs::read(text)
}

/// As it may be shown.
fn shown(text: &str) -> String {
    without_credentials(text)
}

#[cfg(test)]
mod tests;
