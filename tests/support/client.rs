//! The real client libraries under `tests/clients`, each with a driver that speaks like an application.

use std::{
    path::{Path, PathBuf},
    process::{Command, Output},
};

use super::{
    azure::{Azure, SEED},
    need, output, run, skip, target_dir,
};

/// Resolves names from a file for any program that asks the C library: no test touches `/etc/hosts`.
const RESOLVER: &str = "libnss_wrapper.so";

/// One client library in its pinned release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Client {
    /// <https://github.com/redis/node-redis>
    NodeRedis,
    /// <https://github.com/redis/ioredis>
    Ioredis,
    /// <https://github.com/redis/redis-py>
    RedisPy,
    /// <https://github.com/redis-rs/redis-rs>
    RedisRs,
}

impl Client {
    /// As `address-map --for` takes it, and the folder's name.
    pub fn id(self) -> &'static str {
        match self {
            Client::NodeRedis => "node-redis",
            Client::Ioredis => "ioredis",
            Client::RedisPy => "redis-py",
            Client::RedisRs => "redis-rs",
        }
    }

    /// The extension of an emitted file, without the dot.
    pub fn extension(self) -> &'static str {
        match self {
            Client::NodeRedis | Client::Ioredis => "mjs",
            Client::RedisPy => "py",
            Client::RedisRs => "rs",
        }
    }

    /// True if it can be driven; what is missing is told as in [`need`].
    pub fn is_ready(self) -> bool {
        let installed = match self {
            Client::NodeRedis => need("node") && self.has(&self.folder().join("node_modules/redis")),
            Client::Ioredis => need("node") && self.has(&self.folder().join("node_modules/ioredis")),
            Client::RedisPy => self.has(&python()),
            Client::RedisRs => true,
        };
        installed && resolver_is_there()
    }

    /// Drives it with the seed and the CA and nothing else.
    pub fn without_map(self, azure: &Azure) -> Output {
        let (port, ca) = (azure.port().to_string(), azure.ca());
        output(self.driver(azure, None).args(["without", SEED, &port]).arg(ca))
    }

    /// Drives it with an emitted file.
    pub fn with_map(self, azure: &Azure, map: &Path) -> Output {
        output(self.driver(azure, Some(map)).arg("with").arg(map))
    }

    fn driver(self, azure: &Azure, map: Option<&Path>) -> Command {
        let mut command = match self {
            Client::NodeRedis | Client::Ioredis => script("node", &self.folder().join("driver.mjs")),
            Client::RedisPy => script(python(), &self.folder().join("driver.py")),
            Client::RedisRs => Command::new(build(&self.folder(), map)),
        };
        command.env("LD_PRELOAD", RESOLVER).env("NSS_WRAPPER_HOSTS", azure.hosts());
        command
    }

    fn has(self, path: &Path) -> bool {
        path.exists() || skip(&format!("the client library {} is not installed", self.id()))
    }

    fn folder(self) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients").join(self.id())
    }
}

fn script(interpreter: impl AsRef<Path>, file: &Path) -> Command {
    let mut command = Command::new(interpreter.as_ref());
    command.arg(file);
    command
}

fn python() -> PathBuf {
    target_dir().join("clients/redis-py/bin/python")
}

/// The Rust driver holds the emitted file as a module, so each map is a build of its own (about a second).
fn build(folder: &Path, map: Option<&Path>) -> PathBuf {
    let target = target_dir().join("clients/redis-rs");
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--quiet", "--locked", "--manifest-path"]).arg(folder.join("Cargo.toml"));
    cargo.arg("--target-dir").arg(&target).env_remove("REDIS_DOCTOR_MAP");
    cargo.envs(map.map(|file| ("REDIS_DOCTOR_MAP", file)));
    run(&mut cargo);
    target.join("debug/driver")
}

/// The loader says so on stderr when it cannot find the library, and runs the program all the same.
fn resolver_is_there() -> bool {
    let tried = output(Command::new("true").env("LD_PRELOAD", RESOLVER));
    tried.stderr.is_empty() || skip("libnss-wrapper is not installed")
}
