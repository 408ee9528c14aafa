# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# `./dev test`: every test on a private PostgreSQL cluster. The last line counts them.

run_tests() {
    # Whatever stops the tests, the last line is the count.
    at_end print_counts
    make_work_dir
    local failed=''
    case "${1-}" in
        web) test_web "${@:2}" || failed=yes ;;
        browser) test_in_browser "${@:2}" || failed=yes ;;
        '')
            test_program || failed=yes
            test_web_and_pages || failed=yes
            test_quick_clients || failed=yes
            ;;
        *) test_program "$@" || failed=yes ;;
    esac
    [ $((passed_count + failed_count)) -gt 0 ] || fail "no test ran"
    [ -z "$failed" ] && [ "$failed_count" -eq 0 ]
}

test_program() {
    local failed=''
    ensure_c_compiler
    ensure_rust
    ensure_postgres
    start_postgres fast
    has sqlite3 || install_packages "a test makes a backup as the documentation says" sqlite3
    # The program shows the web application as it was built last.
    ! has_web || build_web

    if cargo nextest --version >/dev/null 2>&1; then
        test_with_nextest "$@" || failed=yes
    else
        test_with_cargo "$@" || failed=yes
    fi
    # Doc tests have no names a filter could mean.
    if [ $# -eq 0 ]; then
        run_and_count cargo_counts test --workspace --doc --no-fail-fast || failed=yes
    fi
    [ -z "$failed" ]
}

test_web_and_pages() {
    local failed=''
    has_web || return 0
    test_web || failed=yes
    [ ! -e "$root/web/e2e/vitest.config.ts" ] || test_in_browser || failed=yes
    [ -z "$failed" ]
}

# Many tests wait for the end of a lease or of a killed process, so twice as many run as there are cores.
test_with_nextest() {
    export NEXTEST_TEST_THREADS="${NEXTEST_TEST_THREADS:-$(($(nproc) * 2))}"
    run_and_count nextest_counts nextest run --workspace --no-fail-fast "$@"
}

test_with_cargo() {
    local argument
    for argument in "$@"; do
        case "$argument" in
            -E* | --filter*) fail "filter expressions need cargo-nextest: install it, or give parts of test names" ;;
        esac
    done
    run_and_count cargo_counts test --workspace --tests --no-fail-fast -- "$@"
}

passed_count=0
failed_count=0

print_counts() { printf '%s passed, %s failed\n' "$passed_count" "$failed_count"; }

# Runs cargo, shows its output and adds up the results that $1 finds in it.
run_and_count() {
    local counts="$1" log="$work_dir/cargo-test.log" status=0 passed failed
    shift
    local colour=never
    [ ! -t 1 ] || [ -n "${NO_COLOR-}" ] || colour=always
    CARGO_TERM_COLOR="$colour" run_cargo "$@" 2>&1 | tee "$log" || status=$?
    read -r passed failed < <(sed 's/\x1b\[[0-9;]*m//g' "$log" | "$counts")
    passed_count=$((passed_count + passed))
    failed_count=$((failed_count + failed))
    return "$status"
}

# Summary [   1.2s] 12 tests run: 10 passed (1 slow), 1 failed, 1 timed out, 3 skipped
# Everything that ran and did not pass has failed: timed out, could not be started, broken off.
nextest_counts() {
    sed -nE 's|^ *Summary \[.*\] *([0-9]+)(/[0-9]+)? tests? run: ([0-9]+) passed.*|\3 \1|p' |
        awk '{ passed += $1; run += $2 } END { print passed + 0, run - passed }'
}

# test result: FAILED. 10 passed; 2 failed; 0 ignored; 0 measured; 3 filtered out; finished in 0.05s
cargo_counts() {
    sed -nE 's|^test result: [^ ]+ ([0-9]+) passed; ([0-9]+) failed;.*|\1 \2|p' |
        awk '{ passed += $1; failed += $2 } END { print passed + 0, failed + 0 }'
}
