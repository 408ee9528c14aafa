# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# `./dev mistakes`: puts mistakes that others made back into a copy of the product, one at a time, and expects the tests of
# each to fail. A test that nothing can make fail proves nothing.
#
# The copy and what is built of it stay in the target folder, so that only what a mistake touches is built each time.

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
    scratch="$(target_dir)/mistakes/copy"
    copy_sources "$scratch"
    collect_mistakes "$@"
    try_without_mistakes || fail "the tests fail without a mistake: $(last_line "$work_dir/mistake.log")"
    for patch in "${patches[@]}"; do
        try_mistake "$patch" || broken+=("$(basename -- "$patch" .patch)")
    done
    [ ${#broken[@]} -eq 0 ] || fail "${#broken[@]} of ${#patches[@]} mistakes are not noticed: ${broken[*]}"
    note "each of ${#patches[@]} mistakes is noticed"
}

# Fills `patches` of the caller: all, or those whose names begin with one of the arguments. Those that change the same
# files follow each other, so that less is built.
collect_mistakes() {
    local patch name wanted=()
    for patch in "$root"/tests/mistakes/*.patch; do
        for name in "${@:-}"; do
            [[ -n "$name" && "$(basename -- "$patch" .patch)" != "$name"?(_*) ]] || wanted+=("$patch")
        done
    done
    [ ${#wanted[@]} -gt 0 ] || usage_error "there is no such mistake"
    while IFS=$'\t' read -r _ patch; do
        patches+=("$patch")
    done < <(for patch in "${wanted[@]}"; do
        printf '%s\t%s\n' "$(sed -n 's/^+++ b\///p' "$patch" | head -n 1)" "$patch"
    done | sort -u)
}

# Everything that git knows or would take. What is the same already is left alone, and what is not gets the time of now:
# cargo goes by times.
copy_sources() {
    local file
    mkdir -p "$1"
    (cd "$root" && git ls-files --cached --others --exclude-standard | sort -u) >"$work_dir/wanted"
    (cd "$1" && find . \( -type f -o -type l \) -printf '%P\n' | sort) >"$work_dir/there"
    comm -13 "$work_dir/wanted" "$work_dir/there" | while IFS= read -r file; do rm -f -- "$1/$file"; done
    while IFS= read -r file; do
        if [ ! -e "$root/$file" ]; then
            rm -f -- "$1/$file"
        elif ! cmp -s -- "$root/$file" "$1/$file"; then
            mkdir -p "$1/$(dirname -- "$file")"
            cp -- "$root/$file" "$1/$file"
        fi
    done <"$work_dir/wanted"
}

# All tests of all patches pass where nobody makes a mistake.
try_without_mistakes() {
    local package target tests
    while read -r package target; do
        mapfile -t tests < <(cat "${patches[@]}" | sed -n "s/^Test: $package $target //p" | sort -u)
        build_tests "$package" "$target" || return 1
        run_tests_of "$package" "$target" "${tests[@]}" || return 1
        note "without a mistake: $passed_and_failed"
    done < <(cat "${patches[@]}" | sed -n 's/^Test: \([^ ]*\) \([^ ]*\) .*/\1 \2/p' | sort -u)
}

# Says whether the mistake is noticed: the patch applies, what it makes compiles, and each of its tests fails on each
# database.
try_mistake() {
    local patch="$1" name package target test noticed=yes
    name="$(basename -- "$patch" .patch)"
    if ! apply_mistake "$patch"; then
        note "$name: the patch does not apply"
        return 1
    fi
    while read -r package target test; do
        try_mistaken_test || noticed=''
    done < <(sed -n 's/^Test: //p' "$patch")
    apply_mistake "$patch" -R
    [ -n "$noticed" ]
}

# Without git's index, so that it does not matter whether the copy lies in a repository.
apply_mistake() {
    (cd "$scratch" && GIT_CEILING_DIRECTORIES="$(dirname -- "$scratch")" git apply "${@:2}" "$1") 2>"$work_dir/mistake.log"
}

try_mistaken_test() {
    local status=0
    if ! build_tests "$package" "$target"; then
        note "$name: does not compile: $(grep -m 1 '^error' "$work_dir/mistake.log")"
        return 1
    fi
    run_tests_of "$package" "$target" "$test" || status=$?
    case "$status $passed_and_failed" in
        '124 '*) note "$name: $test notices, for it never ends" ;;
        *' 0 passed; '[1-9]*) note "$name: $test notices ($passed_and_failed)" ;;
        *)
            note "$name: $test does not notice (${passed_and_failed:-$(last_line "$work_dir/mistake.log")})"
            return 1
            ;;
    esac
}

# Sets `passed_and_failed`. The status is 124 where the tests go on for ever, which is what some mistakes lead to.
passed_and_failed=''
run_tests_of() {
    local status=0
    with_mistakes timeout "$longest_test_s" cargo test --quiet -p "$1" --test "$2" -- "${@:3}" \
        >"$work_dir/mistake.log" 2>&1 || status=$?
    passed_and_failed="$(sed -nE 's/^test result: [^ ]+ ([0-9]+ passed; [0-9]+ failed);.*/\1/p' "$work_dir/mistake.log")"
    return "$status"
}

build_tests() {
    with_mistakes cargo test --quiet --no-run -p "$1" --test "$2" >"$work_dir/mistake.log" 2>&1
}

# What is built stays for the next time. Nobody looks for these programs with a debugger.
with_mistakes() {
    (cd "$scratch" && CARGO_TARGET_DIR="$(target_dir)/mistakes" CARGO_PROFILE_DEV_DEBUG=0 "$@")
}
