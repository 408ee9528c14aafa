# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# `./dev clients`: unmodified public Salesforce clients against the simulated org. One line a check, the last line counts them.

# The oldest Node that the clients run on.
readonly clients_node=22.19

# A test of a client that takes longer waits for what will never come. Its file fails.
readonly client_seconds=600

# Folders below clients/python and clients/javascript; each has its own locked packages. `quick` runs in `./dev test`, too.
readonly quick_clients=(python/quick javascript/quick)
readonly other_clients=(python/tap python/airbyte python/cumulusci python/mcp_connector python/mcp_server python/soap python/streaming javascript/mcp
    javascript/sf)

clients() {
    at_end print_counts
    make_work_dir
    local folder failed='' matched=''
    # Files that the product offers are taken from it.
    build_orgsim --bin orgsim --bin towpath
    for folder in "${quick_clients[@]}" "${other_clients[@]}"; do
        is_wanted_client "$folder" "$@" || continue
        matched=yes
        test_client_folder "$folder" "$@" || failed=yes
    done
    [ -n "$matched" ] || usage_error "no client has this name: $*"
    [ -z "$failed" ] && [ "$failed_count" -eq 0 ]
}

# The step of `./dev test`.
test_quick_clients() {
    local folder failed=''
    # As the tests build it: the other way every dependency would be built once more.
    build_orgsim --tests
    for folder in "${quick_clients[@]}"; do
        test_client_folder "$folder" || failed=yes
    done
    [ -z "$failed" ]
}

build_orgsim() {
    ensure_c_compiler
    ensure_rust
    run_cargo build --quiet --workspace "$@" || fail "the build failed; the compiler's messages are above"
    ORGSIM_BINARY="$(target_dir)/debug/orgsim"
    export ORGSIM_BINARY
}

# Whether a file of tests in folder $1 has one of the other arguments in its name.
is_wanted_client() { [ -n "$(list_client_tests "$@")" ]; }

# The files of tests in folder $1 whose names contain one of the other arguments; all of them if there is none.
list_client_tests() {
    local folder="$root/clients/$1" file name
    shift
    for file in "$folder"/test_*.py "$folder"/*.test.mjs; do
        [ -e "$file" ] || continue
        [ $# -gt 0 ] || printf '%s\n' "$file"
        for name in "$@"; do
            case "$(basename -- "$file" | tr _ -)" in *"${name//_/-}"*) printf '%s\n' "$file" && break ;; esac
        done
    done
}

test_client_folder() {
    local folder="$1" tests
    shift
    mapfile -t tests < <(list_client_tests "$folder" "$@")
    case "$folder" in
        python/*) test_python_clients "$folder" "${tests[@]}" ;;
        javascript/*) test_javascript_clients "$folder" "${tests[@]}" ;;
    esac
}

test_python_clients() {
    local folder="$1" home
    home="$(target_dir)/clients/$folder"
    shift
    ensure_python_clients "$folder" "$home"
    run_and_count_clients pytest_counts "$home/bin/python" -B -m pytest -p no:cacheprovider --rootdir "$root/clients/python" \
        --verbose --no-header --tb short -o "faulthandler_timeout=$client_seconds" -o faulthandler_exit_on_timeout=true "$@"
}

# Installs what requirements.txt lists into a virtual environment, anew where it has changed.
ensure_python_clients() {
    local folder="$1" home="$2" lock
    lock="$(sha256sum <"$root/clients/$folder/requirements.txt")"
    [ "$lock" != "$(cat "$home/towpath-lock" 2>/dev/null)" ] || return 0
    ensure_venv "the clients of clients/$folder are written in Python"
    note "installing the clients of clients/$folder"
    rm -rf -- "$home"
    { python3 -m venv "$home" && "$home/bin/pip" install --quiet --require-hashes -r "$root/clients/$folder/requirements.txt"; } \
        >"$work_dir/pip.log" 2>&1 || {
        tail -n 20 "$work_dir/pip.log" >&2
        fail "pip could not install the clients of clients/$folder"
    }
    printf '%s\n' "$lock" >"$home/towpath-lock"
}

test_javascript_clients() {
    local folder="$1"
    shift
    ensure_javascript_clients "$folder"
    run_and_count_clients node_counts node --test --test-reporter=spec "$@"
}

# Installs what package-lock.json lists, anew where it has changed. No package's own script is run.
ensure_javascript_clients() {
    local home="$root/clients/$1" lock
    ensure_node "$clients_node"
    lock="$(sha256sum <"$home/package-lock.json")"
    [ "$lock" != "$(cat "$home/node_modules/.towpath-lock" 2>/dev/null)" ] || return 0
    note "installing the clients of clients/$1"
    (cd -- "$home" && npm --no-fund --no-audit ci --ignore-scripts) >"$work_dir/npm.log" 2>&1 || {
        tail -n 20 "$work_dir/npm.log" >&2
        fail "npm could not install the clients of clients/$1"
    }
    printf '%s\n' "$lock" >"$home/node_modules/.towpath-lock"
}

# Runs the tests, shows their output and adds up the results that $1 finds in it.
run_and_count_clients() {
    local counts="$1" log="$work_dir/clients.log" status=0 passed failed
    shift
    "$@" 2>&1 | tee "$log" || status=$?
    read -r passed failed < <(sed 's/\x1b\[[0-9;]*m//g' "$log" | "$counts")
    # A file that could not be loaded has no tests to count: it fails as one.
    [ "$status" -eq 0 ] || [ "$failed" -gt 0 ] || failed=1
    passed_count=$((passed_count + passed))
    failed_count=$((failed_count + failed))
    return "$status"
}

# ===== 1 failed, 4 passed, 1 error in 27.31s =====
# What did not pass has failed, a test that was skipped as well.
pytest_counts() {
    sed -nE 's|^=+ (.*) in [0-9.]+s.*=+$|\1|p' | tr ',' '\n' |
        awk '$2 == "passed" { passed += $1 } $2 ~ /^(failed|error|errors|skipped|xfailed|xpassed)$/ { failed += $1 }
            END { print passed + 0, failed + 0 }'
}

# ℹ pass 20
node_counts() {
    awk '$1 != "ℹ" { next } $2 == "pass" { passed += $3 } $2 ~ /^(fail|cancelled|skipped|todo)$/ { failed += $3 } END { print passed + 0, failed + 0 }'
}
