# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# The tools a command needs: found where they are, installed where they are not.

find_tools() {
    if [ -z "${HOME-}" ]; then
        HOME="$(getent passwd "$(id -u)" | cut -d: -f6)"
        export HOME
    fi
    # A bare environment often has a short PATH, and cargo's folder is on it only after a new login.
    local dir
    for dir in /usr/local/sbin /usr/local/bin /usr/sbin /usr/bin /sbin /bin "${CARGO_HOME:-$HOME/.cargo}/bin"; do
        case ":$PATH:" in
            *":$dir:"*) ;;
            *) PATH="$PATH:$dir" ;;
        esac
    done
    export PATH
}

has() { command -v "$1" >/dev/null 2>&1; }

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    else
        sudo -- "$@"
    fi
}

apt_updated=''

# Says why, then installs Debian packages. $1 is what they are wanted for.
install_packages() {
    local reason="$1"
    shift
    has apt-get || fail "missing: $* ($reason); this system has no apt-get, so install it by hand"
    [ "$(id -u)" -eq 0 ] || has sudo || fail "missing: $* ($reason); install it as root, or install sudo"

    note "installing $* ($reason)"
    update_package_lists
    try_apt install "$@" || fail "could not install $*: $(last_line_of_apt)"
}

update_package_lists() {
    [ -z "$apt_updated" ] || return 0
    # One unreachable extra source makes this fail although the distribution's own lists are fresh.
    try_apt update || note "apt-get update failed, going on with the lists there are: $(last_line_of_apt)"
    apt_updated=yes
}

# Packages are never removed on the way: what a person installed is not ours to take away.
try_apt() {
    make_work_dir
    local options=(-y -q -o DPkg::Lock::Timeout=120)
    [ "$1" != install ] || options+=(--no-install-recommends --no-remove)
    as_root env DEBIAN_FRONTEND=noninteractive apt-get "${options[@]}" "$@" \
        </dev/null >"$work_dir/apt.log" 2>&1
}

last_line_of_apt() {
    grep -E '^(E|Err|W):' "$work_dir/apt.log" | tail -n 1 || last_line "$work_dir/apt.log"
}

ensure_c_compiler() {
    can_compile_c || install_packages "SQLite and the TLS library are built from C" gcc libc6-dev
    can_compile_c || fail "cc is there but cannot compile and link a C program"
}

can_compile_c() {
    has cc && printf '#include <stdio.h>\nint main(void) { return 0; }\n' |
        cc -x c - -o /dev/null >/dev/null 2>&1
}

ensure_downloader() {
    has curl || install_packages "the installer of Rust is downloaded" curl
    ensure_certificates
}

python_package_trouble=''

# Installs one of Python's packages into a folder of ours. $2 is what it is wanted for.
install_python_package() {
    local package="$1" reason="$2" home
    home="$(target_dir)/dev-tools"
    ensure_venv "$reason"
    make_work_dir
    note "installing ${package%%==*} into $home ($reason)"
    { python3 -m venv "$home" && "$home/bin/pip" install --quiet "$package"; } >"$work_dir/pip.log" 2>&1 && return 0
    python_package_trouble="$(last_line "$work_dir/pip.log")"
    return 1
}

# Debian's Python has no virtual environments until they are installed.
ensure_venv() {
    python3 -c 'import venv, ensurepip' >/dev/null 2>&1 || install_packages "$1" python3-venv
}

# The oldest Rust the workspace builds with.
wanted_rust() {
    sed -n 's/^rust-version = "\(.*\)"/\1/p' "$root/Cargo.toml"
}

has_wanted_rust() {
    local found
    has cargo || return 1
    found="$(rustc --version 2>/dev/null | cut -d' ' -f2)"
    [ -n "$found" ] && [ "$(printf '%s\n' "$(wanted_rust)" "$found" | sort -V | head -n 1)" = "$(wanted_rust)" ]
}

# What is there if it is new enough, else the distribution's rustup, else the official installer.
ensure_rust() {
    ensure_certificates
    has_wanted_rust && return 0
    if ! has rustup; then
        note "Rust $(wanted_rust) or newer is missing"
        install_rustup_package || install_rustup_officially
    fi
    hash -r
    has_wanted_rust || install_toolchain
    has_wanted_rust || fail "Rust is installed but $(command -v rustc || echo rustc) is older than $(wanted_rust)"
}

# Cargo reads the system's certificates when it fetches dependencies.
ensure_certificates() {
    [ -e /etc/ssl/certs/ca-certificates.crt ] || ! has apt-get ||
        install_packages "cargo fetches dependencies over https" ca-certificates
}

install_rustup_package() {
    has apt-get || return 1
    [ "$(id -u)" -eq 0 ] || has sudo || return 1
    update_package_lists
    [ -n "$(apt-cache --quiet=0 show rustup 2>/dev/null)" ] || return 1
    note "installing rustup (the distribution's package)"
    try_apt install rustup && return 0
    note "could not install the package rustup: $(last_line_of_apt)"
    return 1
}

install_rustup_officially() {
    ensure_downloader
    make_work_dir
    note "installing Rust into ${CARGO_HOME:-$HOME/.cargo} (the official installer, https://sh.rustup.rs)"
    curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs -o "$work_dir/rustup-init.sh" 2>"$work_dir/rustup.log" ||
        fail "could not download the installer of Rust: $(last_line "$work_dir/rustup.log")"
    sh "$work_dir/rustup-init.sh" -y --no-modify-path --profile minimal -c rustfmt -c clippy \
        >"$work_dir/rustup.log" 2>&1 ||
        fail "the installer of Rust failed: $(last_line "$work_dir/rustup.log")"
}

# Adds a toolchain for this run; the person's own default stays as it is.
install_toolchain() {
    has rustup || return 0
    make_work_dir
    export RUSTUP_TOOLCHAIN=stable
    has_wanted_rust && return 0
    note "installing the stable Rust toolchain with rustup"
    rustup toolchain install stable --profile minimal --component rustfmt --component clippy \
        >"$work_dir/rustup.log" 2>&1 ||
        fail "rustup could not install Rust: $(last_line "$work_dir/rustup.log")"
    hash -r
}

# $1 is `rustfmt` or `clippy`, which a minimal toolchain lacks.
ensure_rust_component() {
    local program="$1"
    [ "$program" != clippy ] || program=cargo-clippy
    "$program" --version >/dev/null 2>&1 && return 0
    has rustup || fail "this Rust has no $1, and there is no rustup to add it: install $1"
    note "adding $1 to the Rust toolchain"
    rustup component add "$1" >/dev/null 2>&1 || fail "rustup could not add $1"
}

# In CI the lock file must be right already; at a desk cargo may bring it up to date.
run_cargo() {
    local verb=("$1") flags=()
    shift
    if [ "${verb[0]}" = nextest ]; then
        verb+=("$1")
        shift
    fi
    if [ "${CI-}" = true ] && [ "${verb[0]}" != fmt ]; then
        flags=(--locked)
    fi
    cargo "${verb[@]}" "${flags[@]}" "$@"
}
