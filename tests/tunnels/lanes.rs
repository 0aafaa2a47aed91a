//! A lane: one kind to one cluster, from the generated folder to real clients that follow a slot through it.

use std::{
    any::Any,
    fs,
    panic::{AssertUnwindSafe, catch_unwind},
    thread,
    time::Instant,
};

use super::{
    bastion::Bastion,
    folder::{Folder, Outcome, succeeded},
    python::{self, Python},
    scenes::Scene,
    support::{
        driver::{self, Driver, Request},
        slots::{self, Migration},
    },
    world::{Machine, Reaches, SERVER, SERVER_V6},
};

/// A folder of `tests/clients` and a row of it.
pub type Client = (&'static str, &'static str);

/// How a lane is laid out.
pub struct Lane {
    /// From 0: each lane migrates slots of its own.
    pub number: usize,
    /// The tunnel.
    pub kind: &'static str,
    /// The cluster, by its name.
    pub scene: &'static str,
    /// More words for `tunnel`.
    pub words: &'static [&'static str],
    /// Who goes through it.
    pub clients: Vec<Client>,
}

/// What came of one step of a lane.
pub struct Cell {
    /// `spiped plain`.
    pub lane: String,
    /// `--check`, `ioredis 6`.
    pub step: String,
    /// Nothing, or what differs.
    pub outcome: Outcome,
    /// Seconds.
    pub took: f32,
}

/// A key in every so many slots, and one at each end of a range.
const EVERY: usize = 64;
const SLOTS: usize = 16_384;

/// The machines of a lane.
struct Site {
    server: Machine,
    /// None where the client's end reaches the nodes itself.
    client: Option<Machine>,
    bastion: Option<Bastion>,
}

impl Site {
    fn of(lane: &Lane, scene: &Scene) -> Self {
        let server = Machine::new(Reaches::Nodes);
        let reaches_itself = scene.is_tls() && lane.kind != "ssh" && lane.kind != "spiped";
        let client = (!reaches_itself).then(|| Machine::new(Reaches::Server(&server)));
        let bastion = (lane.kind == "ssh").then(|| Bastion::start(&server));
        Site { server, client, bastion }
    }

    fn client(&self) -> &Machine {
        self.client.as_ref().unwrap_or(&self.server)
    }
}

impl Lane {
    /// As the page names it.
    pub fn name(&self) -> String {
        let words: Vec<&str> = self.words.iter().copied().filter(|word| !word.starts_with("--")).collect();
        format!("{} {} {}", self.kind, self.scene, words.join(" ")).trim().to_owned()
    }

    /// Runs it; what fails ends it.
    pub fn run(&self, scene: &Scene) -> Vec<Cell> {
        let mut cells = Cells { lane: self.name(), cells: Vec::new() };
        // A panic would take the whole page with it.
        let done = catch_unwind(AssertUnwindSafe(|| self.steps(scene, &mut cells)));
        if let Err(panic) = done {
            cells.add("runs", 0.0, Err(words(&*panic)));
        }
        cells.cells
    }

    fn steps(&self, scene: &Scene, cells: &mut Cells) -> Option<()> {
        let site = Site::of(self, scene);
        let folder = cells.value("written", || self.generate(scene, &site, self.clients.first()))?;
        cells.step("secrets", || folder.keeps_secrets())?;
        cells.step("valid", || folder.is_valid())?;
        let drivers = cells.value("maps", || self.drivers(scene, &site, &folder))?;
        cells.step("no way round", || no_way_round(scene, &site))?;
        let told = || site.bastion.as_ref().map(Bastion::told).unwrap_or_default();
        cells.step("started", || folder.start().map_err(|why| why + &told()))?;
        cells.step("listens", || folder.listens_where_it_says())?;
        cells.step("--check", || folder.is_proved())?;
        cells.step("check --map", || folder.is_well());
        let clients = thread::scope(|scope| {
            let drive = |(driver, request): &(Driver, Request)| {
                let began = Instant::now();
                let done = catch_unwind(AssertUnwindSafe(|| Lane::drive(scene, driver, request)));
                let outcome = done.unwrap_or_else(|panic| Err(words(&*panic)));
                (format!("{} {}", driver.client, driver.row), began.elapsed().as_secs_f32(), outcome)
            };
            let running: Vec<_> = drivers.iter().map(|each| scope.spawn(move || drive(each))).collect();
            running.into_iter().map(|each| each.join().expect("panics are caught")).collect::<Vec<_>>()
        });
        for (step, took, outcome) in clients {
            let outcome = outcome.map_err(|why| format!("{why}{}", folder.logs()));
            cells.add(&step, took, outcome);
        }
        cells.step("started once", || folder.starts_once());
        if self.kind == "spiped" {
            cells.step("200 together", || python::crowd(site.client(), &folder.reachable()[0]));
        }
        cells.step("clean log", || folder.log_is_clean());
        // Pools never let go: stopping must not wait for them.
        let pool = Python::hold(site.client(), &folder.reachable());
        cells.step("stopped", || folder.stop())?;
        drop(pool);
        cells.step("again", || folder.start().and_then(|()| folder.is_proved()).and_then(|()| folder.stop()))
    }

    fn generate<'a>(&self, scene: &'a Scene, site: &'a Site, client: Option<&Client>) -> Result<Folder<'a>, String> {
        let via = Bastion::via();
        let server = if scene.name == "v6" { SERVER_V6 } else { SERVER };
        let mut words: Vec<&str> = self.words.to_vec();
        if self.kind == "ssh" {
            words.extend(["--via", &via]);
        } else if site.client.is_some() {
            words.extend(["--server", server]);
        }
        if scene.name == "v6" {
            words.extend(["--bind", "::1"]);
        }
        if self.needs_map() {
            words.extend(client.iter().flat_map(|(client, _)| ["--for", client]));
        }
        Folder::generate(self.kind, &words, scene, [site.client(), &site.server])
    }

    fn needs_map(&self) -> bool {
        !self.words.contains(&"--listen")
    }

    /// Each client with its own map. The ports in it are those of the first: they follow from the node ids.
    fn drivers(&self, scene: &Scene, site: &Site, folder: &Folder<'_>) -> Result<Vec<(Driver, Request)>, String> {
        let hosts = folder.path.join("client/hosts");
        if hosts.exists() {
            site.client().add_hosts(&fs::read_to_string(hosts).unwrap());
        }
        let mut drivers = Vec::new();
        for (n, client) in self.clients.iter().enumerate() {
            let (id, row) = *client;
            let driver = Driver {
                within: site.client().words(),
                password: scene.password.map(str::to_owned),
                ..Driver::of(id, row)
            };
            let mut request = Request { keys: self.keys(n), rounds: 3, ..Request::default() };
            if self.needs_map() {
                let again = self.generate(scene, site, Some(client))?;
                if again.map() != folder.map() {
                    return Err(format!("another run, another map:\n{}\n{}", folder.map(), again.map()));
                }
                let name = format!("client/address-map.{}", driver::extension(id));
                let kept = folder.path.join(format!("for-{id}.{}", driver::extension(id)));
                fs::copy(again.path.join(&name), &kept).map_err(|error| format!("{name}: {error}"))?;
                request.config = Some(kept);
            } else {
                let map = folder.map();
                let announced = map["address_map"][0]["announced"].as_str().unwrap();
                request.knows = scene.knowledge(announced);
                if id == "redis-cli" {
                    // A process a command.
                    request.keys.retain(|key| self.migrating(n) == *key || key.len() % 4 == 0);
                }
            }
            drivers.push((driver, request));
        }
        Ok(drivers)
    }

    /// The key whose slot goes to another node while its client is at work.
    fn migrating(&self, client: usize) -> String {
        slots::key(self.number * EVERY + 2 + client, &self.name())
    }

    fn keys(&self, client: usize) -> Vec<String> {
        let owner = format!("{} {client}", self.name());
        let ends = [5_460, 5_461, 10_921, 10_922, 16_383];
        let all = (0..SLOTS).step_by(EVERY).chain(ends).map(|slot| slots::key(slot, &owner));
        all.chain([self.migrating(client)]).collect()
    }

    /// Before its slot migrates, half-way through (ASK) and after it (MOVED).
    fn drive(scene: &Scene, driver: &Driver, request: &Request) -> Outcome {
        let moving = request.keys.last().expect("there are keys");
        let migration = Migration::of_key(&scene.cluster.nodes[..3], moving);
        let mut begun = false;
        let lines = driver.drive(request, |round| {
            begun = round == 1;
            if begun { migration.begin() } else { migration.end() }
        });
        if begun {
            migration.end();
        }
        let lines = lines?;
        let Some(n) = lines.iter().position(|line| !line.is_ok()) else { return Ok(()) };
        let (line, round) = (&lines[n], n + 1);
        let failed = line.keys.values().flatten().count();
        let shown = [line.shown(), line.inner.iter().map(String::as_str).collect()].concat();
        Err(format!("round {round}: {failed} of {} keys: {}", line.keys.len(), shown.join(" | ")))
    }
}

/// What a panic said.
fn words(panic: &(dyn Any + Send)) -> String {
    let known = panic.downcast_ref::<String>().cloned();
    known.or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string)).unwrap_or_else(|| "it panicked".to_owned())
}

/// Clients were really sent elsewhere, in both ways. Some ask for the slots before they are told of a move.
pub fn redirected(scenes: &[Scene]) -> Cell {
    let told: String = scenes.iter().map(|scene| scene.cluster.nodes[0].command(&["INFO", "errorstats"])).collect();
    let both = ["errorstat_ASK", "errorstat_MOVED"].iter().all(|kind| told.contains(kind));
    let outcome = if both { Ok(()) } else { Err(told) };
    Cell { lane: "all".to_owned(), step: "ASK and MOVED".to_owned(), outcome, took: 0.0 }
}

/// Who speaks plaintext where the client is gets no answer from a node itself.
fn no_way_round(scene: &Scene, site: &Site) -> Outcome {
    for node in &scene.cluster.nodes {
        let (ip, port) = (node.address.ip().to_string(), node.address.port().to_string());
        let mut cli = site.client().command("redis-cli");
        if let Ok(answer) = succeeded(cli.args(["-h", &ip, "-p", &port, "PING"])) {
            return Err(format!("{} answers its clients without a tunnel: {answer}", node.address));
        }
    }
    Ok(())
}

struct Cells {
    lane: String,
    cells: Vec<Cell>,
}

impl Cells {
    fn add(&mut self, step: &str, took: f32, outcome: Outcome) {
        self.cells.push(Cell { lane: self.lane.clone(), step: step.to_owned(), outcome, took });
    }

    fn value<T>(&mut self, step: &str, work: impl FnOnce() -> Result<T, String>) -> Option<T> {
        let began = Instant::now();
        let done = work();
        let took = began.elapsed().as_secs_f32();
        match done {
            Ok(value) => {
                self.add(step, took, Ok(()));
                Some(value)
            }
            Err(why) => {
                self.add(step, took, Err(why));
                None
            }
        }
    }

    fn step(&mut self, step: &str, work: impl FnOnce() -> Outcome) -> Option<()> {
        self.value(step, work)
    }
}
