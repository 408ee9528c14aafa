//! The whole program, and the rules its sources keep.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod architecture;
mod checks;
mod cloned;
mod command_line;
mod connect;
mod copy_again;
mod copy_damaged;
mod copy_disk_full;
mod copy_refused;
mod copy_signed_in;
mod copy_whole;
mod crash_matrix;
mod crash_workers;
mod demo;
mod docs;
mod documented;
mod killed;
mod looking;
mod mistakes;
mod people;
mod running;
mod scene;
mod serve;
mod settings_file;
mod terminal;
mod why_and_verify;
