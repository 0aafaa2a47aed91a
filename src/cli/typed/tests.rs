//! What people type, and what comes of it.

use clap::Parser as _;
use proptest::prelude::*;

use crate::cli::{self, Ask, Cli, Command, Connection};

fn typed(words: &[&str]) -> Result<Connection, String> {
    let words = ["redis-doctor", "check"].iter().chain(words);
    match cli::parse(words.map(std::ffi::OsString::from)) {
        Ok(Cli { command: Command::Check(check), .. }) => Ok(check.connection),
        Err(Ask::Refuse(sentence)) => Err(sentence),
        other => panic!("{other:?}"),
    }
}

/// The endpoint, further nodes, user, password, and the name that is verified.
fn read(text: &str) -> String {
    let Connection { endpoint, node, username, password, server_name, .. } =
        typed(&[text]).unwrap_or_else(|why| panic!("{text}: {why}"));
    let further = [username, password, server_name].into_iter().flatten();
    endpoint.into_iter().chain(node).chain(further).collect::<Vec<_>>().join(" ")
}

#[test]
fn what_is_meant_in_one_way_is_read() {
    for (text, means) in [
        ("redis.example.com", "redis.example.com"),
        ("127.0.0.1:6379/0", "127.0.0.1:6379/0"),
        (" 127.0.0.1:6379 ", "127.0.0.1:6379"),
        ("\"redis://h:6379\"", "redis://h:6379"),
        ("'redis://u:p@h:6379'", "redis://u:p@h:6379"),
        ("REDIS_URL=redis://u:p@h:6379", "redis://u:p@h:6379"),
        ("export REDIS_URL=\"rediss://h:6380\"", "rediss://h:6380"),
        ("spring.data.redis.url: redis://h:6379", "redis://h:6379"),
        ("jdbc:redis://h:6379/0", "redis://h:6379/0"),
        ("REDISS://h:6379", "rediss://h:6379"),
        ("tls://h:6380", "rediss://h:6380"),
        ("ssl://:p%40ss@h:6380", "rediss://h:6380 p@ss"),
        ("tcp://h:6379", "redis://h:6379"),
        ("redis-cluster://h:6379", "redis://h:6379"),
        ("rediss+cluster://u:p@h:6379/0", "rediss://h:6379 u p"),
        ("redis://h:6379?password=p%26w", "redis://h:6379 p&w"),
        ("redis://h:6379,password=p@w,ssl=False", "redis://h:6379 p@w"),
        ("redis://h:6379,password=pw,abortConnect=false", "redis://h:6379 pw"),
        ("rediss://h,password=p=w", "rediss://h:6379 p=w"),
        ("h1:7000,h2:7001", "h1:7000 h2:7001"),
        ("h1:7000;h2:7001", "h1:7000 h2:7001"),
        ("h1:7000 h2:7001,h1:7000", "h1:7000 h2:7001"),
        ("h1:26379,h2:26379", "redis+sentinel://h1:26379,h2:26379/"),
        ("redis://h1:7000,redis://h2:7001", "redis://h1:7000 h2:7001"),
        ("redis://u:a,b@h1:7000,h2:7001/0", "redis://h1:7000 h2:7001 u a,b"),
        ("[\"rediss://h1:7000\", \"rediss://h2:7001\"]", "rediss://h1:7000 h2:7001"),
        ("clustercfg.x.use1.cache.amazonaws.com:6379,", "clustercfg.x.use1.cache.amazonaws.com:6379"),
        ("10.0.0.1:6379@16379", "10.0.0.1:6379"),
        ("10.0.0.1:6379@16379,node-1.example.com", "10.0.0.1:6379"),
        ("10.0.0.1 6379", "10.0.0.1:6379"),
        ("münchen.example:6379", "xn--mnchen-3ya.example:6379"),
        ("[::1]:6379", "[::1]:6379"),
        ("[fd00::1]:7000,[fd00::2]:7000", "[fd00::1]:7000 [fd00::2]:7000"),
        ("2001:db8::1", "2001:db8::1"),
        ("redis:6379", "redis:6379"),
        ("lab://azure-enterprise?nodes=3", "lab://azure-enterprise?nodes=3"),
        ("redis+sentinel://h1:26379,h2/orders", "redis+sentinel://h1:26379,h2/orders"),
        // StackExchange.Redis.
        (
            "name.redis.cache.windows.net:6380,password=aB3=,ssl=True,abortConnect=False",
            "rediss://name.redis.cache.windows.net:6380 aB3=",
        ),
        ("h,ssl=true,password=p;w", "rediss://h:6380 p;w"),
        ("h:6379,password=p", "redis://h:6379 p"),
        ("h1:7000,h2:7001,user=app,password=p,allowAdmin=true", "redis://h1:7000 h2:7001 app p"),
        ("h1,h2,serviceName=orders,password=p", "redis+sentinel://h1:26379,h2:26379/orders p"),
        ("10.0.0.1:6380,ssl=true,sslHost=redis.example.com", "rediss://10.0.0.1:6380 redis.example.com"),
        ("fd00::1,password=p", "redis://[fd00::1]:6379 p"),
        // Others.
        ("host=h;port=6380;password=p;ssl=true", "rediss://h:6380 p"),
        ("host=h port=6380 password=p", "redis://h:6380 p"),
        ("{\"host\":\"h\",\"port\":6380,\"password\":\"p,w}\"}", "redis://h:6380 p,w}"),
        ("{ host: 'h', port: 7000, tls: {} }", "rediss://h:7000"),
        ("host: h\ntls:\n  ca: ca.pem", "rediss://h:6379"),
        ("{ socket: { host: 'h', port: 6380, tls: true }, username: 'app', password: 'p' }", "rediss://h:6380 app p"),
        ("host: h\nport: 6380\nssl: true\npassword: p", "rediss://h:6380 p"),
        ("spring.redis.host=h\nspring.redis.port=6380\nspring.redis.ssl.enabled=true", "rediss://h:6380"),
        ("REDIS_HOST=h\nREDIS_PORT=6380\nREDIS_PASSWORD=p", "redis://h:6380 p"),
        ("host: h", "redis://h:6379"),
        ("{\"ConnectionStrings\":{\"Redis\":\"x\"},\"url\":\"rediss://:p@h:6380\"}", "rediss://h:6380 p"),
    ] {
        assert_eq!(read(text), means, "{text}");
    }
    assert_eq!(typed(&["10.0.0.1", "6379"]).unwrap().endpoint.as_deref(), Some("10.0.0.1:6379"));
    assert_eq!(typed(&["-u", "tls://h:6380"]).unwrap().uri.as_deref(), Some("rediss://h:6380"));
    let beside = typed(&["h:6380,password=one", "-a", "two", "--server-name", "n"]).unwrap();
    assert_eq!((beside.password.as_deref(), beside.server_name.as_deref()), (Some("two"), Some("n")));
}

#[test]
fn the_rest_is_told_what_works_and_no_password_is_shown() {
    for (text, says) in [
        ("https://h", "rediss://h:6379"),
        ("https://h:8443/", "rediss://h:8443"),
        ("http://user:hunter2@h", "redis://h:6379"),
        ("/var/run/redis/redis.sock", "Unix socket"),
        ("unix:///tmp/redis.sock?password=hunter2", "Unix socket"),
        ("redis-socket:///tmp/redis.sock", "Unix socket"),
        ("redis-cli -h h -p 6379 -a hunter2", "leave the quotes"),
        ("redis://${REDIS_HOST}:6379", "placeholder"),
        ("redis://:hunter2@<host>:6379", "placeholder"),
        ("$REDIS_URL", "placeholder"),
        ("6379", "HOST:6379"),
        ("10.0.0.1@6379", "10.0.0.1:6379"),
        ("hunter2@6379", "HOST:6379"),
        ("h bar hunter2", "several words"),
        ("redis:10.0.0.1:6379", "redis://10.0.0.1:6379"),
        ("redis:/10.0.0.1:6379", "redis://10.0.0.1:6379"),
        ("rediss//u:hunter2@h:6379", "rediss://h:6379"),
        ("redis:///h:6379", "redis://h:6379"),
        ("2001:db8::1:6379", "[2001:db8::1]:6379"),
        ("::1:7001", "[::1]:7001"),
        ("redis://1:2:3:4:5:6:7:8:7000", "[1:2:3:4:5:6:7:8]:7000"),
        ("[fe80::1%eth0]:6379", "link-local"),
        ("*.example.com:6379", "give one of them"),
        ("redis://h1,rediss://h2", "different schemes"),
        ("password=hunter2,ssl=true", "there is no host in it"),
        ("host=a,host=b,port=6379,password=hunter2", "several hosts"),
    ] {
        let why = typed(&[text]).map(|connection| connection.endpoint).expect_err(text);
        assert!(why.contains(says), "{text}: {why}");
        assert!(!why.contains("hunter2"), "{text}: {why}");
    }
}

#[test]
fn flags_of_other_programs_are_known() {
    let line = "redis-doctor check --host h --port 6380 --username app --password p --ssl --cluster";
    let Command::Check(check) = Cli::try_parse_from(line.split(' ')).unwrap().command else { panic!() };
    let Connection { host, port, username, password, tls, .. } = check.connection;
    assert_eq!((host.as_deref(), port, tls), (Some("h"), Some(6380), true));
    assert_eq!((username.as_deref(), password.as_deref()), (Some("app"), Some("p")));
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in "[a-z0-9:@,;/?#%.=\\[\\]{}'\" ü\n&$<>*-]{0,48}", password in "[a-z]{12}") {
        for text in [text.clone(), format!("redis://u:{password}@{text}"), format!("{text},password={password}")] {
            let bare = super::places::unwrapped(&text);
            let told = super::mistaken::check(bare).and_then(|()| super::read(bare).map(drop));
            if let Err(why) = told {
                prop_assert!(!why.contains(&password), "{text}: {why}");
            }
        }
    }
}
