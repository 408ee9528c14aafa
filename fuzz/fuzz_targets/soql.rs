//! A statement is refused, or its printed form is the same statement.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|statement: &str| orgsim::fuzz::soql(statement));
