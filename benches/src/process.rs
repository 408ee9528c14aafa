//! Running a process and measuring it: time, processor, peak memory.

use std::fs::{self, File};
use std::io::{Read, Seek};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::stopwatch;

/// How often a running process is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(2);

/// The kernel tells processor time in hundredths of a second on every architecture (`USER_HZ`).
const TICK_MS: u64 = 10;

/// A process that has ended.
#[derive(Debug)]
pub struct Finished {
    /// How it ended.
    pub status: ExitStatus,
    /// What it wrote on standard output.
    pub stdout: String,
    /// What it wrote on standard error.
    pub stderr: String,
    /// From its start to its end.
    pub wall: Duration,
    /// Processor time of all its threads.
    pub cpu: Duration,
    /// `VmHWM`, the most memory it had resident, in KiB.
    pub peak_kib: u64,
}

impl Finished {
    /// Returns this if the process succeeded, else what it said.
    pub fn succeeded(self) -> Result<Self> {
        ensure!(self.status.success(), "{}: {}", self.status, self.stderr.trim_end());
        Ok(self)
    }
}

/// Runs a process to its end.
pub fn run(command: &mut Command) -> Result<Finished> {
    run_and_kill_after(command, Duration::MAX)
}

/// Runs a process and kills it (SIGKILL) once it has run so long. One that ends earlier is not killed.
pub fn run_and_kill_after(command: &mut Command, limit: Duration) -> Result<Finished> {
    let (mut stdout, mut stderr) = (tempfile::tempfile()?, tempfile::tempfile()?);
    let started = stopwatch::now();
    let mut child = command
        .stdin(Stdio::null())
        .stdout(stdout.try_clone()?)
        .stderr(stderr.try_clone()?)
        .spawn()
        .with_context(|| format!("cannot start {}", command.get_program().display()))?;
    let mut peak_kib = 0;
    // An ended process keeps its processor time until it is waited for, but not its memory.
    let cpu = loop {
        let look = look_at(&child)?;
        peak_kib = peak_kib.max(look.peak_kib);
        if look.has_ended {
            break look.cpu;
        }
        if started.elapsed() >= limit {
            child.kill()?;
        }
        std::thread::sleep(LOOK_EVERY);
    };
    let wall = started.elapsed();
    let status = child.wait()?;
    Ok(Finished { status, stdout: read(&mut stdout)?, stderr: read(&mut stderr)?, wall, cpu, peak_kib })
}

/// Returns the most memory that a running process has had resident so far, in KiB.
pub fn peak_kib(child: &Child) -> Result<u64> {
    Ok(look_at(child)?.peak_kib)
}

/// Returns the processor time of the children of a process that have ended.
pub fn cpu_of_children(process_id: u32) -> Result<Duration> {
    let stat = fs::read_to_string(format!("/proc/{process_id}/stat"))?;
    let (_, stat) = stat.rsplit_once(") ").context("the state of a process has another form")?;
    let words: Vec<&str> = stat.split(' ').collect();
    let ticks = |index: usize| words.get(index).and_then(|word| word.parse::<u64>().ok()).unwrap_or_default();
    Ok(Duration::from_millis((ticks(13) + ticks(14)) * TICK_MS))
}

struct Look {
    has_ended: bool,
    cpu: Duration,
    peak_kib: u64,
}

fn look_at(child: &Child) -> Result<Look> {
    let folder = format!("/proc/{}", child.id());
    let stat = fs::read_to_string(format!("{folder}/stat"))?;
    // The name of the program stands in brackets and may hold anything.
    let (_, stat) = stat.rsplit_once(") ").context("the state of a process has another form")?;
    let words: Vec<&str> = stat.split(' ').collect();
    let ticks = |index: usize| words.get(index).and_then(|word| word.parse::<u64>().ok()).unwrap_or_default();
    let status = fs::read_to_string(format!("{folder}/status"))?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    Ok(Look {
        has_ended: words.first().is_some_and(|state| *state == "Z"),
        cpu: Duration::from_millis((ticks(11) + ticks(12)) * TICK_MS),
        peak_kib: peak.trim().trim_end_matches(" kB").parse().unwrap_or_default(),
    })
}

fn read(file: &mut File) -> Result<String> {
    let mut bytes = Vec::new();
    file.rewind()?;
    file.read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt;
    use std::process::Command;
    use std::time::Duration;

    use super::{run, run_and_kill_after};

    #[test]
    fn a_process_is_measured() {
        let finished = run(Command::new("sh").args([
            "-c",
            "i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done; echo out; echo err >&2; exit 3",
        ]))
        .unwrap();

        assert_eq!(
            (finished.status.code(), finished.stdout.as_str(), finished.stderr.as_str()),
            (Some(3), "out\n", "err\n")
        );
        assert!(finished.peak_kib > 100, "{} KiB", finished.peak_kib);
        assert!(finished.cpu > Duration::ZERO && finished.cpu <= finished.wall + Duration::from_millis(20));
    }

    #[test]
    fn a_process_is_killed_when_its_time_is_over() {
        let finished =
            run_and_kill_after(Command::new("sleep").arg("60"), Duration::from_millis(50)).unwrap();

        assert_eq!(finished.status.signal(), Some(9));
        assert!(finished.wall < Duration::from_secs(10));
    }
}
