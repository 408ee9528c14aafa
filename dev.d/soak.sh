# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# `./dev soak`: days of simulated orgs from new seeds, as long as one likes. A seed that breaks a promise is named, with
# how to run it again.

run_soak() {
    local seconds="${1:-600}" first end seeds database broken=''
    [[ "$seconds" =~ ^[0-9]+$ ]] || usage_error "soak takes a number of seconds, not '$seconds'"
    [ $# -le 1 ] || usage_error "soak takes one number of seconds"
    ensure_c_compiler
    ensure_rust
    ensure_postgres
    start_postgres fast
    # Those of the tests are below 1,000; two people at once should not run the same.
    first=$((1000000 + RANDOM * 32768 + RANDOM))
    end=$((SECONDS + seconds))
    while :; do
        for database in sqlite postgres; do
            # PostgreSQL takes longer.
            case "$database" in
                sqlite) seeds=20 ;;
                postgres) seeds=4 ;;
            esac
            note "seeds $first..$((first + seeds)) on $database"
            soak_some "$database" "$first..$((first + seeds))" || broken=yes
            first=$((first + seeds))
        done
        [ "$SECONDS" -lt "$end" ] || break
    done
    [ -z "$broken" ] || fail "some seeds broke a promise; their numbers are above"
}

soak_some() {
    TOWPATH_SEEDS="$2" run_cargo test --quiet --workspace --test simulation -- \
        --exact --nocapture "seeds::seeds_that_are_asked_for::on_$1"
}
