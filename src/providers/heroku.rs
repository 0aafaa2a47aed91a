//! Heroku Key-Value Store.

use super::{
    Mark, Sign,
    provider::{Advice, CHAIN, Hand, Provider},
};

pub(super) const HEROKU: Provider = Provider {
    id: "heroku",
    name: "Heroku Key-Value Store",
    source: "heroku/roadmap#148; heroku/heroku-buildpack-redis#15; redis/ioredis#1786",
    signs: &[
        Sign::weak(Mark::OddPortAt("ec2-*.compute-1.amazonaws.com")),
        Sign::weak(Mark::OddPortAt("ec2-*.*.compute.amazonaws.com")),
        Sign::weak(Mark::SelfSigned),
    ],
    refuses: &["CONFIG"],
    advice: &[
        Advice::new(
            &["credentials-refused", "endpoint-unreachable"],
            Hand::Client,
            "Host, port and password change with maintenance and with credentials that are rotated: take the URL from the app's \
             config at each start, and keep no copy.",
        )
        .with(&["heroku config:get REDIS_URL --app APP"]),
        Advice::new(
        CHAIN,
        Hand::Client,
        "The service's chain ends in a root of its own that nobody publishes: pin the certificate, or the key in it, \
         and compare it at every connection. That keeps an eavesdropper out, which no verification at all does not. It \
         has to be pinned anew when the service renews it; a private plan with a private network needs none of it.",
    )
    ],
    ..Provider::CLOSED
};
