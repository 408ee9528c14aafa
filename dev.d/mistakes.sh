# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# `./dev mistakes`: puts mistakes that others made back into a copy of the product, one at a time, and expects the test of
# each to fail. A test that nothing can make fail proves nothing.

# No test takes as long without a mistake.
readonly longest_test_s=300

# A patch begins with lines that name its tests: `Test: engine it known_losses::late_visible_modstamp`.
run_mistakes() {
    local scratch patch patches=() broken=()
    ensure_c_compiler
    ensure_rust
    ensure_postgres
    start_postgres fast
    make_work_dir
    scratch="$work_dir/copy"
    copy_sources "$scratch"
    collect_mistakes "$@"
    for patch in "${patches[@]}"; do
        try_mistake "$scratch" "$patch" || broken+=("$(basename -- "$patch")")
    done
    [ ${#broken[@]} -eq 0 ] || fail "no test notices: ${broken[*]}"
    note "each of ${#patches[@]} mistakes is noticed"
}

# Fills `patches` of the caller: all, or those whose names begin with one of the arguments.
collect_mistakes() {
    local patch name
    for patch in "$root"/tests/mistakes/*.patch; do
        if [ $# -eq 0 ]; then
            patches+=("$patch")
            continue
        fi
        for name in "$@"; do
            [[ "$(basename -- "$patch")" != "$name"[_.]* ]] || patches+=("$patch")
        done
    done
    [ ${#patches[@]} -gt 0 ] || usage_error "there is no such mistake"
}

# Everything that git knows or would take.
copy_sources() {
    mkdir -p "$1"
    (cd "$root" && git ls-files -z --cached --others --exclude-standard | xargs -0 cp -p --parents -t "$1")
    [ ! -d "$root/web/dist" ] || cp -rp "$root/web/dist" "$1/web/"
}

# Says whether the mistake is noticed: the patch applies, what it makes compiles, and its test fails.
try_mistake() {
    local scratch="$1" patch="$2" name package target test noticed=yes
    name="$(basename -- "$patch" .patch)"
    if ! (cd "$scratch" && git apply "$patch"); then
        note "$name: the patch does not apply"
        return 1
    fi
    while read -r package target test; do
        if ! build_mistake "$scratch" "$package" "$target"; then
            note "$name: does not compile"
            noticed=''
        elif run_mistaken_test "$scratch" "$package" "$target" "$test"; then
            note "$name: $test passes all the same"
            noticed=''
        elif [ "$test_status" -eq 124 ]; then
            note "$name: $test notices, for it never ends"
        elif ! grep -q 'test result: FAILED' "$work_dir/mistake.log"; then
            note "$name: $test did not run: $(last_line "$work_dir/mistake.log")"
            noticed=''
        else
            note "$name: $test notices"
        fi
    done < <(sed -n 's/^Test: //p' "$patch")
    (cd "$scratch" && git apply -R "$patch")
    [ -n "$noticed" ]
}

# Sets `test_status`; 124 says that the test went on for ever, which is what some mistakes lead to.
test_status=0
run_mistaken_test() {
    test_status=0
    (cd "$1" && CARGO_TARGET_DIR="$(target_dir)/mistakes" \
        timeout "$longest_test_s" cargo test --quiet -p "$2" --test "$3" -- "$4") \
        >"$work_dir/mistake.log" 2>&1 || test_status=$?
    [ "$test_status" -eq 0 ]
}

build_mistake() {
    (cd "$1" && cargo_for_mistakes test --quiet --no-run -p "$2" --test "$3") >"$work_dir/mistake.log" 2>&1
}

# What is built stays for the next time.
cargo_for_mistakes() {
    CARGO_TARGET_DIR="$(target_dir)/mistakes" cargo "$@"
}
