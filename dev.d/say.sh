# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# How ./dev speaks: talk on stderr, one line each, and one way to clean up.

note() { printf 'dev: %s\n' "$*" >&2; }

fail() {
    note "$*"
    exit 1
}

usage_error() {
    note "$*; './dev help' lists the commands"
    exit 2
}

# The last line of the first of these files that has one, for a message.
last_line() { tail -qn 1 "$@" 2>/dev/null | head -n 1 | cut -c 1-300; }

# Commands to run at the end, the last added first.
clean_ups=()

at_end() { clean_ups+=("$1"); }

clean_up() {
    local index
    for ((index = ${#clean_ups[@]} - 1; index >= 0; index--)); do
        "${clean_ups[index]}" || true
    done
    clean_ups=()
}

# A new private folder, removed at the end. Under /tmp, because the path of a Unix socket must be short.
work_dir=''
make_work_dir() {
    [ -z "$work_dir" ] || return 0
    work_dir="$(mktemp -d /tmp/towpath-dev.XXXXXX)"
    at_end remove_work_dir
}

remove_work_dir() { rm -rf -- "$work_dir"; }
