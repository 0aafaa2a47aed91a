//! The stacks in `names` against what the real ones did with some hundred odd certificates, and against each other.

mod support;

use std::{
    sync::{Arc, LazyLock},
    time::Duration,
};

use proptest::prelude::*;
use redis_doctor::{
    facts::{Certificate, Host, Limits, SubjectAltName},
    names::{
        Class, NODE_20, PHP, RUBY, RUSTLS, Refusal, STACKS, Stack, stack,
        trust::{Anchors, Purpose, chain},
    },
};
use rustls::{
    RootCertStore,
    client::{WebPkiServerVerifier, danger::ServerCertVerifier},
};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use support::said::{Case, Measurements, class_of, measurements, pem, same};

/// Groups that are about names alone: here every stack has to agree in every case.
const NAMES: [&str; 4] = ["dns", "wild", "ip", "cn"];

fn cases() -> Measurements {
    measurements("cases.json")
}

/// Certificates that have another of the same name in the client's CA file, as some of the stacks judged them.
fn renewed() -> Measurements {
    measurements("renewed.json")
}

/// Whether the text is in the real one. hiredis was measured as `s_client`, which tells more than hiredis does; .NET as 3.1,
/// which told less than later ones; and where the host itself was refused, there is no text about the certificate.
fn told(case: &Case, stack: &str, said: &str, refusal: &Refusal) -> bool {
    let silent =
        ["hiredis", "dotnet-linux"].contains(&stack) || (stack != "php" && class_of(stack, said) == Class::Reference);
    let said = said.replace(&case.host, &case.host().to_string());
    let coded = refusal.code.is_none_or(|code| said.starts_with(&format!("{code}: ")));
    // The texts in the file have lost the blanks at their ends.
    silent || (coded && said.contains(refusal.text.trim_end()))
}

#[test]
fn every_stack_is_known_by_its_id() {
    let measured = cases().measured_with;
    for id in measured.keys() {
        assert_eq!(stack(id).map(|stack| stack.id), Some(id.as_str()));
    }
    let rest: Vec<&str> = STACKS.iter().map(|stack| stack.id).filter(|id| !measured.contains_key(*id)).collect();
    assert_eq!(rest, ["php", "ruby"]);
    assert!(stack("node").is_none());
}

#[test]
fn the_stacks_agree_with_the_real_ones() {
    assert_eq!(wrong(&cases(), compare), []);
}

/// Their texts begin in the file and end nowhere, so that verdict and class are all that can be held against it.
#[test]
fn the_stacks_agree_with_the_real_ones_on_random_certificates() {
    assert_eq!(wrong(&RANDOM, compare_class), []);
}

/// Their texts are whole.
#[test]
fn the_stacks_agree_with_the_real_ones_where_several_things_are_odd() {
    assert_eq!(wrong(&measurements("several.json"), compare), []);
}

/// Prints what every stack does otherwise, and how many it has right.
fn wrong(
    measured: &Measurements,
    compare: impl Fn(&Case, &Stack, i64) -> Option<String>,
) -> Vec<(String, &'static str)> {
    let mut wrong = Vec::new();
    for stack in STACKS.iter().filter(|stack| measured.measured_with.contains_key(stack.id)) {
        let mut score = Score::default();
        for case in measured.cases.iter().filter(|case| case.served) {
            let problem = compare(case, stack, measured.now);
            score.count(case, problem.is_none());
            if let Some(problem) = problem {
                println!("{} {}: {problem}", case.id, stack.id);
                wrong.push((case.id.clone(), stack.id));
            }
        }
        println!("{:<20} names {}, the rest {}", stack.id, score.names, score.rest);
    }
    wrong.sort_unstable();
    wrong
}

#[test]
fn a_certificate_renewed_under_its_name_is_refused_as_measured() {
    let renewed = renewed();
    for case in &renewed.cases {
        for stack in renewed.measured_with.keys().map(|id| stack(id).unwrap()) {
            assert_eq!(compare(case, stack, renewed.now), None, "{} {}", case.id, stack.id);
        }
    }
}

/// rustls itself is here to be asked, in its words and in those of `Debug`.
#[test]
fn rustls_is_quoted_as_it_speaks() {
    let (cases, renewed) = (cases(), renewed());
    let all =
        cases.cases.iter().map(|case| (case, cases.now)).chain(renewed.cases.iter().map(|case| (case, renewed.now)));
    // A handshake's signature by a short key is none of the verifier's business.
    for (case, now) in all.filter(|(case, _)| !["H05", "N26"].contains(&case.id.as_str())) {
        let said = rustls_says(case, now);
        let refusal = RUSTLS.refusal(&case.chain(now), Some(&case.host()));
        match (&said, &refusal) {
            (None, None) => {}
            (Some((text, debug)), Some(refusal)) => {
                assert!(text.contains(&refusal.text), "{}: {text} lacks {}", case.id, refusal.text);
                let own = refusal.debug.as_deref().unwrap();
                assert!(debug.contains(own), "{}: {debug} lacks {own}", case.id);
            }
            _ => panic!("{}: {said:?} and {refusal:?}", case.id),
        }
    }
}

fn rustls_says(case: &Case, now: i64) -> Option<(String, String)> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(pem(&case.anchors).into_iter().map(CertificateDer::from));
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider).build().unwrap();
    let chain: Vec<_> = pem(&case.chain).into_iter().map(CertificateDer::from).collect();
    let name = match ServerName::try_from(case.host.clone()) {
        Ok(name) => name,
        Err(error) => return Some((error.to_string(), format!("{error:?}"))),
    };
    let time = UnixTime::since_unix_epoch(Duration::from_secs(now.unsigned_abs()));
    let error = verifier.verify_server_cert(&chain[0], &chain[1..], &name, &[], time).err()?;
    Some((error.to_string(), format!("{error:?}")))
}

#[derive(Default)]
struct Score {
    names: Share,
    rest: Share,
}

/// So many of so many.
#[derive(Default)]
struct Share(usize, usize);

impl Score {
    fn count(&mut self, case: &Case, agrees: bool) {
        let share = if NAMES.contains(&case.group.as_str()) { &mut self.names } else { &mut self.rest };
        share.0 += usize::from(agrees);
        share.1 += 1;
    }
}

impl std::fmt::Display for Share {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.0, self.1)
    }
}

/// What is wrong about the verdict, the class or the text, if anything.
fn compare(case: &Case, stack: &Stack, now: i64) -> Option<String> {
    match (compare_class(case, stack, now), case.said.get(stack.id)) {
        (Some(problem), _) => Some(problem),
        (None, Some(said)) => {
            let refusal = stack.refusal(&case.chain(now), Some(&case.host()))?;
            (!told(case, stack.id, said, &refusal)).then(|| format!("{}: {said:?}, not {refusal:?}", case.what))
        }
        (None, None) => None,
    }
}

/// What is wrong about the verdict or the class.
fn compare_class(case: &Case, stack: &Stack, now: i64) -> Option<String> {
    let refusal = stack.refusal(&case.chain(now), Some(&case.host()));
    let what = &case.what;
    match (case.said.get(stack.id), refusal) {
        (None, None) => None,
        (Some(said), Some(refusal)) => {
            // PHP tells no reason.
            let class = if stack.id == "php" { refusal.class } else { class_of(stack.id, said) };
            let agrees = same(stack.id, class, refusal.class);
            (!agrees).then(|| format!("{what}: {class:?} {said:?}, not {refusal:?}"))
        }
        (None, Some(refusal)) => Some(format!("{what}: accepted, not {refusal:?}")),
        (Some(said), None) => Some(format!("{what}: {said:?}, not accepted")),
    }
}

static TEMPLATE: LazyLock<Certificate> = LazyLock::new(|| cases().cases[0].chain(0).leaf);

/// A certificate with these alternative names (`DNS:`, `IP:`, `email:`) and common names, as far as names go: its DER is another.
fn named(names: &[&str], common_names: &[&str]) -> Certificate {
    let name = |name: &&str| match name.split_once(':').unwrap() {
        ("DNS", name) => SubjectAltName::Dns(name.to_owned()),
        ("IP", ip) => SubjectAltName::Ip(ip.to_owned()),
        (_, mail) => SubjectAltName::Email(mail.to_owned()),
    };
    let mut common_names: Vec<String> = common_names.iter().map(|&name| name.to_owned()).collect();
    Certificate {
        names: names.iter().map(name).collect(),
        common_name: common_names.pop(),
        other_common_names: common_names,
        ..TEMPLATE.clone()
    }
}

/// PHP 8.2.35 and Ruby 3.1.2 as they were run: alternative names, common names, then the hosts that both, PHP alone, Ruby
/// alone and neither took.
type Measured<'a> = (&'a [&'a str], &'a [&'a str], [&'a [&'a str]; 4]);

const SCRIPTS: &[Measured<'_>] = &[
    (
        &["DNS:redis-1.example.com"],
        &["x"],
        [
            &["redis-1.example.com", "REDIS-1.example.com"],
            &[],
            &["redis-1.example.com."],
            &["redis-2.example.com", "10.0.0.5"],
        ],
    ),
    (&["DNS:redis-1.example.com."], &["x"], [&["redis-1.example.com"], &[], &["redis-1.example.com."], &[]]),
    (&[], &["redis-1.example.com"], [&["redis-1.example.com"], &[], &[], &["redis-2.example.com", "10.0.0.5"]]),
    (&["DNS:other.example.com"], &["redis-1.example.com"], [&[], &[], &[], &["redis-1.example.com"]]),
    (
        &["IP:10.0.0.5"],
        &["redis-1.example.com"],
        [&["10.0.0.5"], &["redis-1.example.com"], &[], &["10.0.0.6", "::1", "other.example.com"]],
    ),
    (&["email:a@b.c"], &["redis-1.example.com"], [&["redis-1.example.com"], &[], &[], &["x.example.com"]]),
    (
        &[],
        &["redis-1.example.com", "redis-2.example.com"],
        [&["redis-1.example.com"], &[], &["redis-2.example.com"], &["x.example.com"]],
    ),
    (&[], &[], [&[], &[], &[], &["redis-1.example.com", "10.0.0.5"]]),
    (&["DNS:10.0.0.5"], &["x"], [&["10.0.0.5"], &[], &[], &[]]),
    (&[], &["10.0.0.5"], [&["10.0.0.5"], &[], &[], &["10.0.0.6"]]),
    // PHP finds no host in a URL with brackets; with `peer_name` it would take these.
    (&["IP:::1", "IP:2001:db8::5"], &["x"], [&[], &[], &["::1", "2001:db8::5"], &["2001:db8::6"]]),
    (&[], &["::1"], [&[], &[], &["::1"], &[]]),
    (
        &["DNS:*.example.com"],
        &["x"],
        [&["redis-1.example.com", "redis_1.example.com"], &[], &[], &["example.com", "a.b.example.com"]],
    ),
    (&["DNS:redis-*.example.com"], &["x"], [&["redis-1.example.com"], &["redis-.example.com"], &[], &[]]),
    (&["DNS:*-1.example.com"], &["x"], [&["redis-1.example.com"], &["-1.example.com"], &[], &[]]),
    (&["DNS:redis.*.example.com"], &["x"], [&[], &[], &[], &["redis.a.example.com"]]),
    (&["DNS:*.*.example.com"], &["x"], [&[], &[], &[], &["a.b.example.com"]]),
    (&["DNS:*.com"], &["x"], [&["example.com"], &[], &[], &[]]),
    (&["DNS:*"], &["x"], [&[], &["redis"], &[], &["example.com"]]),
    (&["DNS:redis"], &["x"], [&["redis"], &["REDIS"], &[], &[]]),
    (
        &["DNS:redis_1.example.com", "DNS:*.redis_c.example.com"],
        &["x"],
        [&["redis_1.example.com", "n1.redis_c.example.com"], &[], &[], &[]],
    ),
    (&["DNS:*r*1.example.com"], &["x"], [&[], &[], &[], &["redis-1.example.com"]]),
];

#[test]
fn php_and_ruby_compare_names_as_measured() {
    for (names, common_names, hosts) in SCRIPTS {
        let leaf = named(names, common_names);
        for (hosts, php, ruby) in
            [(hosts[0], true, true), (hosts[1], true, false), (hosts[2], false, true), (hosts[3], false, false)]
        {
            for host in hosts {
                let host = host.parse().unwrap_or_else(|_| Host::Name((*host).to_owned()));
                let took = [&PHP, &RUBY].map(|stack| stack.name_refusal(&leaf, &host).is_none());
                assert_eq!(took, [php, ruby], "{names:?} {common_names:?} {host}");
            }
        }
    }
}

#[test]
fn php_says_which_names_it_looked_at() {
    for (names, common_names, text) in [
        (&["DNS:a"][..], &["b"][..], "Peer certificate subjectAltName did not match expected name `redis'"),
        (&["IP:10.0.0.5"], &["b", "c"], "Peer certificate CN=`b' did not match expected CN=`redis'"),
        (&[], &[], "Unable to locate peer certificate CN"),
    ] {
        let refusal = PHP.name_refusal(&named(names, common_names), &"redis".parse().unwrap()).unwrap();
        assert_eq!(refusal.text, text);
    }
}

#[test]
fn node_quotes_what_would_break_its_list() {
    let says =
        |names: &[&str]| NODE_20.name_refusal(&named(names, &[]), &"redis.example.com".parse().unwrap()).unwrap();
    for (names, listed) in [
        (&["DNS:a,b", "DNS:a'b", "DNS:a\"b\\"][..], r#"DNS:"a\u002cb", DNS:"a'b", DNS:"a\"b\\""#),
        (&["DNS:ü", "mail:a@b.c", "IP:1.2.3.4"], r#"DNS:"\u00c3\u00bc", email:a@b.c, IP Address:1.2.3.4"#),
        (
            &["DNS:a", "IP:2001:db8::5", "IP:010203"],
            "DNS:a, IP Address:2001:DB8:0:0:0:0:0:5, IP Address:<invalid length=3>",
        ),
    ] {
        let refusal = says(names);
        assert_eq!(refusal.code, Some("ERR_TLS_CERT_ALTNAME_INVALID"));
        let (_, rest) = refusal.text.split_once("is not in the cert's altnames: ").unwrap();
        assert_eq!(rest, listed);
    }
    assert!(
        says(&["DNS:a", "DNS:b", "DNS:c", "DNS:d", "DNS:e", "DNS:f"])
            .text
            .ends_with("DNS:a, DNS:b, DNS:c, DNS:d, DNS:e")
    );
}

/// Stacks that compare names, and compare those of `named`: rustls-webpki reads the DER.
fn comparing() -> impl Iterator<Item = &'static Stack> {
    let silent = ["hiredis", "java-no-endpoint-id", "rustls", "rustls-ring"];
    STACKS.iter().copied().filter(move |stack| !silent.contains(&stack.id))
}

/// Chains with one to four defects made at random.
static RANDOM: LazyLock<Measurements> = LazyLock::new(|| measurements("random.json"));

proptest! {
    #[test]
    fn no_certificate_upsets_a_verifier(
        which in any::<prop::sample::Index>(),
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), any::<u8>()), 1..5),
        shuffled in any::<bool>(),
        client in any::<bool>(),
    ) {
        let case = which.get(&RANDOM.cases);
        let (mut sent, mut bundle) = (pem(&case.chain), pem(&case.anchors));
        let own = sent.len();
        for (certificate, at, with) in edits {
            let place = certificate.index(own + bundle.len());
            let der = if place < own { &mut sent[place] } else { &mut bundle[place - own] };
            let at = at.index(der.len());
            der[at] = with;
        }
        if shuffled {
            std::mem::swap(&mut sent, &mut bundle);
        }
        let anchors = Anchors::from_der(bundle).0;
        let purpose = if client { Purpose::Client } else { Purpose::Server };
        if let Ok(chain) = chain(&sent, &anchors, RANDOM.now, purpose, &Limits::default()) {
            for stack in STACKS {
                stack.refusals(&chain, Some(&case.host()));
            }
        }
    }

    #[test]
    fn a_star_in_front_of_two_labels_is_one_label_to_all(
        host in "[a-z0-9]{1,3}(\\.[a-z0-9]{1,3}){1,3}\\.[a-z]{2}", parent in "[a-c]{1,2}\\.[a-z]{2}", cut in any::<bool>()
    ) {
        // Half of the time the parent is the host's own.
        let parent = if cut { host.split_once('.').unwrap().1.to_owned() } else { parent };
        prop_assume!(parent.contains('.'));
        let leaf = named(&[&format!("DNS:*.{parent}")], &[]);
        let covered = host.split_once('.').is_some_and(|(_, rest)| rest == parent);
        for stack in comparing() {
            let refusal = stack.name_refusal(&leaf, &Host::Name(host.clone()));
            prop_assert_eq!(refusal.is_none(), covered, "{} *.{} {}", stack.id, parent, host);
        }
    }

    #[test]
    fn no_name_upsets_a_stack(
        names in prop::collection::vec("(DNS|IP|mail):[a*x._:0-9é\"\\\\-]{0,8}", 0..8),
        common_names in prop::collection::vec("[a*x._0-9é-]{0,8}", 0..3),
        host in "[a*x._:0-9é-]{0,8}"
    ) {
        let (names, common_names) = (names.iter().map(String::as_str).collect::<Vec<_>>(), common_names.iter().map(String::as_str).collect::<Vec<_>>());
        let leaf = named(&names, &common_names);
        for host in [Some(Host::Name(host.clone())), host.parse().ok()].into_iter().flatten() {
            for stack in STACKS {
                if let Some(refusal) = stack.name_refusal(&leaf, &host) {
                    prop_assert!(refusal.class.is_name(), "{} {refusal:?}", stack.id);
                    prop_assert!(!refusal.text.contains('…'));
                }
            }
        }
    }
}
