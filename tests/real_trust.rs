//! Trust: a password goes only where the connection is safe. A collector writes down every byte that it is sent.

mod support;

use support::{
    cases::Cases,
    fake::{Fake, cluster_node},
    need,
    pki::{Certificate, Leaf, Pki},
};

const SECRET: &str = "open-sesame-4711";
const STRANGER: &str = "3333333333333333333333333333333333333333";
const IDS: [&str; 2] = ["1111111111111111111111111111111111111111", "2222222222222222222222222222222222222222"];

/// A seed and the collector that it names; what the collector heard, and what was found.
struct Scene<'a> {
    seed: Option<&'a Certificate>,
    collector: Option<&'a Certificate>,
    stranger: Option<&'a Certificate>,
    words: String,
}

impl Scene<'_> {
    fn play(&self, cases: &mut Cases, name: &str, exit: i32, findings: &[&str]) -> [String; 2] {
        let (mut seed, mut collector) = (Fake::bind("127.0.0.1"), Fake::bind("127.0.0.2"));
        let at = collector.address;
        let nodes = vec![(IDS[0], "127.0.0.1", seed.address.port()), (IDS[1], "127.0.0.2", at.port())];
        // At the seed's host, somebody else may have the node's port: nothing of it is the node's fault.
        let mut stranger = self.stranger.and_then(|_| Fake::bind_port("127.0.0.1", at.port()));
        if let Some(stranger) = &mut stranger {
            stranger.serve(self.stranger, cluster_node(STRANGER, nodes.clone()));
        }
        collector.serve(self.collector, cluster_node(IDS[1], nodes.clone()));
        seed.serve(self.seed, cluster_node(IDS[0], nodes));
        let words =
            self.words.replace("SEED", &seed.address.to_string()).replace("PORT", &seed.address.port().to_string());
        let findings: Vec<String> = findings
            .iter()
            .map(|f| f.replace('@', &at.to_string()).replace("SEED", &seed.address.to_string()))
            .collect();
        let findings: Vec<&str> = findings.iter().map(String::as_str).collect();
        let told = cases.case(name, &words, exit, &findings);
        assert!(!told.text().contains(SECRET), "{name}: {}", told.text());
        assert!(!stranger.is_some_and(|stranger| stranger.heard().contains("AUTH")), "{name}");
        [seed.heard(), collector.heard()]
    }
}

#[test]
fn a_password_goes_only_where_the_connection_is_safe() {
    if !need("openssl") {
        return;
    }
    let (pki, other) = (Pki::new(), Pki::new());
    let ca = pki.ca().display().to_string();
    let right = pki.issue("right", &Leaf::new(&["IP:127.0.0.1", "IP:127.0.0.2", "DNS:redis.test"]));
    let foreign = other.issue("foreign", &Leaf::new(&["IP:127.0.0.1", "IP:127.0.0.2"]));
    let elsewhere = pki.issue("elsewhere", &Leaf::new(&["DNS:elsewhere.test"]));
    let by_seed_name = pki.issue("by-seed-name", &Leaf::new(&["DNS:redis.test"]));
    let mut cases = Cases::new();
    let secure = format!("rediss://app:{SECRET}@SEED --cacert {ca}");
    let scene = |seed, collector, words: &str| Scene { seed, collector, stranger: None, words: words.to_owned() };

    let heard = scene(Some(&right), Some(&right), &secure).play(&mut cases, "both certificates right", 0, &[]);
    assert!(heard.iter().all(|h| h.contains(SECRET)), "{heard:?}");
    let heard = scene(Some(&right), Some(&foreign), &secure).play(
        &mut cases,
        "a node of another CA",
        1,
        &["chain-untrusted @ > credentials-withheld @"],
    );
    assert!(heard[0].contains(SECRET) && !heard[1].contains("AUTH"), "{heard:?}");
    let heard = scene(Some(&right), Some(&elsewhere), &secure).play(
        &mut cases,
        "a node of another name",
        1,
        &["san-mismatch @ > credentials-withheld @"],
    );
    assert!(heard[0].contains(SECRET) && !heard[1].contains("AUTH"), "{heard:?}");
    let with_stranger = Scene { stranger: Some(&foreign), ..scene(Some(&right), Some(&elsewhere), &secure) };
    with_stranger.play(
        &mut cases,
        "the same, and a stranger of another CA at the seed's host",
        1,
        &["san-mismatch @ > credentials-withheld @"],
    );
    let heard = scene(Some(&right), None, &secure).play(
        &mut cases,
        "a plaintext node of a TLS seed",
        1,
        &["port-kind-mismatch @"],
    );
    assert!(heard[0].contains(SECRET) && !heard[1].contains("AUTH"), "{heard:?}");
    let by_name = format!("rediss://app:{SECRET}@redis.test:PORT --resolve redis.test:PORT:127.0.0.1 --cacert {ca}");
    let heard = scene(Some(&right), Some(&by_seed_name), &by_name).play(
        &mut cases,
        "a node with the seed's name",
        1,
        &["san-mismatch @"],
    );
    assert!(heard.iter().all(|h| h.contains(SECRET)), "{heard:?}");
    let named = format!("{secure} --server-name elsewhere.test");
    let heard = scene(Some(&elsewhere), Some(&elsewhere), &named).play(&mut cases, "--server-name allows it", 0, &[]);
    assert!(heard.iter().all(|h| h.contains(SECRET)), "{heard:?}");

    let heard = scene(Some(&foreign), Some(&foreign), &secure).play(
        &mut cases,
        "a seed of another CA",
        1,
        &["chain-untrusted SEED @ > credentials-withheld SEED"],
    );
    assert!(heard.iter().all(|h| !h.contains("AUTH")), "{heard:?}");
    let heard = scene(Some(&elsewhere), Some(&right), &secure).play(
        &mut cases,
        "a seed of another name",
        1,
        &["san-mismatch SEED > credentials-withheld SEED"],
    );
    assert!(heard.iter().all(|h| !h.contains("AUTH")), "{heard:?}");
    let heard =
        scene(None, None, &secure).play(&mut cases, "TLS asked, plaintext answers", 1, &["tls-not-spoken endpoint"]);
    assert!(heard.iter().all(|h| !h.contains("AUTH")), "{heard:?}");
}

#[test]
fn plaintext_gets_a_password_only_where_plaintext_was_asked_for() {
    let mut cases = Cases::new();
    let scene = |words: String| Scene { seed: None, collector: None, stranger: None, words };
    let sent = |heard: &[String; 2]| heard.iter().all(|h| h.contains(SECRET));
    let heard = scene(format!("redis://:{SECRET}@SEED")).play(&mut cases, "redis://", 0, &[]);
    assert!(sent(&heard), "{heard:?}");
    let heard = scene(format!("-h 127.0.0.1 -p PORT -a {SECRET}")).play(&mut cases, "redis-cli's form", 0, &[]);
    assert!(sent(&heard), "{heard:?}");
    let heard = scene(format!("SEED -a {SECRET}")).play(&mut cases, "no scheme", 1, &["credentials-withheld SEED @"]);
    assert!(heard.iter().all(|h| !h.contains("AUTH")), "{heard:?}");
    let heard = scene(format!("-h 127.0.0.1 -p PORT --tls -a {SECRET}")).play(
        &mut cases,
        "--tls on plaintext",
        1,
        &["tls-not-spoken endpoint"],
    );
    assert!(heard.iter().all(|h| !h.contains("AUTH")), "{heard:?}");
}
