//! How the check grows with the cluster: wall, CPU and peak memory at 10, 100 and 1,000 nodes, beside the floor's.
//!
//! The lab runs in a process of its own, so that its work is not counted; the last lines are `check lab://…`, where it
//! is. Reads /proc, so Linux only. `scale [RUNS [NODES…]]`.

use std::{
    env,
    error::Error,
    fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Scenes, and the name to verify in place of what they announce: the floor fails on it otherwise.
const SCENES: [(&str, Option<&str>); 2] = [("healthy", None), ("azure-enterprise", Some("localhost"))];

/// Clock ticks of /proc a second: `USER_HZ`, 100 on every Linux.
const TICK: Duration = Duration::from_millis(10);

fn main() -> Result<()> {
    let mut numbers = env::args().skip(1).map(|text| text.parse::<usize>());
    let runs = numbers.next().transpose()?.unwrap_or(10).max(1);
    let mut sizes = numbers.collect::<std::result::Result<Vec<_>, _>>()?;
    if sizes.is_empty() {
        sizes = vec![10, 100, 1_000];
    }
    let programs = Programs::beside_this_one()?;
    println!("{:<28} {:>9} {:>9} {:>9}   medians of {runs} runs", "", "wall ms", "CPU ms", "peak MiB");
    for (scene, name) in SCENES {
        for nodes in &sizes {
            programs.pair(&format!("{scene}?nodes={nodes}"), name, runs)?;
        }
    }
    for nodes in &sizes {
        let scene = format!("lab://healthy?nodes={nodes}");
        row(&scene, &Cost::of_one(&mut || programs.check(&scene, None), runs)?);
    }
    Ok(())
}

/// The two programs that are compared.
struct Programs {
    doctor: PathBuf,
    floor: PathBuf,
}

impl Programs {
    /// `target/release/redis-doctor` and `target/release/examples/floor`.
    fn beside_this_one() -> Result<Self> {
        let this = env::current_exe()?;
        let examples = this.parent().ok_or("this program has no folder")?;
        let release = examples.parent().ok_or("this program has no target folder")?;
        let programs = Programs { doctor: release.join("redis-doctor"), floor: examples.join("floor") };
        for program in [&programs.doctor, &programs.floor] {
            if !program.is_file() {
                return Err(format!("{} is not built: benches/README.md says how", program.display()).into());
            }
        }
        Ok(programs)
    }

    /// Check and floor in turn, so that what else the machine does hits both.
    fn pair(&self, scene: &str, name: Option<&str>, runs: usize) -> Result<()> {
        let lab = Lab::start(&self.doctor, scene)?;
        let url = format!("rediss://{}", lab.endpoint);
        let mut check = || self.check(&url, Some(&lab.ca));
        let mut floor = || {
            let mut command = Command::new(&self.floor);
            command.arg(&lab.endpoint).arg(&lab.ca).args(name);
            command
        };
        let [check, floor] = Cost::of_each([&mut check, &mut floor], runs)?;
        row(&format!("check {scene}"), &check);
        row("  the floor", &floor);
        let ratio = |a: Duration, b: Duration| a.as_secs_f64() / b.as_secs_f64().max(1e-9);
        println!("{:<28} {:>9.2} {:>9.2}", "  ratio", ratio(check.wall, floor.wall), ratio(check.cpu, floor.cpu));
        Ok(())
    }

    fn check(&self, endpoint: &str, ca: Option<&Path>) -> Command {
        let mut command = Command::new(&self.doctor);
        command.args(["check", "--fail-on", "never", endpoint]);
        if let Some(ca) = ca {
            command.arg("--cacert").arg(ca);
        }
        command
    }
}

fn row(what: &str, cost: &Cost) {
    let milliseconds = |duration: Duration| duration.as_secs_f64() * 1e3;
    let memory = f64::from(cost.peak_kib) / 1024.0;
    println!("{what:<28} {:>9.1} {:>9.1} {memory:>9.1}", milliseconds(cost.wall), milliseconds(cost.cpu));
}

/// A scene in a process of its own, ended with this value.
struct Lab {
    process: Child,
    endpoint: String,
    ca: PathBuf,
}

impl Lab {
    fn start(doctor: &Path, scene: &str) -> Result<Self> {
        let ca = env::temp_dir().join(format!("redis-doctor-scale-{}.pem", std::process::id()));
        let mut process =
            Command::new(doctor).args(["lab", scene, "--ca-out"]).arg(&ca).stdout(Stdio::piped()).spawn()?;
        let said = process.stdout.take().ok_or("the lab has no output")?;
        let mut lab = Lab { process, endpoint: String::new(), ca };
        for line in BufReader::new(said).lines() {
            let line = line?;
            if let Some((_, endpoint)) = line.split_once("rediss://").filter(|_| line.starts_with("endpoint")) {
                endpoint.clone_into(&mut lab.endpoint);
            }
            if line.starts_with("running") {
                return Ok(lab);
            }
        }
        Err(format!("the lab does not play {scene}").into())
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = fs::remove_file(&self.ca);
    }
}

/// What one run of a program takes.
#[derive(Clone, Copy)]
struct Cost {
    wall: Duration,
    cpu: Duration,
    peak_kib: u32,
}

impl Cost {
    /// Each program so many times, in turn; the first round warms up and is not counted.
    fn of_each<const N: usize>(mut programs: [&mut dyn FnMut() -> Command; N], runs: usize) -> Result<[Cost; N]> {
        let mut costs = [const { Vec::new() }; N];
        for round in 0..=runs {
            for (program, costs) in programs.iter_mut().zip(&mut costs) {
                let cost = Cost::of(&mut program())?;
                costs.extend((round > 0).then_some(cost));
            }
        }
        Ok(costs.map(|costs| Cost::median(&costs)))
    }

    fn of_one(program: &mut dyn FnMut() -> Command, runs: usize) -> Result<Cost> {
        Cost::of_each([program], runs).map(|[cost]| cost)
    }

    /// Median wall and peak. CPU is the mean, because it is told in ticks that are longer than a small run.
    fn median(costs: &[Cost]) -> Cost {
        let middle = |mut all: Vec<Duration>| {
            all.sort_unstable();
            all[all.len() / 2]
        };
        let runs = u32::try_from(costs.len()).unwrap_or(1);
        Cost {
            wall: middle(costs.iter().map(|c| c.wall).collect()),
            cpu: costs.iter().map(|c| c.cpu).sum::<Duration>() / runs,
            peak_kib: costs.iter().map(|c| c.peak_kib).max().unwrap_or(0),
        }
    }

    fn of(command: &mut Command) -> Result<Cost> {
        let before = children_cpu()?;
        let start = Instant::now();
        let mut child = command.stdout(Stdio::null()).spawn()?;
        let mut peak_kib = 0;
        let (status, wall) = loop {
            peak_kib = peak_kib.max(peak(child.id()));
            if let Some(status) = child.try_wait()? {
                break (status, start.elapsed());
            }
            sleep(Duration::from_micros(500));
        };
        if !status.success() {
            return Err(format!("{command:?}: {status}").into());
        }
        Ok(Cost { wall, cpu: children_cpu()?.saturating_sub(before), peak_kib })
    }
}

/// CPU of all children that have ended: `cutime` and `cstime` of proc(5). The kernel adds them up exactly and tells ticks,
/// so that the error does not grow with the number of runs.
fn children_cpu() -> Result<Duration> {
    let stat = fs::read_to_string("/proc/self/stat")?;
    let (_, fields) = stat.rsplit_once(')').ok_or("/proc/self/stat has another shape")?;
    let ticks =
        fields.split_whitespace().skip(13).take(2).map(str::parse::<u32>).sum::<std::result::Result<u32, _>>()?;
    Ok(TICK * ticks)
}

/// `VmHWM` in KiB while the process lives: the high-water mark, so that asking late loses nothing but the last moment.
fn peak(process: u32) -> u32 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|rest| rest.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}
