//! valkey-py: redis-py's fork, which still compares no names.

use super::{Client, Verifies, redis_py};

/// Version 6.
pub const CLIENT: Client = Client {
    id: "valkey-py",
    versions: ">=6",
    source: "valkey-py 6.2.0, valkey/connection.py",
    learnt_from: "6.2.0",
    verifies: Verifies::Nothing,
    text: redis_py::text_before_hello,
    ..redis_py::CLIENT
};
