//! Towpath, the program.
fn main() {}
