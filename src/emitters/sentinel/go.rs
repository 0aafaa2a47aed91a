//! go-redis: the `Dialer` of `FailoverOptions` sees every address, of Sentinels and servers. What it returns is the whole
//! connection, so that TLS is spoken there, too.

use super::{Table, Watching};
use crate::emitters::quote::quoted;

/// A file with `newFailoverClient()`.
pub(super) fn emit(table: &Table<'_>, watching: &Watching) -> Result<String, String> {
    let settings = &watching.settings;
    if settings.tls != watching.sentinel_tls {
        return Err("go-redis has one TLSConfig for Sentinels and servers, and here only one of the two speaks TLS: turn it on \
                    for both"
            .to_owned());
    }
    let tls = settings.tls;
    let mut lines = vec!["// For go-redis 9 or newer, written by redis-doctor.".to_owned()];
    lines.extend(table.missing("//"));
    lines.extend(imports(watching));
    lines.push("// Where the Sentinels say that the nodes are, and where they are.".to_owned());
    lines.push("var addresses = map[string]string{".to_owned());
    lines.extend(table.moved().map(|m| format!("\t\"{}\": \"{}\",", m.announced, m.reachable)));
    lines.extend(["}".to_owned(), String::new()]);
    lines.push("func newFailoverClient() (*redis.Client, error) {".to_owned());
    if tls {
        lines.extend(config(table, watching)?);
    }
    lines.push("\tdialer := &net.Dialer{Timeout: 5 * time.Second}".to_owned());
    lines.push("\treturn redis.NewFailoverClient(&redis.FailoverOptions{".to_owned());
    lines.push(format!("\t\tMasterName: {},", quoted(&watching.group, '"')?));
    let places: Vec<String> = watching.sentinels.iter().map(|place| format!("\"{place}\"")).collect();
    lines.push(format!("\t\tSentinelAddrs: []string{{{}}},", places.join(", ")));
    if let Some(user) = &settings.username {
        lines.push(format!("\t\tUsername: {},", quoted(user, '"')?));
    }
    let passwords = [
        (settings.password, "Password", "REDIS_PASSWORD"),
        (watching.sentinel_password, "SentinelPassword", "SENTINEL_PASSWORD"),
    ];
    let passwords = passwords.into_iter().filter(|(is_given, ..)| *is_given);
    lines.extend(passwords.map(|(_, field, variable)| format!("\t\t{field}: os.Getenv(\"{variable}\"),")));
    lines.push("\t\tDialer: func(ctx context.Context, network, address string) (net.Conn, error) {".to_owned());
    lines.push("\t\t\tif mapped, ok := addresses[address]; ok {\n\t\t\t\taddress = mapped\n\t\t\t}".to_owned());
    lines.push(if tls {
        "\t\t\treturn (&tls.Dialer{NetDialer: dialer, Config: config}).DialContext(ctx, network, address)".to_owned()
    } else {
        "\t\t\treturn dialer.DialContext(ctx, network, address)".to_owned()
    });
    lines.extend(["\t\t},".to_owned(), "\t}), nil".to_owned(), "}\n".to_owned()]);
    Ok(lines.join("\n"))
}

fn imports(watching: &Watching) -> Vec<String> {
    let settings = &watching.settings;
    let ca = settings.tls && settings.ca_file.is_some();
    let uses = [
        (true, "context"),
        (settings.tls, "crypto/tls"),
        (ca, "crypto/x509"),
        (ca, "errors"),
        (true, "net"),
        (ca || settings.password || watching.sentinel_password, "os"),
        (true, "time"),
    ];
    let standard = uses.iter().filter(|(is, _)| *is).map(|(_, name)| format!("\t\"{name}\""));
    let head = ["package main".to_owned(), String::new(), "import (".to_owned()];
    let tail = [String::new(), "\t\"github.com/redis/go-redis/v9\"".to_owned(), ")".to_owned(), String::new()];
    head.into_iter().chain(standard).chain(tail).collect()
}

/// The name that is verified is the host that is dialled, unless one is set.
fn config(table: &Table<'_>, watching: &Watching) -> Result<Vec<String>, String> {
    let settings = &watching.settings;
    let mut lines = vec!["\tconfig := &tls.Config{}".to_owned()];
    if let Some(file) = &settings.ca_file {
        lines.push(format!("\tpem, err := os.ReadFile({})", quoted(file, '"')?));
        lines.push("\tif err != nil {\n\t\treturn nil, err\n\t}".to_owned());
        lines.push("\tconfig.RootCAs = x509.NewCertPool()".to_owned());
        lines.push("\tif !config.RootCAs.AppendCertsFromPEM(pem) {".to_owned());
        lines.push("\t\treturn nil, errors.New(\"the CA file holds no certificate\")\n\t}".to_owned());
    }
    if let Some((certificate, key)) = &settings.client_certificate {
        let (certificate, key) = (quoted(certificate, '"')?, quoted(key, '"')?);
        lines.push(format!("\tpair, err := tls.LoadX509KeyPair({certificate}, {key})"));
        lines.push("\tif err != nil {\n\t\treturn nil, err\n\t}".to_owned());
        lines.push("\tconfig.Certificates = []tls.Certificate{pair}".to_owned());
    }
    lines.extend(table.name.map(|name| format!("\tconfig.ServerName = \"{name}\"")));
    Ok(lines)
}
