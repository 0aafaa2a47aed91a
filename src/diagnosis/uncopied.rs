//! Replicas that can never copy from where they try: what answers there has no data, or writes it in a later format.

use super::{Context, CutOff};
use crate::facts::{Candidate, Server, Spoke};

impl CutOff<'_> {
    /// True where it copies just now, and that comes to an end.
    pub fn is_copying(&self, context: &Context<'_>) -> bool {
        self.said.replication.syncing && self.stranger().is_none() && self.unreadable(context).is_none()
    }

    /// What answers in the primary's place, where that is no server with data.
    pub fn stranger(&self) -> Option<String> {
        let (_, attempts) = self.primary?;
        let attempt = attempts.iter().find(|a| a.is_for(Candidate::Preferred))?;
        let mode = attempt.opened().and_then(|connection| connection.server.seen()?.mode.as_deref());
        match (&attempt.spoke, mode) {
            (_, Some("sentinel")) => Some("a Sentinel, and no server with data".to_owned()),
            (Some(Spoke::Other(stranger)), _) => Some(format!("{}, not Redis", stranger.called())),
            (Some(Spoke::ClusterBus(_)), _) => Some("the cluster bus of a node, not its port for clients".to_owned()),
            _ => None,
        }
    }

    /// The snapshot that the primary sends is of a later format than the replica reads.
    pub fn unreadable(&self, context: &Context<'_>) -> Option<String> {
        let (primary, attempts) = self.primary?;
        let theirs = context.said_by(primary, attempts)?;
        let (sends, reads) = (Format::of(theirs)?, Format::of(self.said)?);
        let name = |server: &Server| {
            let told = [&server.product, &server.version].map(|part| part.clone().unwrap_or_default());
            told.join(" ")
        };
        let why = || format!("{} does not read the snapshots of {}", name(self.said), name(theirs));
        (!sends.is_read_by(reads)).then(why)
    }
}

/// The version of the format in which a server writes snapshots (`RDB_VERSION`, rdb.h).
#[derive(Clone, Copy)]
struct Format {
    version: u32,
    is_valkey: bool,
}

impl Format {
    /// `None` where nobody knows it.
    fn of(server: &Server) -> Option<Self> {
        let is_valkey = match server.product.as_deref()? {
            "valkey" => true,
            "redis" => false,
            _ => return None,
        };
        let mut parts = server.version.as_deref()?.split('.').map(str::parse::<u32>);
        let release = (parts.next()?.ok()?, parts.next()?.ok()?);
        let version = match (is_valkey, release) {
            (true, (9.., _)) => 80,
            (false, (2, _) | (3, 0)) => 6,
            (false, (3, _)) => 7,
            (false, (4, _)) => 8,
            (false, (5 | 6, _)) => 9,
            (false, (7, 0 | 1)) => 10,
            (_, (7, 2 | 3)) | (true, (8, _)) => 11,
            (false, (7.., _)) => 12,
            _ => return None,
        };
        Some(Format { version, is_valkey })
    }

    /// Each reads what came before; Valkey 9 nothing of Redis 7.4 and later (`RDB_FOREIGN_VERSION_MIN`).
    fn is_read_by(self, reader: Self) -> bool {
        let foreign = reader.is_valkey && !self.is_valkey && self.version >= 12;
        self.version <= reader.version && !foreign
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn later_servers_read_what_earlier_ones_wrote() {
        let format = |product: &str, version: &str| {
            let [product, version] = [product, version].map(|text| Some(text.to_owned()));
            Format::of(&Server { product, version, ..Server::default() }).unwrap()
        };
        let reads = |reader: (&str, &str), writer: (&str, &str)| {
            format(writer.0, writer.1).is_read_by(format(reader.0, reader.1))
        };
        assert!(reads(("redis", "7.0.15"), ("redis", "5.0.14")) && !reads(("redis", "5.0.14"), ("redis", "7.0.15")));
        assert!(reads(("redis", "5.0.14"), ("redis", "6.2.9")), "one format");
        assert!(reads(("valkey", "8.1.3"), ("redis", "7.2.4")) && !reads(("valkey", "9.0.0"), ("redis", "7.4.1")));
        assert!(!reads(("redis", "8.0.0"), ("valkey", "9.0.0")) && reads(("valkey", "9.0.0"), ("valkey", "7.2.11")));
    }
}
