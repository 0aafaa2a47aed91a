//! What `check` says of the measured odd certificates, now and at another time: each put into a saved look in place of the
//! good one.

#![cfg(feature = "lab")]

mod support;

use std::{fs, path::Path, process::Output};

use redis_doctor::{
    checks,
    facts::{ClientAuth, Host, Limits, NameLook, Observed, Snapshot, TlsLooks},
    names::{
        trust::{Anchors, anchors_around},
        weakness::Weakness,
    },
    wire::certificate::certificate,
};
use serde_json::Value;
use support::{
    doctor, output,
    said::{Case, Measurements, measurements, pem},
    text,
};

/// A look at one healthy node.
fn healthy(folder: &Path) -> Snapshot {
    let file = folder.join("healthy.json");
    let mut check = doctor();
    output(check.args(["check", "lab://healthy?nodes=1", "--save"]).arg(&file));
    serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap()
}

/// The same look, as it would have been with the certificate of a case, under the host that it was measured for.
fn presenting(healthy: &Snapshot, case: &Case, now: i64) -> Snapshot {
    let chain = case.chain(now);
    let anchors = Anchors::from_der(pem(&case.anchors)).0;
    let around = anchors_around(std::slice::from_ref(&chain), &anchors);
    let mut snapshot = healthy.clone();
    snapshot.taken_at = now;
    snapshot.target.server_name = Some(case.host());
    snapshot.anchors = around.iter().map(|der| certificate(der, &Limits::default()).unwrap()).collect();
    snapshot.chains = vec![chain];
    snapshot
}

/// The report of `check --from`.
fn found(snapshot: &Snapshot, folder: &Path, more: &[&str]) -> Value {
    let said = said(snapshot, folder, more);
    serde_json::from_str(&text(&said.stdout)).unwrap_or_else(|error| panic!("{error}: {}", text(&said.stderr)))
}

fn said(snapshot: &Snapshot, folder: &Path, more: &[&str]) -> Output {
    let file = folder.join("seen.json");
    fs::write(&file, serde_json::to_string(snapshot).unwrap()).unwrap();
    let mut check = doctor();
    check.args(["check", "--format", "json", "--from"]).arg(&file).args(more);
    output(&mut check)
}

fn codes(report: &Value) -> Vec<&str> {
    report["findings"].as_array().unwrap().iter().map(|finding| finding["code"].as_str().unwrap()).collect()
}

fn case<'a>(all: &'a Measurements, id: &str) -> &'a Case {
    all.cases.iter().find(|case| case.id == id).unwrap()
}

/// Case, what it is about, codes. What is accepted by every stack has to have none.
const EXPECTED: &[(&str, &str, &[&str])] = &[
    ("A01", "nothing is wrong", &[]),
    ("A08", "a host with an underscore", &["host-refused-by-some"]),
    ("B23", "an underscore in a wildcard's parent", &["host-refused-by-some"]),
    ("C05", "an IPv6 address", &["ipv6-on-node"]),
    ("D01", "common name only", &["common-name-only"]),
    ("G02", "CA:TRUE leaf that is trusted", &["ca-as-leaf"]),
    ("G04", "self-signed leaf that is trusted", &[]),
    ("G05", "CA:TRUE leaf that nobody trusts", &["chain-untrusted", "ca-as-leaf"]),
    ("G08", "version 1", &["x509-v1"]),
    ("G10", "an intermediate of version 1", &["x509-v1"]),
    ("G17", "a CA without keyUsage", &["x509-strict"]),
    ("G19", "an intermediate as the only anchor", &["chain-refused-by-some"]),
    ("G26", "what Redis' own script makes", &["san-mismatch", "x509-v1"]),
    ("H02", "SHA-1", &["weak-signature"]),
    ("H04", "a root that signed itself over SHA-1", &[]),
    ("H05", "RSA-1024", &["weak-key"]),
    ("H07", "MD5", &["weak-signature"]),
    ("I02", "not yet valid", &["certificate-expired"]),
    ("I03", "an expired intermediate", &["certificate-expired"]),
    ("I07", "a leaf that outlives its CA", &["issuer-expires-first"]),
    ("J01", "a missing intermediate", &["chain-incomplete"]),
    ("J02", "a root before the intermediate", &["chain-misordered"]),
    ("J21", "another key identifier than the issuer's", &["chain-refused-by-some"]),
    ("M03", "unknown CA and expired", &["certificate-expired", "chain-untrusted"]),
    ("M04", "expired and for clients only", &["certificate-expired", "chain-untrusted"]),
    ("M06", "self-signed, expired, another name", &["certificate-expired", "chain-untrusted", "san-mismatch"]),
];

#[test]
fn the_code_of_every_weakness_is_a_check() {
    use Weakness::{
        CaAsLeaf, CommonNameOnly, ExpiresSoon, Misordered, OldVersion, OutOfDate, RootSent, Superfluous, WeakKey,
        WeakSignature,
    };
    let all = [
        CaAsLeaf,
        CommonNameOnly,
        ExpiresSoon,
        Misordered,
        OldVersion,
        OutOfDate,
        RootSent,
        Superfluous,
        WeakKey,
        WeakSignature,
    ];
    for weakness in all {
        assert!(checks::by_code(weakness.code()).is_some(), "{weakness:?}");
    }
}

#[test]
fn every_weakness_is_told_and_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let (healthy, all) = (healthy(folder.path()), measurements("cases.json"));
    for (id, what, expected) in EXPECTED {
        let report = found(&presenting(&healthy, case(&all, id), all.now), folder.path(), &[]);
        assert_eq!(codes(&report), *expected, "{id} {what}");
    }
}

/// What every measured stack accepted gives no error and no warning, as long as nothing happens to it one day.
#[test]
fn what_everybody_accepts_is_no_alarm() {
    let folder = tempfile::tempdir().unwrap();
    let (healthy, all) = (healthy(folder.path()), measurements("cases.json"));
    let plain = |case: &&Case| case.served && case.said.is_empty() && case.host.parse::<Host>().is_ok();
    let mut seen = 0;
    for case in all.cases.iter().filter(plain) {
        let report = found(&presenting(&healthy, case, all.now), folder.path(), &["--fail-on", "warning"]);
        let codes = codes(&report);
        assert!(
            codes.iter().all(|code| ["issuer-expires-first", "chain-misordered"].contains(code)),
            "{} {}: {codes:?}",
            case.id,
            case.what
        );
        seen += 1;
    }
    assert!(seen > 15, "{seen}");
}

#[test]
fn who_minds_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let (healthy, all) = (healthy(folder.path()), measurements("cases.json"));
    let presented = |id: &str| {
        let report = found(&presenting(&healthy, case(&all, id), all.now), folder.path(), &[]);
        report["findings"][0]["presented"].as_str().unwrap().to_owned()
    };
    let report = found(&presenting(&healthy, case(&all, "G17"), all.now), folder.path(), &[]);
    assert_eq!((codes(&report), report["exit"].as_u64()), (vec!["x509-strict"], Some(0)));
    let underscore = presented("A08");
    assert!(underscore.contains("java@17") && !underscore.contains("node@20"), "{underscore}");
}

#[test]
fn another_day_is_judged_by_the_anchors_that_were_kept() {
    let folder = tempfile::tempdir().unwrap();
    let (healthy, all) = (healthy(folder.path()), measurements("cases.json"));
    let outlives = presenting(&healthy, case(&all, "I07"), all.now);
    let end = outlives.chains[0].rest[0].not_after;
    let at = (end + 1).to_string();
    let report = found(&outlives, folder.path(), &["--at", &at]);
    assert_eq!(codes(&report), ["certificate-expired"]);
    let title = report["findings"][0]["title"].as_str().unwrap();
    assert!(title.starts_with("the intermediate certificate expired"), "{title}");
    let before = found(&outlives, folder.path(), &["--at", &(end - 86_400).to_string()]);
    assert_eq!(codes(&before), ["issuer-expires-first"]);

    let old = Snapshot { anchors: Vec::new(), ..outlives };
    let said = said(&old, folder.path(), &["--at", &at]);
    assert_eq!(said.status.code(), Some(2));
    assert!(text(&said.stderr).contains("kept no trust anchors"), "{}", text(&said.stderr));
}

#[test]
fn a_default_certificate_that_will_not_do_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let (healthy, all) = (healthy(folder.path()), measurements("cases.json"));
    let mut snapshot = presenting(&healthy, case(&all, "A01"), all.now);
    snapshot.chains.push(case(&all, "J19").chain(all.now));
    let without = NameLook { sni: None, chain: Observed::Seen(1) };
    snapshot.seed.looks =
        Some(TlsLooks { versions: Vec::new(), names: vec![without], client_auth: Observed::Seen(ClientAuth::None) });
    let report = found(&snapshot, folder.path(), &[]);
    assert_eq!(codes(&report), ["certificate-by-sni"]);
    let clients = report["findings"][0]["clients"].to_string();
    assert!(clients.contains("ioredis") && clients.contains("hiredis") && !clients.contains("redis-rs"), "{clients}");
}

#[test]
fn what_is_not_known_of_the_links_between_nodes_is_no_alarm() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("cluster.json");
    output(doctor().args(["check", "lab://healthy?nodes=3", "--save"]).arg(&file));
    let mut snapshot: Snapshot = serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap();
    snapshot.chains[0].leaf.usages = Some(vec!["serverAuth".to_owned()]);
    let told = |snapshot: &Snapshot| {
        let report = found(snapshot, folder.path(), &[]);
        let skipped = report["skipped"].as_array().unwrap().iter();
        let skipped = skipped.filter(|skip| skip["code"] == "client-usage-missing").count();
        (codes(&report).contains(&"client-usage-missing"), skipped)
    };
    let version = |snapshot: &mut Snapshot, version: &str| {
        let attempts = snapshot.nodes.iter_mut().flat_map(|node| &mut node.attempts);
        for attempt in attempts {
            let Observed::Seen(connection) = &mut attempt.connection else { continue };
            if let Observed::Seen(server) = &mut connection.server {
                server.version = Some(version.to_owned());
            }
        }
    };
    version(&mut snapshot, "7.2.4");
    assert_eq!(told(&snapshot), (false, 1), "7.2 and later announce the TLS port whatever the bus speaks");
    version(&mut snapshot, "7.0.15");
    assert_eq!(told(&snapshot), (true, 0));
    snapshot.target.trust.as_mut().unwrap().label = "system trust store".to_owned();
    assert_eq!(told(&snapshot), (false, 3), "a service's own affair");
    version(&mut snapshot, "7.2.4");
    assert_eq!(told(&snapshot), (false, 0));
}
