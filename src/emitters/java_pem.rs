//! PEM files as what `javax.net.ssl` takes, for the Java libraries that read none themselves.

use super::{Settings, java::Class, quote::quoted};

/// Adds methods `trust()` and `identity()` for the files that were given, and says which there are.
pub(super) fn files(class: &mut Class, settings: &Settings) -> Result<(bool, bool), String> {
    let ca = settings.ca_file.as_ref().filter(|_| settings.tls);
    let pair = settings.client_certificate.as_ref().filter(|_| settings.tls);
    if let Some(file) = ca {
        class.methods.push(method(TRUST, &[("CA", file)])?);
        class.imports.extend([
            "java.security.KeyStore",
            "java.security.cert.Certificate",
            "javax.net.ssl.TrustManagerFactory",
        ]);
    }
    if let Some((certificate, key)) = pair {
        class.methods.push(method(IDENTITY, &[("CERTIFICATE", certificate), ("KEY", key)])?);
        class.imports.extend(IDENTITY_IMPORTS);
    }
    if ca.or(pair.map(|(certificate, _)| certificate)).is_some() {
        class.methods.push(method(CERTIFICATES, &[])?);
        class.imports.extend(CERTIFICATES_IMPORTS);
    }
    Ok((ca.is_some(), pair.is_some()))
}

fn method(template: &str, files: &[(&str, &String)]) -> Result<Vec<String>, String> {
    let mut lines: Vec<String> = template.lines().map(|line| format!("    {line}").trim_end().to_owned()).collect();
    for (mark, file) in files {
        let file = quoted(file, '"')?;
        for line in &mut lines {
            *line = line.replace(&format!("<{mark}>"), &file);
        }
    }
    Ok(lines)
}

const TRUST: &str = "\
private static TrustManagerFactory trust() throws Exception {
    KeyStore anchors = KeyStore.getInstance(KeyStore.getDefaultType());
    anchors.load(null, null);
    for (Certificate ca : certificates(<CA>)) {
        anchors.setCertificateEntry(\"ca-\" + anchors.size(), ca);
    }
    TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    factory.init(anchors);
    return factory;
}";

const IDENTITY: &str = "\
// The key has to be PKCS #8 (\"BEGIN PRIVATE KEY\") without a passphrase.
private static KeyManagerFactory identity() throws Exception {
    Certificate[] chain = certificates(<CERTIFICATE>).toArray(new Certificate[0]);
    String pem = new String(Files.readAllBytes(Paths.get(<KEY>)), StandardCharsets.US_ASCII);
    byte[] der = Base64.getMimeDecoder().decode(pem.replaceAll(\"-----[A-Z ]+-----\", \"\"));
    PrivateKey key = KeyFactory.getInstance(chain[0].getPublicKey().getAlgorithm())
            .generatePrivate(new PKCS8EncodedKeySpec(der));
    KeyStore store = KeyStore.getInstance(\"PKCS12\");
    store.load(null, null);
    store.setKeyEntry(\"client\", key, new char[0], chain);
    KeyManagerFactory factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    factory.init(store, new char[0]);
    return factory;
}";

const IDENTITY_IMPORTS: [&str; 10] = [
    "java.nio.charset.StandardCharsets",
    "java.nio.file.Files",
    "java.nio.file.Paths",
    "java.security.KeyFactory",
    "java.security.KeyStore",
    "java.security.PrivateKey",
    "java.security.cert.Certificate",
    "java.security.spec.PKCS8EncodedKeySpec",
    "java.util.Base64",
    "javax.net.ssl.KeyManagerFactory",
];

const CERTIFICATES: &str = "\
private static Collection<? extends Certificate> certificates(String file) throws Exception {
    try (InputStream pem = new FileInputStream(file)) {
        return CertificateFactory.getInstance(\"X.509\").generateCertificates(pem);
    }
}";

const CERTIFICATES_IMPORTS: [&str; 5] = [
    "java.io.FileInputStream",
    "java.io.InputStream",
    "java.security.cert.Certificate",
    "java.security.cert.CertificateFactory",
    "java.util.Collection",
];
