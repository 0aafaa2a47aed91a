//! valkey-py: redis-py's fork, which still compares no names.

use super::{Client, redis_py};

/// Version 6, as redis-py before 6.
pub const CLIENT: Client = Client {
    id: "valkey-py",
    versions: ">=6",
    source: "valkey-py 6.2.0, valkey/connection.py",
    learnt_from: "6.2.0",
    ..redis_py::BEFORE_6
};
