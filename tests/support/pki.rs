//! Certificates made on the spot with the `openssl` program (3.0 and later).

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::Mutex,
};

use tempfile::TempDir;

use super::run;

/// A certificate authority in its own directory, which goes with it.
pub struct Pki {
    dir: TempDir,
    /// `openssl ca` keeps a database: one at a time.
    issuing: Mutex<()>,
}

/// A certificate with its key, PEM files.
#[derive(Clone, Debug)]
pub struct Certificate {
    /// Leaf only.
    pub cert: PathBuf,
    /// Its key, PKCS#8.
    pub key: PathBuf,
    /// The authority that signed it.
    pub ca: PathBuf,
}

/// What a certificate shall say.
#[derive(Clone, Debug)]
pub struct Leaf {
    sans: Vec<String>,
    common_name: Option<String>,
    validity: Vec<String>,
    usage: Option<String>,
    ca: bool,
    rsa: bool,
}

impl Leaf {
    /// With these names in OpenSSL's notation (`DNS:*.example.com`, `IP:127.0.0.1`), for 30 days. None at all: no extension.
    pub fn new(sans: &[&str]) -> Self {
        Leaf {
            sans: sans.iter().map(ToString::to_string).collect(),
            common_name: None,
            validity: vec!["-days".into(), "30".into()],
            usage: None,
            ca: false,
            rsa: false,
        }
    }

    /// With a subject common name; without, the subject is empty.
    pub fn common_name(mut self, name: &str) -> Self {
        self.common_name = Some(name.into());
        self
    }

    /// Valid from now on, for so many days.
    pub fn days(mut self, days: u32) -> Self {
        self.validity = vec!["-days".into(), days.to_string()];
        self
    }

    /// Valid through the year 2020.
    pub fn expired(mut self) -> Self {
        self.validity = ["-startdate", "20200101000000Z", "-enddate", "20210101000000Z"].map(Into::into).into();
        self
    }

    /// Valid from the year 2090.
    pub fn not_yet_valid(mut self) -> Self {
        self.validity = ["-startdate", "20900101000000Z", "-enddate", "20910101000000Z"].map(Into::into).into();
        self
    }

    /// Valid from so many minutes on, for 30 days.
    pub fn starting_in(mut self, minutes: i64) -> Self {
        let at = |minutes| {
            let at = time::OffsetDateTime::now_utc() + time::Duration::minutes(minutes);
            let (date, time) = (at.date(), at.time());
            let day = format!("{}{:02}{:02}", date.year(), u8::from(date.month()), date.day());
            format!("{day}{:02}{:02}{:02}Z", time.hour(), time.minute(), time.second())
        };
        self.validity = vec!["-startdate".into(), at(minutes), "-enddate".into(), at(minutes + 30 * 24 * 60)];
        self
    }

    /// Issued almost a year ago, with so many days left.
    pub fn days_left(mut self, days: i64) -> Self {
        let at = |days| {
            let date = (time::OffsetDateTime::now_utc() + time::Duration::days(days)).date();
            format!("{}{:02}{:02}000000Z", date.year(), u8::from(date.month()), date.day())
        };
        self.validity = vec!["-startdate".into(), at(days - 365), "-enddate".into(), at(days)];
        self
    }

    /// With an extended key usage, such as `serverAuth` or `clientAuth`; without, the extension is absent.
    pub fn usage(mut self, usage: &str) -> Self {
        self.usage = Some(usage.into());
        self
    }

    /// With CA:TRUE, which RFC 5280 verifiers refuse at the end of a chain to various degrees.
    pub fn ca(mut self) -> Self {
        self.ca = true;
        self
    }

    /// With an RSA key, for suites that want one.
    pub fn rsa(mut self) -> Self {
        self.rsa = true;
        self
    }

    fn extensions(&self) -> String {
        let mut lines = vec![format!("basicConstraints = critical,CA:{}", if self.ca { "TRUE" } else { "FALSE" })];
        if !self.sans.is_empty() {
            // Java refuses an empty subject beside names that are not critical (RFC 5280 section 4.2.1.6).
            let critical = if self.common_name.is_none() { "critical," } else { "" };
            lines.push(format!("subjectAltName = {critical}{}", self.sans.join(",")));
        }
        // Strict verifiers (Python 3.13) want a CA to say what its key is for.
        lines.extend(self.ca.then(|| "keyUsage = critical,digitalSignature,keyCertSign,cRLSign".to_owned()));
        lines.extend(self.usage.iter().map(|usage| format!("extendedKeyUsage = {usage}")));
        lines.join("\n")
    }
}

const CONFIG: &str = "
[ca]
default_ca = this
[this]
dir = .
database = index.txt
new_certs_dir = .
rand_serial = yes
unique_subject = no
default_md = sha256
policy = anything
[anything]
commonName = optional
[req]
distinguished_name = nothing
[nothing]
[root]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
[leaf]
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
";

const NEW_KEY: [&str; 5] = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
const NEW_RSA_KEY: [&str; 3] = ["-newkey", "rsa:2048", "-nodes"];

impl Pki {
    /// A new authority with a self-signed root.
    pub fn new() -> Self {
        Pki::named("redis-doctor test root")
    }

    /// One whose root goes by this common name; all others share theirs.
    pub fn named(name: &str) -> Self {
        Pki::lasting(name, 3650)
    }

    /// One whose root is valid for so many days.
    pub fn lasting(name: &str, days: u32) -> Self {
        let pki = Pki { dir: TempDir::new().unwrap(), issuing: Mutex::new(()) };
        fs::write(pki.file("index.txt"), "").unwrap();
        fs::write(pki.file("root.cnf"), CONFIG).unwrap();
        let subject = format!("/CN={name}");
        let days = days.to_string();
        let root = ["-extensions", "root", "-days", &days, "-subj", &subject];
        pki.openssl(
            "root.cnf",
            &["req", "-x509", "-keyout", "ca.key", "-out", "ca.pem"],
            &[&NEW_KEY[..], &root].concat(),
        );
        pki
    }

    /// The root, PEM: what `--cacert` is given.
    pub fn ca(&self) -> PathBuf {
        self.file("ca.pem")
    }

    /// Signs a new key; the file name tells several certificates of one authority apart.
    pub fn issue(&self, file_name: &str, leaf: &Leaf) -> Certificate {
        let _one_at_a_time = self.issuing.lock().unwrap();
        let [config, request, key, cert] = ["cnf", "csr", "key", "pem"].map(|end| format!("{file_name}.{end}"));
        fs::write(self.file(&config), format!("{CONFIG}{}\n", leaf.extensions())).unwrap();
        let subject = leaf.common_name.as_ref().map_or("/".into(), |name| format!("/CN={name}"));
        let names = ["-subj", &subject, "-keyout", &key, "-out", &request];
        let new_key = if leaf.rsa { &NEW_RSA_KEY[..] } else { &NEW_KEY[..] };
        self.openssl(&config, &["req", "-new"], &[new_key, &names].concat());
        let mut sign =
            vec!["-in", &request, "-out", &cert, "-extensions", "leaf", "-cert", "ca.pem", "-keyfile", "ca.key"];
        sign.extend(leaf.validity.iter().map(String::as_str));
        self.openssl(&config, &["ca", "-batch", "-notext"], &sign);
        Certificate { cert: self.file(&cert), key: self.file(&key), ca: self.ca() }
    }

    /// An intermediate authority under this one.
    pub fn intermediate(&self) -> Pki {
        self.intermediate_for(90)
    }

    /// The same, valid for so many days.
    pub fn intermediate_for(&self, days: u32) -> Pki {
        self.below(&Leaf::new(&[]).common_name("redis-doctor test intermediate").days(days))
    }

    /// An intermediate authority with this name.
    pub fn intermediate_named(&self, name: &str) -> Pki {
        self.below(&Leaf::new(&[]).common_name(name).days(90))
    }

    fn below(&self, authority: &Leaf) -> Pki {
        let authority = authority.clone().ca();
        let issued = self.issue("intermediate", &authority);
        let pki = Pki { dir: TempDir::new().unwrap(), issuing: Mutex::new(()) };
        fs::write(pki.file("index.txt"), "").unwrap();
        fs::copy(&issued.cert, pki.file("ca.pem")).unwrap();
        fs::copy(&issued.key, pki.file("ca.key")).unwrap();
        pki
    }

    /// The certificate at another path, where it can be replaced by a renewed one.
    pub fn install(&self, certificate: &Certificate) -> Certificate {
        let installed =
            Certificate { cert: self.file("redis.pem"), key: self.file("redis.key"), ..certificate.clone() };
        fs::copy(&certificate.cert, &installed.cert).unwrap();
        fs::copy(&certificate.key, &installed.key).unwrap();
        installed
    }

    /// A certificate that is its own issuer, as `openssl req -x509` makes it.
    pub fn self_signed(&self, file_name: &str, leaf: &Leaf) -> Certificate {
        let [config, key, cert] = ["cnf", "key", "pem"].map(|end| format!("{file_name}.{end}"));
        fs::write(self.file(&config), format!("{CONFIG}{}\n", leaf.extensions())).unwrap();
        let subject = format!("/CN={}", leaf.common_name.as_deref().unwrap_or(file_name));
        let rest = ["-extensions", "leaf", "-days", "30", "-subj", &subject, "-keyout", &key, "-out", &cert];
        self.openssl(&config, &["req", "-x509"], &[&NEW_KEY[..], &rest].concat());
        Certificate { cert: self.file(&cert), key: self.file(&key), ca: self.file(&cert) }
    }

    /// The certificate with its issuer's after it in one file, as a server should present it.
    pub fn with_chain(&self, certificate: &Certificate) -> Certificate {
        let cert = certificate.cert.with_extension("full.pem");
        let both = [&certificate.cert, &self.ca()].map(|file| fs::read(file).unwrap()).concat();
        fs::write(&cert, both).unwrap();
        Certificate { cert, ..certificate.clone() }
    }

    fn openssl(&self, config: &str, verb: &[&str], rest: &[&str]) {
        run(Command::new("openssl").current_dir(&self.dir).args(verb).args(["-config", config]).args(rest));
    }

    fn file(&self, name: impl AsRef<Path>) -> PathBuf {
        self.dir.path().join(name)
    }
}
