//! A full disk stops a copy with a sentence; once there is room it goes on, and nothing is lost.

use std::path::{Path, PathBuf};
use std::process::Command;

use benches::destination::DestinationKind::{self, Csv, Postgres, Sqlite};
use benches::process;
use serde_json::Value as Json;

use crate::scene::{Scene, assert_says, part};

const ACCOUNTS: u64 = 5_000;
const PAGE_ROWS: u64 = 1_000;

/// A folder with little room: a file system of its own where this user may mount one, else one in which no file may
/// grow beyond that size.
struct SmallDisk {
    folder: PathBuf,
    kib: u32,
    is_mounted: bool,
}

impl SmallDisk {
    fn new(folder: &Path, kib: u32) -> Self {
        let folder = folder.to_owned();
        std::fs::create_dir(&folder).unwrap();
        let options = format!("size={kib}k");
        let is_mounted =
            succeeds(Command::new("mount").args(["-t", "tmpfs", "-o", &options, "tmpfs"]).arg(&folder));
        Self { folder, kib, is_mounted }
    }

    /// Makes the limit hold for a command where the disk itself does not.
    fn limit(&self, command: Command) -> Command {
        if self.is_mounted {
            return command;
        }
        let mut limited = Command::new("bash");
        // Without the trap the system would end the process instead of refusing the write.
        limited.args(["-c", &format!("trap '' XFSZ; ulimit -f {}; exec \"$@\"", self.kib), "bash"]);
        limited.arg(command.get_program()).args(command.get_args()).env_clear();
        limited.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        limited
    }

    fn grow(&self) {
        if self.is_mounted {
            assert!(succeeds(Command::new("mount").args(["-o", "remount,size=1g"]).arg(&self.folder)));
        }
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        if self.is_mounted {
            succeeds(Command::new("umount").arg("--lazy").arg(&self.folder));
        }
    }
}

fn succeeds(command: &mut Command) -> bool {
    command.output().is_ok_and(|output| output.status.success())
}

async fn assert_goes_on_when_there_is_room(kind: DestinationKind, kib: u32) {
    let mut scene = Scene::new(kind, &["--accounts", &ACCOUNTS.to_string()]).await;
    let disk = SmallDisk::new(&scene.folder.path().join("disk"), kib);
    scene.move_files_to(&disk.folder);
    let arguments = ["--page-rows", &PAGE_ROWS.to_string(), "Account"];

    let finished = process::run(&mut disk.limit(scene.command(&arguments))).unwrap();
    assert_says(&finished, 1, "No disk space left.");
    disk.grow();
    let summary: Json = scene.copy(&arguments);

    scene.assert_equal("Account").await;
    // A page may have been received for which there was no room to note that it was.
    assert!(scene.rows_served("Account").await <= ACCOUNTS + 2 * PAGE_ROWS);
    assert_eq!(part(&summary, "Account")["rejected"], 0);
}

#[tokio::test]
async fn a_sqlite_file_on_a_full_disk() {
    assert_goes_on_when_there_is_room(Sqlite, 3_072).await;
}

#[tokio::test]
async fn a_csv_folder_on_a_full_disk() {
    assert_goes_on_when_there_is_room(Csv, 1_536).await;
}

/// The records are elsewhere, but received pages need room.
#[tokio::test]
async fn the_pages_of_a_postgres_copy_on_a_full_disk() {
    assert_goes_on_when_there_is_room(Postgres, 96).await;
}
