//! Statements of SQLite without the driver's queue.
//!
//! The driver moves every value of a statement to its own thread in two allocations and looks each placeholder up by
//! name: a bulk load spends four fifths of its time on that. Here values are bound from where they are.
//!
//! # Safety
//!
//! All of it rests on three facts, which this module keeps by its types.
//!
//! - The driver's thread does not touch the connection while a [`LockedSqliteHandle`] exists, and a [`RawStatement`]
//!   borrows one for as long as it lives. So the pointer to the database is valid, and used by one thread.
//! - A statement is finalized when it is dropped, before that borrow ends, and never used after.
//! - Texts are bound without a copy (`SQLITE_STATIC`) and borrowed for `'t`. Dropping is a use, so they outlive the
//!   statement. If a statement is leaked instead, nothing steps it any more, and SQLite reads bound texts only in a step.

#![expect(unsafe_code, reason = "binding borrowed values is what this module is for; the argument is above")]

use std::ffi::{CStr, c_int};
use std::marker::PhantomData;
use std::ptr::{self, NonNull};

use libsqlite3_sys as ffi;
use sqlx::sqlite::LockedSqliteHandle;

use crate::{Error, Result};

/// A prepared statement on a connection that the driver has handed over.
pub(crate) struct RawStatement<'h, 't> {
    database: NonNull<ffi::sqlite3>,
    statement: NonNull<ffi::sqlite3_stmt>,
    handle: PhantomData<&'h mut ()>,
    texts: PhantomData<&'t [u8]>,
}

impl<'h, 't> RawStatement<'h, 't> {
    /// Prepares one statement.
    pub(crate) fn prepare(handle: &'h mut LockedSqliteHandle<'_>, sql: &str) -> Result<Self> {
        let database = handle.as_raw_handle();
        let length = c_int::try_from(sql.len()).map_err(|_| too_long())?;
        let mut statement = ptr::null_mut();
        // SAFETY: the database is ours while `handle` is borrowed; SQLite reads `length` bytes of the text and no more,
        // and writes the statement, or null, to the pointer to it.
        let code = unsafe {
            ffi::sqlite3_prepare_v2(
                database.as_ptr(),
                sql.as_ptr().cast(),
                length,
                &raw mut statement,
                ptr::null_mut(),
            )
        };
        match NonNull::new(statement) {
            Some(statement) if code == ffi::SQLITE_OK => {
                Ok(Self { database, statement, handle: PhantomData, texts: PhantomData })
            }
            _ => Err(last_error(database)),
        }
    }

    /// Binds null to a placeholder, counted from 1 as all are.
    pub(crate) fn bind_null(&mut self, index: c_int) -> Result<()> {
        // SAFETY: the statement is alive; SQLite checks the index.
        let code = unsafe { ffi::sqlite3_bind_null(self.statement.as_ptr(), index) };
        self.check(code)
    }

    /// Binds an integer.
    pub(crate) fn bind_integer(&mut self, index: c_int, value: i64) -> Result<()> {
        // SAFETY: as in `bind_null`.
        let code = unsafe { ffi::sqlite3_bind_int64(self.statement.as_ptr(), index, value) };
        self.check(code)
    }

    /// Binds a binary fraction.
    pub(crate) fn bind_real(&mut self, index: c_int, value: f64) -> Result<()> {
        // SAFETY: as in `bind_null`.
        let code = unsafe { ffi::sqlite3_bind_double(self.statement.as_ptr(), index, value) };
        self.check(code)
    }

    /// Binds a text, UTF-8, which has to outlive the statement.
    pub(crate) fn bind_text(&mut self, index: c_int, text: &'t [u8]) -> Result<()> {
        let length = c_int::try_from(text.len()).map_err(|_| too_long())?;
        // An empty slice may point anywhere; SQLite only takes a null pointer for a null.
        // SAFETY: the statement is alive, and the text outlives it, so SQLite need not copy it.
        let code = unsafe {
            ffi::sqlite3_bind_text(
                self.statement.as_ptr(),
                index,
                text.as_ptr().cast(),
                length,
                ffi::SQLITE_STATIC(),
            )
        };
        self.check(code)
    }

    /// Runs a statement that returns no rows, and makes it ready to run again with what is bound.
    ///
    /// Returns how many rows it changed.
    pub(crate) fn run(&mut self) -> Result<u64> {
        // SAFETY: the statement and the database are alive, and every text that was bound is.
        unsafe {
            if ffi::sqlite3_step(self.statement.as_ptr()) != ffi::SQLITE_DONE {
                let error = last_error(self.database);
                ffi::sqlite3_reset(self.statement.as_ptr());
                return Err(error);
            }
            let changed = ffi::sqlite3_changes64(self.database.as_ptr());
            self.check(ffi::sqlite3_reset(self.statement.as_ptr()))?;
            Ok(u64::try_from(changed).unwrap_or(0))
        }
    }

    /// Runs a statement that returns one row of one integer.
    pub(crate) fn fetch_integer(&mut self) -> Result<i64> {
        // SAFETY: the statement and the database are alive; the column is read only where there is a row.
        unsafe {
            if ffi::sqlite3_step(self.statement.as_ptr()) != ffi::SQLITE_ROW {
                return Err(last_error(self.database));
            }
            let value = ffi::sqlite3_column_int64(self.statement.as_ptr(), 0);
            ffi::sqlite3_reset(self.statement.as_ptr());
            Ok(value)
        }
    }

    fn check(&self, code: c_int) -> Result<()> {
        if code == ffi::SQLITE_OK { Ok(()) } else { Err(last_error(self.database)) }
    }
}

impl Drop for RawStatement<'_, '_> {
    fn drop(&mut self) {
        // SAFETY: the statement is alive, and nothing can use it after this. The code repeats an error already told.
        unsafe {
            ffi::sqlite3_finalize(self.statement.as_ptr());
        }
    }
}

/// Returns what last went wrong with a database that is alive.
fn last_error(database: NonNull<ffi::sqlite3>) -> Error {
    // SAFETY: the callers hold the database; the message is a C string that is copied before any other call.
    unsafe {
        let code = ffi::sqlite3_extended_errcode(database.as_ptr());
        let message = CStr::from_ptr(ffi::sqlite3_errmsg(database.as_ptr()));
        Error::Sqlite { code, message: message.to_string_lossy().into_owned() }
    }
}

fn too_long() -> Error {
    Error::Sqlite { code: ffi::SQLITE_TOOBIG, message: "string or blob too big".to_owned() }
}
