//! go-redis: it has no map, but `NewClient` sees every address before it is dialled; `ServerName` where only that is wrong.

use super::{
    Emitter, Settings,
    closed::{UNKNOWN, refuse_crossed},
    node::as_spelled,
    quote::quoted,
    rule::{Needed, Rule, refuse_blank, server_name},
};
use crate::{
    address_map::{AddressMap, Mapping},
    facts::{Announced, Endpoint, Host},
};

/// A file with `newClusterClient()`.
pub(super) const EMITTER: Emitter = Emitter { client: "go-redis", emit };

fn emit(map: &AddressMap, settings: &Settings) -> Result<String, String> {
    refuse_blank(map, "go-redis gives the whole of CLUSTER SLOTS up", &[Announced::Nil])?;
    let map = as_spelled(map);
    let needed = Needed::of(&map, settings)?;
    refuse_crossed(&map, settings)?;
    let form = Form::of(&needed, settings);
    let mut lines = vec!["// For go-redis 9 or newer, written by redis-doctor.".to_owned()];
    lines.extend(needed.missing("//"));
    lines.extend(imports(&form, settings));
    lines.extend(constructor(&form, &needed, settings)?);
    if settings.tls {
        lines.extend(tls_config(&form, settings)?);
    }
    Ok(lines.join("\n"))
}

/// What is written.
enum Form<'a> {
    /// One server name for every connection.
    ServerName(&'a Host),
    /// One host for every node.
    OneHost(&'a Host),
    /// Entries by the address that `NewClient` is called with.
    Table(Vec<Entry<'a>>),
    /// The same, and nothing else is dialled.
    Closed(Vec<Entry<'a>>),
}

/// An address as go-redis is about to dial it, and what is done about it.
struct Entry<'a> {
    key: Endpoint,
    /// The end of the tunnel where that is a seed: seeds pass through `NewClient`, too.
    end: Option<&'a Endpoint>,
    address: &'a Endpoint,
    server_name: Option<&'a Host>,
}

impl<'a> Form<'a> {
    fn of(needed: &Needed<'a>, settings: &'a Settings) -> Self {
        match needed.rule {
            _ if settings.closed => {
                Form::Closed(needed.entries.iter().map(|mapping| through_the_tunnel(mapping, settings)).collect())
            }
            Rule::OneName(name) => Form::ServerName(name),
            Rule::OneHost(host) if seed_name(settings).is_none() => Form::OneHost(host),
            _ => {
                let nodes = needed.entries.iter().flat_map(|mapping| entries(mapping, settings));
                Form::Table(seed(settings).into_iter().chain(nodes).collect())
            }
        }
    }
}

/// The name under which the seed verifies, where it is told and is not its host.
fn seed_name(settings: &Settings) -> Option<&Host> {
    settings.server_name.as_ref().filter(|name| settings.tls && **name != settings.seed.host)
}

fn seed(settings: &Settings) -> Option<Entry<'_>> {
    let name = seed_name(settings)?;
    Some(Entry { key: settings.seed.clone(), end: None, address: &settings.seed, server_name: Some(name) })
}

/// A node under the address that it announces, and where that is a loopback IP, under what go-redis makes of it as well:
/// the host of the seed. Redirects bring it as announced.
fn entries<'a>(mapping: &'a Mapping, settings: &'a Settings) -> impl Iterator<Item = Entry<'a>> {
    let Endpoint { host, port } = &mapping.announced;
    let replaced = host.ip().is_some() && host.is_loopback() && !settings.seed.host.is_loopback();
    let by_seed = replaced.then(|| Endpoint::new(settings.seed.host.clone(), *port));
    let server_name = server_name(mapping, settings);
    let told_already = seed(settings).map(|seed| seed.key);
    [Some(mapping.announced.clone()), by_seed]
        .into_iter()
        .flatten()
        .filter(move |key| *key != mapping.reachable || server_name.is_some())
        .filter(move |key| Some(key) != told_already.as_ref())
        .map(move |key| Entry { key, end: None, address: &mapping.reachable, server_name })
}

/// A node under the address that it announces, and under its end of the tunnel.
fn through_the_tunnel<'a>(mapping: &'a Mapping, settings: &Settings) -> Entry<'a> {
    let Mapping { announced, reachable, .. } = mapping;
    let end = Some(reachable).filter(|end| *end != announced);
    Entry { key: announced.clone(), end, address: reachable, server_name: server_name(mapping, settings) }
}

fn imports(form: &Form<'_>, settings: &Settings) -> Vec<String> {
    let closed = matches!(form, Form::Closed(_));
    let uses = [
        (closed, "context"),
        (settings.tls, "crypto/tls"),
        (settings.tls && settings.ca_file.is_some(), "crypto/x509"),
        (settings.tls && settings.ca_file.is_some(), "errors"),
        (closed, "fmt"),
        (closed || matches!(form, Form::OneHost(_)), "net"),
        (settings.password || (settings.tls && settings.ca_file.is_some()), "os"),
    ];
    let standard: Vec<String> = uses.iter().filter(|(is, _)| *is).map(|(_, name)| format!("\t\"{name}\"")).collect();
    let mut lines = vec!["package main".to_owned(), String::new(), "import (".to_owned()];
    if !standard.is_empty() {
        lines.extend(standard);
        lines.push(String::new());
    }
    lines.extend(["\t\"github.com/redis/go-redis/v9\"".to_owned(), ")".to_owned(), String::new()]);
    lines
}

fn constructor(form: &Form<'_>, needed: &Needed<'_>, settings: &Settings) -> Result<Vec<String>, String> {
    let mut lines = vec!["func newClusterClient() (*redis.ClusterClient, error) {".to_owned()];
    if settings.tls {
        lines.push("\tconfig, err := tlsConfig()\n\tif err != nil {\n\t\treturn nil, err\n\t}".to_owned());
    }
    lines.push("\treturn redis.NewClusterClient(&redis.ClusterOptions{".to_owned());
    lines.extend(fields(needed, settings)?);
    lines.extend(new_client(form, settings));
    lines.extend(["\t}), nil".to_owned(), "}\n".to_owned()]);
    Ok(lines)
}

fn fields(needed: &Needed<'_>, settings: &Settings) -> Result<Vec<String>, String> {
    let ends = needed.ends().filter(|_| settings.closed).map(|mapping| &mapping.reachable);
    let ends = ends.filter(|end| **end != settings.seed);
    let seeds: Vec<_> = [&settings.seed].into_iter().chain(ends).map(|seed| format!("\"{seed}\"")).collect();
    let mut fields = vec![("Addrs", format!("[]string{{{}}}", seeds.join(", ")))];
    if let Some(user) = &settings.username {
        fields.push(("Username", quoted(user, '"')?));
    }
    if settings.password {
        fields.push(("Password", "os.Getenv(\"REDIS_PASSWORD\")".to_owned()));
    }
    if settings.tls {
        fields.push(("TLSConfig", "config".to_owned()));
    }
    let width = fields.iter().map(|(name, _)| name.len()).max().unwrap_or_default() + 1;
    Ok(fields.iter().map(|(name, value)| format!("\t\t{:width$} {value},", format!("{name}:"))).collect())
}

fn new_client(form: &Form<'_>, settings: &Settings) -> Vec<String> {
    let inside = match form {
        Form::ServerName(_) => return Vec::new(),
        Form::OneHost(host) => one_host(host, settings),
        Form::Table(nodes) => cases(nodes, &[]),
        Form::Closed(nodes) => cases(nodes, &fail_closed()),
    };
    let mut lines = vec!["\t\tNewClient: func(options *redis.Options) *redis.Client {".to_owned()];
    lines.extend(inside.iter().map(|line| format!("\t\t\t{line}")));
    lines.extend(["\t\t\treturn redis.NewClient(options)".to_owned(), "\t\t},".to_owned()]);
    lines
}

fn one_host(host: &Host, settings: &Settings) -> Vec<String> {
    let seed = &settings.seed;
    // The seed passes through here, too, and its port may be open on its own host only.
    let but_the_seed = if seed.host == *host { String::new() } else { format!(" && options.Addr != \"{seed}\"") };
    vec![
        "// A rule and not a table: announced ports move when nodes are replaced (Azure's 85xx do).".to_owned(),
        format!("if _, port, err := net.SplitHostPort(options.Addr); err == nil{but_the_seed} {{"),
        format!("\toptions.Addr = net.JoinHostPort(\"{host}\", port)"),
        "}".to_owned(),
    ]
}

fn cases(nodes: &[Entry<'_>], default: &[String]) -> Vec<String> {
    let mut lines = Vec::new();
    if nodes.iter().any(|entry| entry.server_name.is_some()) {
        lines.push("// All nodes share it.".to_owned());
        lines.push("options.TLSConfig = options.TLSConfig.Clone()".to_owned());
    }
    lines.push("switch options.Addr {".to_owned());
    for Entry { key, end, address, server_name } in nodes {
        let end = end.map_or_else(String::new, |end| format!(", \"{end}\""));
        lines.push(format!("case \"{key}\"{end}:"));
        if key != *address {
            lines.push(format!("\toptions.Addr = \"{address}\""));
        }
        lines.extend(server_name.map(|name| format!("\toptions.TLSConfig.ServerName = \"{name}\"")));
    }
    lines.extend_from_slice(default);
    lines.push("}".to_owned());
    lines
}

/// `NewClient` cannot fail, what it sets up can.
fn fail_closed() -> [String; 5] {
    [
        "default:".to_owned(),
        "\t// Whatever is not in the map is not dialled: that would be around the tunnel.".to_owned(),
        "\toptions.Dialer = func(_ context.Context, _, address string) (net.Conn, error) {".to_owned(),
        format!("\t\treturn nil, fmt.Errorf(\"%s {UNKNOWN}\", address)"),
        "\t}".to_owned(),
    ]
}

fn tls_config(form: &Form<'_>, settings: &Settings) -> Result<Vec<String>, String> {
    let mut lines = vec!["func tlsConfig() (*tls.Config, error) {".to_owned()];
    let mut parts = Vec::new();
    if let Some(file) = &settings.ca_file {
        lines.extend(roots(&quoted(file, '"')?));
        parts.push("RootCAs: roots".to_owned());
    }
    if let Some((certificate, key)) = &settings.client_certificate {
        let (certificate, key) = (quoted(certificate, '"')?, quoted(key, '"')?);
        lines.push(format!("\tpair, err := tls.LoadX509KeyPair({certificate}, {key})"));
        lines.push("\tif err != nil {\n\t\treturn nil, err\n\t}".to_owned());
        parts.push("Certificates: []tls.Certificate{pair}".to_owned());
    }
    if let Form::ServerName(name) = form {
        parts.push(format!("ServerName: \"{name}\""));
        lines.push("\t// The name that is verified on every node, whatever address it was dialled at.".to_owned());
    }
    lines.push(format!("\treturn &tls.Config{{{}}}, nil", parts.join(", ")));
    lines.push("}\n".to_owned());
    Ok(lines)
}

fn roots(file: &str) -> Vec<String> {
    vec![
        format!("\tpem, err := os.ReadFile({file})"),
        "\tif err != nil {\n\t\treturn nil, err\n\t}".to_owned(),
        "\troots := x509.NewCertPool()".to_owned(),
        "\tif !roots.AppendCertsFromPEM(pem) {".to_owned(),
        "\t\treturn nil, errors.New(\"the CA file holds no certificate\")".to_owned(),
        "\t}".to_owned(),
    ]
}

#[cfg(test)]
mod tests {
    use super::{super::fixtures::*, Announced, Settings, emit};

    #[test]
    fn one_host_is_a_rule() {
        assert_eq!(
            emit(&one_host(), &tls()).unwrap(),
            r#"// For go-redis 9 or newer, written by redis-doctor.
package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"os"

	"github.com/redis/go-redis/v9"
)

func newClusterClient() (*redis.ClusterClient, error) {
	config, err := tlsConfig()
	if err != nil {
		return nil, err
	}
	return redis.NewClusterClient(&redis.ClusterOptions{
		Addrs:     []string{"redis.example.com:10000"},
		Username:  "app",
		Password:  os.Getenv("REDIS_PASSWORD"),
		TLSConfig: config,
		NewClient: func(options *redis.Options) *redis.Client {
			// A rule and not a table: announced ports move when nodes are replaced (Azure's 85xx do).
			if _, port, err := net.SplitHostPort(options.Addr); err == nil {
				options.Addr = net.JoinHostPort("redis.example.com", port)
			}
			return redis.NewClient(options)
		},
	}), nil
}

func tlsConfig() (*tls.Config, error) {
	pem, err := os.ReadFile("ca.pem")
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		return nil, errors.New("the CA file holds no certificate")
	}
	return &tls.Config{RootCAs: roots}, nil
}
"#
        );
    }

    #[test]
    fn a_rule_leaves_a_seed_elsewhere_alone() {
        let settings = Settings { seed: "lb.example.com:10000".parse().unwrap(), ..tls() };
        let rule = "if _, port, err := net.SplitHostPort(options.Addr); err == nil && options.Addr != \"lb.example.com:10000\" {";
        assert!(emit(&one_host(), &settings).unwrap().contains(rule));
    }

    #[test]
    fn nodes_that_moved_are_a_table() {
        let text = emit(&table(), &Settings { client_certificate: Some(own()), ..tls() }).unwrap();
        assert_eq!(
            text,
            r#"// For go-redis 9 or newer, written by redis-doctor.
package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"os"

	"github.com/redis/go-redis/v9"
)

func newClusterClient() (*redis.ClusterClient, error) {
	config, err := tlsConfig()
	if err != nil {
		return nil, err
	}
	return redis.NewClusterClient(&redis.ClusterOptions{
		Addrs:     []string{"redis.example.com:10000"},
		Username:  "app",
		Password:  os.Getenv("REDIS_PASSWORD"),
		TLSConfig: config,
		NewClient: func(options *redis.Options) *redis.Client {
			switch options.Addr {
			case "10.0.0.4:6379":
				options.Addr = "n1.example.com:6379"
			case "10.0.0.5:6379":
				options.Addr = "n2.example.com:7379"
			}
			return redis.NewClient(options)
		},
	}), nil
}

func tlsConfig() (*tls.Config, error) {
	pem, err := os.ReadFile("ca.pem")
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		return nil, errors.New("the CA file holds no certificate")
	}
	pair, err := tls.LoadX509KeyPair("client.pem", "client.key")
	if err != nil {
		return nil, err
	}
	return &tls.Config{RootCAs: roots, Certificates: []tls.Certificate{pair}}, nil
}
"#
        );
    }

    #[test]
    fn one_name_is_a_server_name() {
        let text = emit(&one_name(), &Settings { ca_file: None, ..tls() }).unwrap();
        assert_eq!(
            text,
            r#"// For go-redis 9 or newer, written by redis-doctor.
package main

import (
	"crypto/tls"
	"os"

	"github.com/redis/go-redis/v9"
)

func newClusterClient() (*redis.ClusterClient, error) {
	config, err := tlsConfig()
	if err != nil {
		return nil, err
	}
	return redis.NewClusterClient(&redis.ClusterOptions{
		Addrs:     []string{"redis.example.com:10000"},
		Username:  "app",
		Password:  os.Getenv("REDIS_PASSWORD"),
		TLSConfig: config,
	}), nil
}

func tlsConfig() (*tls.Config, error) {
	// The name that is verified on every node, whatever address it was dialled at.
	return &tls.Config{ServerName: "redis.example.com"}, nil
}
"#
        );
    }

    #[test]
    fn a_name_for_each_node_is_set_on_a_copy() {
        let text = emit(&names(), &Settings { server_name: "seed.example.com".parse().ok(), ..tls() }).unwrap();
        assert_eq!(
            text,
            r#"// For go-redis 9 or newer, written by redis-doctor.
package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"os"

	"github.com/redis/go-redis/v9"
)

func newClusterClient() (*redis.ClusterClient, error) {
	config, err := tlsConfig()
	if err != nil {
		return nil, err
	}
	return redis.NewClusterClient(&redis.ClusterOptions{
		Addrs:     []string{"redis.example.com:10000"},
		Username:  "app",
		Password:  os.Getenv("REDIS_PASSWORD"),
		TLSConfig: config,
		NewClient: func(options *redis.Options) *redis.Client {
			// All nodes share it.
			options.TLSConfig = options.TLSConfig.Clone()
			switch options.Addr {
			case "redis.example.com:10000":
				options.TLSConfig.ServerName = "seed.example.com"
			case "10.0.0.4:6379":
				options.TLSConfig.ServerName = "n1.example.com"
			case "10.0.0.5:6379":
				options.TLSConfig.ServerName = "n2.example.com"
			}
			return redis.NewClient(options)
		},
	}), nil
}

func tlsConfig() (*tls.Config, error) {
	pem, err := os.ReadFile("ca.pem")
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		return nil, errors.New("the CA file holds no certificate")
	}
	return &tls.Config{RootCAs: roots}, nil
}
"#
        );
    }

    #[test]
    fn plaintext_says_nothing_of_tls() {
        assert_eq!(
            emit(&nat(), &plaintext()).unwrap(),
            r#"// For go-redis 9 or newer, written by redis-doctor.
package main

import (
	"github.com/redis/go-redis/v9"
)

func newClusterClient() (*redis.ClusterClient, error) {
	return redis.NewClusterClient(&redis.ClusterOptions{
		Addrs: []string{"127.0.0.1:7001"},
		NewClient: func(options *redis.Options) *redis.Client {
			switch options.Addr {
			case "172.18.0.2:6379":
				options.Addr = "127.0.0.1:7001"
			case "172.18.0.3:6379":
				options.Addr = "127.0.0.1:7002"
			}
			return redis.NewClient(options)
		},
	}), nil
}
"#
        );
    }

    #[test]
    fn an_announced_loopback_is_met_as_the_host_of_the_seed_as_well() {
        let map = map(&[
            ("127.0.0.1:7001", "n1.example.com:7001", "n1.example.com"),
            ("127.0.0.1:7002", "n2.example.com:7002", "n2.example.com"),
        ]);
        let text = emit(&map, &tls()).unwrap();
        for key in ["127.0.0.1:7001", "redis.example.com:7001"] {
            assert!(
                text.contains(&format!("case \"{key}\":\n\t\t\t\toptions.Addr = \"n1.example.com:7001\"")),
                "{text}"
            );
        }
    }

    #[test]
    fn blank_hosts_are_met_as_they_stand() {
        let mut map = table();
        map.mappings[0].preferred = Announced::Empty;
        map.mappings[1].preferred = Announced::QuestionMark;
        let text = emit(&map, &tls()).unwrap();
        assert!(text.contains("case \":6379\":\n") && text.contains("case \"?:6379\":\n"), "{text}");
        map.mappings[1].preferred = Announced::Nil;
        assert!(emit(&map, &tls()).unwrap_err().starts_with("go-redis gives the whole of CLUSTER SLOTS up where"));
    }

    fn own() -> (String, String) {
        ("client.pem".to_owned(), "client.key".to_owned())
    }

    #[test]
    fn nothing_goes_around_a_tunnel_that_tls_passes_through() {
        let expected = r#"// For go-redis 9 or newer, written by redis-doctor.
package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"

	"github.com/redis/go-redis/v9"
)

func newClusterClient() (*redis.ClusterClient, error) {
	config, err := tlsConfig()
	if err != nil {
		return nil, err
	}
	return redis.NewClusterClient(&redis.ClusterOptions{
		Addrs:     []string{"127.0.0.1:20711", "127.0.0.1:20712"},
		Username:  "app",
		Password:  os.Getenv("REDIS_PASSWORD"),
		TLSConfig: config,
		NewClient: func(options *redis.Options) *redis.Client {
			// All nodes share it.
			options.TLSConfig = options.TLSConfig.Clone()
			switch options.Addr {
			case "10.0.0.4:6379", "127.0.0.1:20711":
				options.Addr = "127.0.0.1:20711"
				options.TLSConfig.ServerName = "n1.example.com"
			case "10.0.0.5:6379", "127.0.0.1:20712":
				options.Addr = "127.0.0.1:20712"
				options.TLSConfig.ServerName = "10.0.0.5"
			default:
				// Whatever is not in the map is not dialled: that would be around the tunnel.
				options.Dialer = func(_ context.Context, _, address string) (net.Conn, error) {
					return nil, fmt.Errorf("%s is not in the tunnel's map", address)
				}
			}
			return redis.NewClient(options)
		},
	}), nil
}

func tlsConfig() (*tls.Config, error) {
	pem, err := os.ReadFile("ca.pem")
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		return nil, errors.New("the CA file holds no certificate")
	}
	return &tls.Config{RootCAs: roots}, nil
}
"#;
        assert_eq!(emit(&through(), &closed_tls()).unwrap(), expected);
    }

    #[test]
    fn nothing_goes_around_a_tunnel() {
        let expected = r#"// For go-redis 9 or newer, written by redis-doctor.
package main

import (
	"context"
	"fmt"
	"net"

	"github.com/redis/go-redis/v9"
)

func newClusterClient() (*redis.ClusterClient, error) {
	return redis.NewClusterClient(&redis.ClusterOptions{
		Addrs: []string{"127.0.0.1:20711", "127.0.0.1:20712"},
		NewClient: func(options *redis.Options) *redis.Client {
			switch options.Addr {
			case "10.0.0.4:6379", "127.0.0.1:20711":
				options.Addr = "127.0.0.1:20711"
			case "10.0.0.5:6379", "127.0.0.1:20712":
				options.Addr = "127.0.0.1:20712"
			default:
				// Whatever is not in the map is not dialled: that would be around the tunnel.
				options.Dialer = func(_ context.Context, _, address string) (net.Conn, error) {
					return nil, fmt.Errorf("%s is not in the tunnel's map", address)
				}
			}
			return redis.NewClient(options)
		},
	}), nil
}
"#;
        assert_eq!(emit(&tunnel(), &closed()).unwrap(), expected);
    }
}
