//! Being the only process that writes to a place.

use std::{
    fs::{File, TryLockError},
    io,
    path::Path,
};

/// Takes the lock of a file, which is made where it is missing; `None` where another process has it. The system frees it when the
/// process ends, however it ends.
pub(crate) fn take_lock(path: &Path) -> io::Result<Option<File>> {
    let file = File::create(path)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error),
    }
}
