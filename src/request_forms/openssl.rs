//! A configuration for `openssl req -config`, which `openssl x509 -req -extfile` and `openssl req -x509` take, too.

use std::fmt::Write as _;

use super::{
    AUTHORITY, DAYS, Key, Sheet, USAGES, by_type, comments, common_name,
    server::{self, Files},
};
use crate::request::Wanted;

/// Writes it, with the commands for it in front.
pub fn openssl(sheet: &Sheet<'_>) -> String {
    let mut text = comments(&introduction(sheet));
    let first = sheet.certificates().next();
    let (stem, name) = first.map(|(stem, wanted)| (section(sheet, &stem), common_name(wanted))).unwrap_or_default();
    let _ = write!(
        text,
        "\n[req]\nprompt = no\ndefault_md = sha256\ndistinguished_name = subject\nreq_extensions = request{stem}\n\
         x509_extensions = issued{stem}\n\n[subject]\nCN = {name}\n"
    );
    for (stem, wanted) in sheet.certificates() {
        text.push_str(&sections(sheet, &section(sheet, &stem), wanted));
    }
    text
}

/// The commands for one certificate: key and request, and what the authority makes of it.
pub(super) fn commands(sheet: &Sheet<'_>, stem: &str, wanted: &Wanted) -> [String; 2] {
    let end = section(sheet, stem);
    let own = if end.is_empty() {
        String::new()
    } else {
        format!(" -reqexts request{end} -subj '/CN={}'", common_name(wanted))
    };
    let key = match sheet.key {
        Key::Ec => "ec -pkeyopt ec_paramgen_curve:P-256",
        Key::Rsa => "rsa:2048",
    };
    [
        format!("openssl req -new -config redis.cnf{own} -newkey {key} -nodes -keyout {stem}.key -out {stem}.csr"),
        format!(
            "openssl x509 -req -in {stem}.csr -CA ca.crt -CAkey ca.key -CAcreateserial -sha256 -days {DAYS} \
             -extfile redis.cnf -extensions issued{end} -out {stem}.crt"
        ),
    ]
}

fn introduction(sheet: &Sheet<'_>) -> Vec<String> {
    let mut lines = vec!["redis.cnf: a key and a request for each certificate".to_owned()];
    lines.extend(sheet.certificates().map(|(stem, wanted)| commands(sheet, &stem, wanted)[0].clone()));
    lines.push(String::new());
    lines.push(format!("with an authority of your own ({AUTHORITY}); others are sent the .csr"));
    lines.extend(sheet.certificates().map(|(stem, wanted)| commands(sheet, &stem, wanted)[1].clone()));
    let Some((stem, _)) = sheet.certificates().next() else { return lines };
    let files = Files::in_folder(&stem);
    lines.push(String::new());
    lines.push("redis.conf; intermediate certificates go behind the node's own in its file".to_owned());
    lines.extend(server::configuration(sheet, &files).into_iter().map(|line| format!("  {line}")));
    lines.push("loaded while the server runs by".to_owned());
    lines.push(format!("  {}", server::load(sheet, &files)));
    lines
}

/// What tells the sections of several certificates apart.
fn section(sheet: &Sheet<'_>, stem: &str) -> String {
    if sheet.request.is_per_node() { stem.trim_start_matches("redis").replace('-', "_") } else { String::new() }
}

fn sections(sheet: &Sheet<'_>, end: &str, wanted: &Wanted) -> String {
    let extensions = format!(
        "basicConstraints = critical, CA:FALSE\nkeyUsage = critical, {}\nextendedKeyUsage = {}\n\
         subjectAltName = @names{end}\nsubjectKeyIdentifier = hash\n",
        sheet.key.usages().join(", "),
        USAGES.join(", ")
    );
    let mut text = format!(
        "\n[request{end}]\n{extensions}\n[issued{end}]\n{extensions}authorityKeyIdentifier = keyid\n\n[names{end}]\n"
    );
    let (dns, ips) = by_type(wanted);
    for (kind, values) in [("DNS", dns), ("IP", ips)] {
        for (n, value) in values.iter().enumerate() {
            let _ = writeln!(text, "{kind}.{} = {value}", n + 1);
        }
    }
    text
}
