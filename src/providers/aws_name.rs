//! What the name of an `ElastiCache` or `MemoryDB` endpoint says: which endpoint of what it is, and whether TLS is on there.
//!
//! The forms are those of a public parser and its tests (gravitational/teleport, api/utils/aws/endpoint.go).

/// The service that a name belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AwsService {
    /// `cache` before `amazonaws.com`, behind a short region (`use1`).
    ElastiCache,
    /// `memorydb` before a region in full (`us-east-1`).
    MemoryDb,
}

/// Which endpoint it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AwsEndpoint {
    /// All nodes of a cluster: the one seed that clients need.
    Configuration,
    /// The primary, wherever it is, cluster mode off.
    Primary,
    /// The replicas, cluster mode off.
    Reader,
    /// One node of a cluster, by its shard and number.
    Shard,
    /// One node, cluster mode off.
    Node,
    /// A serverless cache: one name for everything.
    Serverless,
}

/// A name, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AwsName<'a> {
    /// Of which service.
    pub service: AwsService,
    /// Which endpoint.
    pub endpoint: AwsEndpoint,
    /// TLS is on there, by the form of the name.
    pub tls: bool,
    /// The cluster's or the replication group's own name.
    pub id: &'a str,
    /// The letters that an account's names share; empty for a serverless cache, where they are part of the name.
    pub hash: &'a str,
    /// As it stands in the name.
    pub region: &'a str,
    /// What all of its names end in: `.use1.cache.amazonaws.com`.
    suffix: &'a str,
}

impl<'a> AwsName<'a> {
    /// Takes a name apart; `None` where it has none of the forms. Letters may be large or small.
    pub fn parse(name: &'a str) -> Option<Self> {
        let name = name.trim_end_matches('.');
        let body = strip_suffix(name, ".amazonaws.com").or_else(|| strip_suffix(name, ".amazonaws.com.cn"))?;
        let labels: Vec<&str> = body.split('.').collect();
        let [rest @ .., before, last] = labels.as_slice() else { return None };
        let (service, region) = match (before, last) {
            (region, cache) if cache.eq_ignore_ascii_case("cache") => (AwsService::ElastiCache, *region),
            (memorydb, region) if memorydb.eq_ignore_ascii_case("memorydb") => (AwsService::MemoryDb, *region),
            _ => return None,
        };
        if region.is_empty() || rest.iter().any(|label| label.is_empty()) {
            return None;
        }
        let (endpoint, tls, id, hash) = form(service, rest)?;
        let suffix = &name[rest.iter().map(|label| label.len() + 1).sum::<usize>() - 1..];
        Some(AwsName { service, endpoint, tls, id, hash, region, suffix })
    }

    /// The name of another endpoint of the same cache, with TLS or without; `None` where there is no such thing, or where the
    /// name does not say it (which node, which shard).
    pub fn named(&self, endpoint: AwsEndpoint, tls: bool) -> Option<String> {
        let AwsName { id, hash, suffix, .. } = self;
        let clustered = matches!(endpoint, AwsEndpoint::Configuration);
        if self.endpoint == AwsEndpoint::Serverless || !clustered && self.service == AwsService::MemoryDb {
            return None;
        }
        Some(match (endpoint, tls) {
            (AwsEndpoint::Configuration, true) => format!("clustercfg.{id}.{hash}{suffix}"),
            (AwsEndpoint::Configuration, false) => format!("{id}.{hash}.clustercfg{suffix}"),
            (AwsEndpoint::Primary, true) => format!("master.{id}.{hash}{suffix}"),
            (AwsEndpoint::Primary, false) => format!("{id}.{hash}.ng.0001{suffix}"),
            (AwsEndpoint::Reader, true) => format!("replica.{id}.{hash}{suffix}"),
            (AwsEndpoint::Reader, false) => format!("{id}-ro.{hash}.ng.0001{suffix}"),
            (AwsEndpoint::Shard | AwsEndpoint::Node | AwsEndpoint::Serverless, _) => return None,
        })
    }
}

type Form<'a> = (AwsEndpoint, bool, &'a str, &'a str);

/// The labels before region and service.
fn form<'a>(service: AwsService, labels: &[&'a str]) -> Option<Form<'a>> {
    use AwsEndpoint::{Configuration, Primary, Reader, Serverless};
    let is = |label: &str, word: &str| label.eq_ignore_ascii_case(word);
    let cache = service == AwsService::ElastiCache;
    match *labels {
        [name, word] if cache && is(word, "serverless") => Some((Serverless, true, name, "")),
        [word, id, hash] if is(word, "clustercfg") => Some((Configuration, true, id, hash)),
        [id, hash, word] if is(word, "clustercfg") => Some((Configuration, false, id, hash)),
        [node, hash, group] if is_number(group, 4) => {
            let (endpoint, id) = node_of(node);
            Some((endpoint, false, id, hash))
        }
        [word, id, hash] if cache && is(word, "master") => Some((Primary, true, id, hash)),
        [word, id, hash] if cache && is(word, "replica") => Some((Reader, true, id, hash)),
        [node, id, hash] => {
            let (endpoint, of) = node_of(node);
            is(of, id).then_some((endpoint, true, id, hash))
        }
        // A group may be called something-ro itself: its primary's name is then taken for a reader's.
        [name, hash, word, group] if cache && is(word, "ng") && is_number(group, 4) => {
            Some(match strip_suffix(name, "-ro") {
                Some(id) => (Reader, false, id, hash),
                None => (Primary, false, name, hash),
            })
        }
        _ => None,
    }
}

/// `ID-0001-001` is a node of a shard, `ID-001` a node; what is numbered in no such way is a single server by itself.
fn node_of(label: &str) -> (AwsEndpoint, &str) {
    let Some((rest, _)) = label.rsplit_once('-').filter(|(_, node)| is_number(node, 3)) else {
        return (AwsEndpoint::Node, label);
    };
    match rest.rsplit_once('-') {
        Some((id, shard)) if is_number(shard, 4) => (AwsEndpoint::Shard, id),
        _ => (AwsEndpoint::Node, rest),
    }
}

fn is_number(text: &str, digits: usize) -> bool {
    text.len() == digits && text.bytes().all(|b| b.is_ascii_digit())
}

fn strip_suffix<'a>(text: &'a str, suffix: &str) -> Option<&'a str> {
    let at = text.len().checked_sub(suffix.len())?;
    let end = text.get(at..)?;
    end.eq_ignore_ascii_case(suffix).then(|| &text[..at])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{
        AwsEndpoint::{Configuration, Node, Primary, Reader, Serverless, Shard},
        AwsService::{ElastiCache, MemoryDb},
        *,
    };

    /// Names with what they are.
    const NAMES: [(&str, AwsService, AwsEndpoint, bool, &str); 20] = [
        ("clustercfg.shop.abc123.use1.cache.amazonaws.com", ElastiCache, Configuration, true, "shop"),
        ("shop.abc123.clustercfg.use1.cache.amazonaws.com", ElastiCache, Configuration, false, "shop"),
        ("master.shop.abc123.use1.cache.amazonaws.com", ElastiCache, Primary, true, "shop"),
        ("shop.abc123.ng.0001.use1.cache.amazonaws.com", ElastiCache, Primary, false, "shop"),
        ("replica.shop.abc123.use1.cache.amazonaws.com", ElastiCache, Reader, true, "shop"),
        ("shop-ro.abc123.ng.0001.use1.cache.amazonaws.com", ElastiCache, Reader, false, "shop"),
        ("shop-001.shop.abc123.use1.cache.amazonaws.com", ElastiCache, Node, true, "shop"),
        ("shop-001.abc123.0001.use1.cache.amazonaws.com", ElastiCache, Node, false, "shop"),
        ("shop-0001-001.shop.abc123.use1.cache.amazonaws.com", ElastiCache, Shard, true, "shop"),
        ("shop-0002-003.abc123.0001.use1.cache.amazonaws.com", ElastiCache, Shard, false, "shop"),
        ("single.abc123.0001.euw1.cache.amazonaws.com", ElastiCache, Node, false, "single"),
        ("shop-x7f9q2.serverless.use1.cache.amazonaws.com", ElastiCache, Serverless, true, "shop-x7f9q2"),
        ("master.shop.abc123.cnn1.cache.amazonaws.com.cn", ElastiCache, Primary, true, "shop"),
        ("CLUSTERCFG.Shop.abc123.USE1.Cache.AmazonAWS.com.", ElastiCache, Configuration, true, "Shop"),
        ("my-shop-2-0001-001.my-shop-2.abc123.use1.cache.amazonaws.com", ElastiCache, Shard, true, "my-shop-2"),
        ("clustercfg.shop.abc123.memorydb.us-east-1.amazonaws.com", MemoryDb, Configuration, true, "shop"),
        ("shop.abc123.clustercfg.memorydb.us-east-1.amazonaws.com", MemoryDb, Configuration, false, "shop"),
        ("shop-0001-001.shop.abc123.memorydb.us-east-1.amazonaws.com", MemoryDb, Shard, true, "shop"),
        ("shop-0001-001.abc123.0001.memorydb.us-east-1.amazonaws.com", MemoryDb, Shard, false, "shop"),
        ("clustercfg.shop.abc123.memorydb.cn-north-1.amazonaws.com.cn", MemoryDb, Configuration, true, "shop"),
    ];

    #[test]
    fn every_form_is_told_apart() {
        for (name, service, endpoint, tls, id) in NAMES {
            let told = AwsName::parse(name).unwrap_or_else(|| panic!("{name}"));
            assert_eq!((told.service, told.endpoint, told.tls, told.id), (service, endpoint, tls, id), "{name}");
        }
    }

    #[test]
    fn what_has_none_of_the_forms_is_left_alone() {
        for name in [
            "",
            "amazonaws.com",
            ".cache.amazonaws.com",
            "use1.cache.amazonaws.com",
            "clustercfg.shop.abc123.use1.cache.amazonaws.com.evil.example",
            "clustercfg.shop.abc123.use1.cache.example.com",
            "other.shop.abc123.use1.cache.amazonaws.com",
            "shop-001.other.abc123.use1.cache.amazonaws.com",
            "a.b.c.d.e.use1.cache.amazonaws.com",
            "shop..abc123.clustercfg.use1.cache.amazonaws.com",
            "master.shop.abc123.memorydb.us-east-1.amazonaws.com",
            "shop.abc123.cfg.use1.cache.amazonaws.com",
            "ec2-1-2-3-4.compute-1.amazonaws.com",
            "mydb.abc123.us-east-1.rds.amazonaws.com",
        ] {
            assert_eq!(AwsName::parse(name), None, "{name}");
        }
    }

    #[test]
    fn one_name_leads_to_the_others() {
        let named = |name: &str, endpoint, tls| AwsName::parse(name).unwrap().named(endpoint, tls);
        assert_eq!(
            named("shop-0001-001.shop.abc123.use1.cache.amazonaws.com", Configuration, true).as_deref(),
            Some("clustercfg.shop.abc123.use1.cache.amazonaws.com")
        );
        assert_eq!(
            named("shop-0001-001.abc123.0001.memorydb.us-east-1.amazonaws.com", Configuration, false).as_deref(),
            Some("shop.abc123.clustercfg.memorydb.us-east-1.amazonaws.com")
        );
        assert_eq!(
            named("shop-ro.abc123.ng.0001.cnn1.cache.amazonaws.com.cn", Primary, true).as_deref(),
            Some("master.shop.abc123.cnn1.cache.amazonaws.com.cn")
        );
        assert_eq!(named("shop-x7.serverless.use1.cache.amazonaws.com", Primary, true), None);
        assert_eq!(named("clustercfg.shop.abc.memorydb.us-east-1.amazonaws.com", Reader, true), None);
    }

    proptest! {
        #[test]
        fn any_text_is_survived(text in ".{0,120}") {
            AwsName::parse(&text);
        }

        #[test]
        fn anything_before_the_suffix_is_survived(labels in prop::collection::vec("[a-z0-9-]{0,12}", 0..7), china: bool) {
            let suffix = if china { "cache.amazonaws.com.cn" } else { "cache.amazonaws.com" };
            let name = format!("{}.{suffix}", labels.join("."));
            if let Some(told) = AwsName::parse(&name) {
                prop_assert!(name.contains(told.id) && name.ends_with(told.suffix));
            }
        }

        #[test]
        fn what_is_named_is_told_again(id in "[a-z]([a-z0-9-]{0,20}[a-z])?", tls: bool, memorydb: bool) {
            let suffix = if memorydb { "memorydb.us-east-1.amazonaws.com" } else { "use1.cache.amazonaws.com" };
            let name = format!("clustercfg.{id}.abc123.{suffix}");
            let told = AwsName::parse(&name).unwrap();
            for endpoint in [Configuration, Primary, Reader] {
                let Some(other) = told.named(endpoint, tls) else { continue };
                let again = AwsName::parse(&other).unwrap();
                let own_reader = endpoint == Primary && !tls && id.ends_with("-ro");
                prop_assert!(own_reader || (again.endpoint, again.tls, again.id) == (endpoint, tls, id.as_str()), "{}", other);
            }
        }
    }
}
