//! A body is refused, or it is the same when it is written and read again.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|body: &[u8]| orgsim::fuzz::json(body));
