//! What a file is that should hold certificates in PEM form and holds none, and how it becomes one that does.

/// Ahead of the text, as some editors write it: whoever looks for lines that begin with dashes passes over the first one.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// In words, with the command that mends `file`; `None` for a file that is as it should be, where `found` certificates are in it.
pub(super) fn fault(bytes: &[u8], found: usize, file: &str) -> Option<String> {
    if bytes.starts_with(BYTE_ORDER_MARK) {
        return Some(format!(
            "it begins with a byte order mark, for which rustls and Go miss its first certificate, and OpenSSL does not: \
             sed -i '1s/^\\xEF\\xBB\\xBF//' {file}"
        ));
    }
    (found == 0).then(|| why_none(bytes, file))
}

fn why_none(bytes: &[u8], file: &str) -> String {
    let text = String::from_utf8_lossy(bytes);
    let says = |words: &str| text.contains(words);
    match bytes {
        _ if text.trim().is_empty() => "it is empty".to_owned(),
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => {
            format!("it is UTF-16, as PowerShell's > writes it: iconv -f UTF-16 -t UTF-8 {file} > CA.pem")
        }
        [0xfe, 0xed, 0xfe, 0xed, ..] => {
            format!("it is a Java key store: keytool -exportcert -rfc -alias ALIAS -keystore {file} > CA.pem")
        }
        // A version number where a certificate has a sequence.
        [0x30, 0x82, _, _, 0x02, ..] | [0x30, 0x80, 0x02, ..] => {
            format!("it is PKCS#12: openssl pkcs12 -in {file} -nokeys -out CA.pem")
        }
        [0x30, 0x82, ..] => format!("it is in DER form: openssl x509 -inform der -in {file} -out CA.pem"),
        _ if says("BEGIN PKCS7") => format!("it is PKCS#7: openssl pkcs7 -print_certs -in {file} -out CA.pem"),
        _ if says("BEGIN TRUSTED CERTIFICATE") => {
            format!("it is in OpenSSL's own form: openssl x509 -in {file} -out CA.pem")
        }
        _ if says("BEGIN CERTIFICATE REQUEST") => {
            "it is a request for a certificate: the CA's answer to it is wanted".to_owned()
        }
        _ if says("BEGIN CERTIFICATE") && says("\\n") => {
            format!("its line ends are written as the two characters \\n: printf '%b' \"$(cat {file})\" > CA.pem")
        }
        _ if says("BEGIN CERTIFICATE") => {
            "its lines are joined, indented or cut off: -----BEGIN CERTIFICATE----- has to stand on a line of its own"
                .to_owned()
        }
        _ if text.trim_start().starts_with("LS0tLS1CRUdJTi") => {
            format!("it is base64, as in a Kubernetes secret: base64 -d {file} > CA.pem")
        }
        _ if says("PRIVATE KEY") => "it holds a key, and no certificate".to_owned(),
        _ => "no certificate in PEM form is in it: one begins with -----BEGIN CERTIFICATE-----".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_form_that_people_have_is_told() {
        let cases: [(&[u8], &str); 11] = [
            (b"\n", "empty"),
            (b"\xef\xbb\xbf-----BEGIN CERTIFICATE-----", "byte order mark"),
            (b"\xff\xfe-\0", "UTF-16"),
            (b"\xfe\xed\xfe\xed\0", "keytool"),
            (&[0x30, 0x82, 1, 2, 0x30, 0x82], "-inform der"),
            (&[0x30, 0x82, 1, 2, 2, 1, 3], "pkcs12"),
            (b"-----BEGIN PKCS7-----", "pkcs7"),
            (b"-----BEGIN CERTIFICATE-----\\nMII\\n", "printf"),
            (b"-----BEGIN CERTIFICATE----- MII", "joined"),
            (b"LS0tLS1CRUdJTiBDRVJU", "base64 -d"),
            (b"-----BEGIN PRIVATE KEY-----", "a key"),
        ];
        for (bytes, told) in cases {
            let said = fault(bytes, 0, "ca").unwrap();
            assert!(said.contains(told), "{told}: {said}");
        }
        assert_eq!(fault(b"-----BEGIN CERTIFICATE-----", 1, "ca"), None);
    }
}
