//! A file is refused, or its rows are the same when they are written and read again.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|file: &str| orgsim::fuzz::csv(file));
