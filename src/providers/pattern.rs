//! Names of a service, label by label: `**.redis.azure.net`, `ec2-*.compute-1.amazonaws.com`.

/// True where `name` is of this form: `**` in front stands for one label or more, `*` in a label for any characters of it.
/// A name in a certificate may have a `*` of its own, which is a label as any other.
pub(super) fn fits(name: &str, pattern: &str) -> bool {
    let name = name.trim_end_matches('.');
    let mut labels = name.rsplit('.');
    let mut wanted = pattern.rsplit('.').peekable();
    while let Some(part) = wanted.next() {
        let Some(label) = labels.next() else { return false };
        if part == "**" && wanted.peek().is_none() {
            return !label.is_empty();
        }
        if !label_fits(label, part) {
            return false;
        }
    }
    labels.next().is_none()
}

/// One label; at most one `*` stands in a pattern's.
fn label_fits(label: &str, part: &str) -> bool {
    let (label, is_long) = (label.to_ascii_lowercase(), !label.is_empty());
    match part.split_once('*') {
        None => label == part,
        Some((head, tail)) => {
            is_long && label.len() >= head.len() + tail.len() && label.starts_with(head) && label.ends_with(tail)
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn labels_are_compared_from_the_end() {
        for (name, pattern, expected) in [
            ("cache.westus3.redis.azure.net", "**.redis.azure.net", true),
            ("CACHE.WestUS3.Redis.Azure.NET.", "**.redis.azure.net", true),
            ("*.westus3.redis.azure.net", "**.redis.azure.net", true),
            ("redis.azure.net", "**.redis.azure.net", false),
            ("evilredis.azure.net", "**.redis.azure.net", false),
            ("cache.redis.azure.net.evil.example", "**.redis.azure.net", false),
            ("a-b1c2.serverless.use1.cache.amazonaws.com", "*.serverless.*.cache.amazonaws.com", true),
            ("a.b.serverless.use1.cache.amazonaws.com", "*.serverless.*.cache.amazonaws.com", false),
            ("ec2-1-2-3-4.compute-1.amazonaws.com", "ec2-*.compute-1.amazonaws.com", true),
            ("ec2.compute-1.amazonaws.com", "ec2-*.compute-1.amazonaws.com", false),
            ("", "**.redis.azure.net", false),
            ("..redis.azure.net", "**.redis.azure.net", false),
        ] {
            assert_eq!(fits(name, pattern), expected, "{name} {pattern}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_survived(name in ".{0,80}", pattern in "[a-z*.]{0,40}") {
            fits(&name, &pattern);
        }

        #[test]
        fn what_stands_before_a_suffix_does_not_matter(label in "[a-z0-9-]{1,20}") {
            let name = format!("{label}.redis.azure.net");
            prop_assert!(fits(&name, "**.redis.azure.net"));
        }
    }
}
