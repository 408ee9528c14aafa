//! The folder of a demo.

use std::{
    env,
    fs::DirBuilder,
    io,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
};

use model::Random;

/// What a demo keeps is for its own user.
const MODE: u32 = 0o700;

/// Makes the folder that was named, where it is missing, or a fresh one among the system's temporary files.
pub(super) fn make(named: Option<&Path>) -> io::Result<PathBuf> {
    let mut builder = DirBuilder::new();
    builder.mode(MODE);
    if let Some(path) = named {
        builder.recursive(true).create(path)?;
        return path.canonicalize();
    }
    let number = Random::from_os().map_err(io::Error::other)?.below(u64::from(u32::MAX));
    let path = env::temp_dir().join(format!("towpath-demo-{number:08x}"));
    // It fails where somebody has put something there before us.
    builder.create(&path)?;
    Ok(path)
}
