//! Certificates as cert-manager reads them (<https://cert-manager.io/docs/reference/api-docs/>, `cert-manager.io/v1`).

use std::fmt::Write as _;

use super::{
    Key, Sheet, by_type, comments, common_name,
    server::{self, Files},
};
use crate::request::Wanted;

/// A document for each certificate.
pub fn cert_manager(sheet: &Sheet<'_>) -> String {
    let documents: Vec<String> = sheet.certificates().map(|(stem, wanted)| document(sheet, &stem, wanted)).collect();
    format!("{}{}", comments(&introduction(sheet)), documents.join("---\n"))
}

fn introduction(sheet: &Sheet<'_>) -> Vec<String> {
    let files = Files::mounted();
    let mut lines = vec![
        "issuerRef is yours to fill in: an Issuer or ClusterIssuer that clients trust. Public ones issue no private names".to_owned(),
        "or addresses. Redis loads no renewed Secret by itself: after each renewal, once the mounted files have changed,".to_owned(),
        format!("  {}", server::load(sheet, &files)),
        "redis.conf, with the Secret mounted at /tls".to_owned(),
    ];
    lines.extend(server::configuration(sheet, &files).into_iter().map(|line| format!("  {line}")));
    lines
}

fn document(sheet: &Sheet<'_>, stem: &str, wanted: &Wanted) -> String {
    let (algorithm, size) = match sheet.key {
        Key::Ec => ("ECDSA", 256),
        Key::Rsa => ("RSA", 2048),
    };
    let (dns, ips) = by_type(wanted);
    let mut text = format!(
        "apiVersion: cert-manager.io/v1\nkind: Certificate\nmetadata:\n  name: {stem}-tls\nspec:\n  secretName: {stem}-tls\n\
         \x20 duration: 2160h # 90 days\n  renewBefore: 720h # 30 days\n  privateKey:\n    algorithm: {algorithm}\n\
         \x20   size: {size}\n    rotationPolicy: Always\n  isCA: false\n  commonName: \"{}\"\n",
        common_name(wanted)
    );
    let quoted = |values: Vec<String>| values.into_iter().map(|value| format!("\"{value}\"")).collect();
    list(&mut text, "dnsNames", quoted(dns));
    list(&mut text, "ipAddresses", quoted(ips));
    let encipherment = (sheet.key == Key::Rsa).then_some("key encipherment");
    let usages = ["digital signature"].into_iter().chain(encipherment).chain(["server auth", "client auth"]);
    list(&mut text, "usages", usages.map(str::to_owned).collect());
    text.push_str("  issuerRef:\n    name: FILL-IN-YOUR-ISSUER\n    kind: ClusterIssuer\n    group: cert-manager.io\n");
    text
}

fn list(text: &mut String, field: &str, values: Vec<String>) {
    if values.is_empty() {
        return;
    }
    let _ = writeln!(text, "  {field}:");
    for value in values {
        let _ = writeln!(text, "    - {value}");
    }
}
