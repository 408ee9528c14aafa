# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# One private PostgreSQL cluster for the time of a command, reached by a Unix socket only.

ensure_postgres() {
    find_postgres && return 0
    forbid_debian_cluster
    install_packages "the tests use a PostgreSQL server" postgresql
    find_postgres || fail "PostgreSQL is installed but initdb, pg_ctl and postgres are not found together"
}

# The folder of the server's programs.
postgres_bin=''

find_postgres() {
    local dir candidates=()
    ! has initdb || candidates+=("$(dirname -- "$(readlink -f -- "$(command -v initdb)")")")
    ! has pg_config || candidates+=("$(pg_config --bindir)")
    while IFS= read -r dir; do
        candidates+=("$dir")
    done < <(printf '%s\n' /usr/lib/postgresql/*/bin | sort -rV)

    for dir in "${candidates[@]}"; do
        if [ -x "$dir/initdb" ] && [ -x "$dir/pg_ctl" ] && [ -x "$dir/postgres" ]; then
            postgres_bin="$dir"
            return 0
        fi
    done
    return 1
}

# Debian's package makes and starts a cluster of its own when it is installed; nobody asked for one.
# The setting holds for this installation only.
forbid_debian_cluster() {
    local dir=/etc/postgresql-common/createcluster.d
    has apt-get || return 0
    [ "$(id -u)" -eq 0 ] || has sudo || return 0
    make_work_dir
    printf 'create_main_cluster = false\n' >"$work_dir/towpath.conf"
    as_root mkdir -p "$dir"
    as_root install -m 0644 "$work_dir/towpath.conf" "$dir/towpath.conf"
    at_end allow_debian_cluster
}

allow_debian_cluster() { as_root rm -f /etc/postgresql-common/createcluster.d/towpath.conf; }

# PostgreSQL refuses to run as root.
as_postgres() {
    if [ "$(id -u)" -ne 0 ]; then
        "$@"
    else
        setpriv --reuid="$postgres_user" --regid="$(id -g "$postgres_user")" --clear-groups -- "$@"
    fi
}

postgres_user=''
cluster_dir=''

# $1 is `fast`, where a crash may lose everything, or `durable`, PostgreSQL's own defaults.
# Exports TOWPATH_TEST_POSTGRES, the URL of the cluster's superuser.
start_postgres() {
    local durability="$1"
    make_work_dir
    # What a person's shell says about another server would reach this one and its clients.
    unset "${!PG@}"
    postgres_user=postgres
    id -u "$postgres_user" >/dev/null 2>&1 || postgres_user=nobody
    cluster_dir="$(mktemp -d /tmp/towpath-pg.XXXXXX)"
    at_end stop_postgres
    [ "$(id -u)" -ne 0 ] || chown "$postgres_user" "$cluster_dir"

    init_cluster || fail "initdb failed: $(last_line "$work_dir/postgres.log")"
    configure_cluster "$durability" | as_postgres tee -a "$cluster_dir/data/postgresql.conf" >/dev/null
    # From a folder that the other user may enter, and without our standard output to hold open.
    (cd / && as_postgres "$postgres_bin/pg_ctl" start -w -s -D "$cluster_dir/data" -l "$cluster_dir/server.log") \
        </dev/null >"$work_dir/postgres.log" 2>&1 ||
        fail "PostgreSQL did not start: $(last_line "$cluster_dir/server.log" "$work_dir/postgres.log")"
    export TOWPATH_TEST_POSTGRES="postgres:///postgres?host=$cluster_dir&user=postgres"
}

# Text sorts by a language's rules where the server can (version 15 on), as in most databases people
# have: a query that relies on the order of bytes without saying so then fails here.
init_cluster() {
    local locale=(--locale=C.UTF-8 --encoding=UTF8) version
    version="$("$postgres_bin/postgres" --version | grep -oE '[0-9]+' | head -n 1)"
    [ "$version" -lt 15 ] || locale+=(--locale-provider=icu --icu-locale=en-US)
    (cd / && as_postgres "$postgres_bin/initdb" -D "$cluster_dir/data" -U postgres -A trust --no-sync "${locale[@]}") \
        >"$work_dir/postgres.log" 2>&1
}

configure_cluster() {
    cat <<TEXT
listen_addresses = ''
unix_socket_directories = '$cluster_dir'
max_connections = 200
TEXT
    if [ "$1" = fast ]; then
        printf '%s\n' 'fsync = off' 'full_page_writes = off' 'synchronous_commit = off'
    fi
}

stop_postgres() {
    if [ -e "$cluster_dir/data/postmaster.pid" ]; then
        (cd / && as_postgres "$postgres_bin/pg_ctl" stop -w -s -m immediate -D "$cluster_dir/data") >/dev/null 2>&1
    fi
    rm -rf -- "$cluster_dir"
}
