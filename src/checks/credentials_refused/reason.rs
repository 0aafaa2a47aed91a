//! Why credentials were not accepted, as far as the answer tells.

use crate::diagnosis::{Audience, Context, Remedy};

/// What the answer to AUTH says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reason {
    /// NOAUTH: none were sent.
    NoneSent,
    /// A user was named, and the server takes a password alone: before 6.0, or a proxy.
    NoUserNames,
    /// None was named, and the default user is off: it has no password, and nothing is answered all the same.
    DefaultUserOff,
    /// It does not know AUTH: renamed, or a proxy.
    NoAuth,
    /// This user with this password is unknown, or disabled.
    Wrong,
}

impl Reason {
    pub(super) fn read(said: &str) -> Self {
        let said = said.to_ascii_lowercase();
        let says = |words: &str| said.contains(words);
        match () {
            () if said.starts_with("noauth") => Reason::NoneSent,
            () if says("wrong number of arguments") => Reason::NoUserNames,
            () if says("without any password") || says("no password is set") => Reason::DefaultUserOff,
            () if says("unknown command") => Reason::NoAuth,
            () => Reason::Wrong,
        }
    }

    /// What is wrong where every server says the same; `whose` is whose credentials they are.
    pub(super) fn title(self, whose: &str) -> String {
        match self {
            Reason::NoneSent => "the server wants credentials, and none were sent".to_owned(),
            Reason::NoUserNames => format!("the server takes a password alone, and {whose} is named beside it"),
            Reason::DefaultUserOff => {
                "user \"default\" is disabled on the server, and no other user is named".to_owned()
            }
            Reason::NoAuth => "the server does not know AUTH, and a password is given".to_owned(),
            Reason::Wrong => format!("the server refuses {whose}"),
        }
    }

    /// What mends it at the client; `None` for what is mended by the right credentials.
    pub(super) fn remedy(self, context: &Context<'_>) -> Option<Remedy> {
        let at = context.endpoint_with_scheme();
        let check = format!("REDISCLI_AUTH=PASSWORD redis-doctor check {at}");
        let (text, lines) = match self {
            Reason::NoUserNames => (
                "Leave the user name out, in the application's URL, too (redis://:PASSWORD@HOST, with nothing before the \
                 colon): users are there from Redis 6.0 on. Libraries that used to drop the name began to send it when they \
                 learnt of users.",
                vec![check],
            ),
            Reason::DefaultUserOff => (
                "Name a user that is enabled; ACL LIST shows them to an administrator. An application has an option of its own \
                 for it, or names it in the URL (redis://NAME:PASSWORD@HOST).",
                vec![format!("{check} --user NAME")],
            ),
            Reason::NoAuth => (
                "Leave the password out where none is wanted; else ask who runs the server or proxy under which name it has AUTH: \
                 libraries can send no other than AUTH.",
                vec![format!("redis-doctor check {at}")],
            ),
            Reason::NoneSent | Reason::Wrong => return None,
        };
        Some(Remedy { audience: Audience::Client, text: text.to_owned(), lines, proof: None })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_of_old_and_new_servers_and_of_services_are_told_apart() {
        let cases = [
            ("NOAUTH Authentication required.", Reason::NoneSent),
            ("ERR wrong number of arguments for 'auth' command", Reason::NoUserNames),
            (
                "ERR AUTH <password> called without any password configured for the default user.",
                Reason::DefaultUserOff,
            ),
            ("ERR unknown command 'AUTH', with args beginning with: '***'", Reason::NoAuth),
            ("WRONGPASS invalid username-password pair or user is disabled.", Reason::Wrong),
            ("WRONGPASS invalid or missing auth token.", Reason::Wrong),
            ("ERR invalid password", Reason::Wrong),
        ];
        for (said, reason) in cases {
            assert_eq!(Reason::read(said), reason, "{said}");
        }
    }
}
