# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# `./dev fuzz`: throws made-up input at the readers of the simulated org, and random queries at its evaluator of SOQL. What
# the former finds lands in target/fuzz.

readonly fuzz_targets=(soql csv json)
readonly random_queries=100000

run_fuzz() {
    local seconds="${1:-60}" target
    [[ "$seconds" =~ ^[0-9]+$ ]] || usage_error "fuzz takes a number of seconds, not '$seconds'"
    [ $# -le 1 ] || usage_error "fuzz takes one number of seconds"
    ensure_c_compiler
    ensure_rust
    ensure_cargo_fuzz

    local home
    home="$(target_dir)/fuzz"
    for target in "${fuzz_targets[@]}"; do
        note "fuzzing $target for $seconds s"
        mkdir -p "$home/corpus/$target" "$home/artifacts/$target"
        (cd "$root" && cargo +nightly fuzz run --target-dir "$home/build" "$target" \
            "$home/corpus/$target" "$root/fuzz/seeds/$target" \
            -- -max_total_time="$seconds" -max_len=8192 -artifact_prefix="$home/artifacts/$target/") ||
            fail "$target failed; the input is in $home/artifacts/$target"
    done
    note "asking both evaluators of SOQL $random_queries random queries"
    ORGSIM_QUERIES="$random_queries" run_cargo test -p orgsim --lib both_evaluators_agree -- --nocapture ||
        fail "the evaluators of SOQL disagree; the query is above"
}

ensure_cargo_fuzz() {
    cargo +nightly --version >/dev/null 2>&1 ||
        fail "fuzzing needs a nightly compiler beside the stable one: rustup toolchain install nightly --profile minimal"
    cargo fuzz --version >/dev/null 2>&1 && return
    note "installing cargo-fuzz"
    run_cargo install cargo-fuzz --locked || fail "cargo-fuzz could not be installed; cargo's messages are above"
}
