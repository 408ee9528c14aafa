# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# `./dev crash`: kills the program at every kill point of reading and connecting, at the first and the third time that it
# gets there, on both databases. `./dev test` kills it once at each.

run_crash() {
    [ $# -eq 0 ] || usage_error "crash takes no arguments"
    ensure_c_compiler
    ensure_rust
    ensure_postgres
    start_postgres fast
    ! has_web || build_web
    TOWPATH_CRASH=whole run_cargo test --workspace --test it -- --include-ignored --nocapture crash_matrix:: killed::
}
