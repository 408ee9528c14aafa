# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# `./dev demo`: Towpath and a simulated org, ready to look at.
# `./dev demo copy`: a simulated org, copied in front of you, and three questions put to the copy.

readonly demo_sobjects=(Account Contact Opportunity Case)

demo() {
    if [ "${1-}" = copy ]; then
        [ $# -eq 1 ] || usage_error "demo copy takes no arguments"
        demo_copy
    else
        demo_server "$@"
    fi
}

# Shows what the program prints, and how long it took from the command until it was ready to be opened.
demo_server() {
    build
    local line
    "$(target_dir)/debug/towpath" demo "$@" | while IFS= read -r line; do
        printf '%s\n' "$line"
        case "$line" in
            *'#'* | *'"sign_in_link"'*) note "ready $SECONDS s after ./dev demo" ;;
        esac
    done
}

demo_copy() {
    ensure_sqlite_shell
    build
    make_work_dir

    local towpath folder
    towpath="$(target_dir)/debug/towpath"
    start_orgsim "$towpath"
    folder="$(mktemp -d /tmp/towpath-demo.XXXXXX)"

    printf '\nA simulated Salesforce org answers at %s. Copying it:\n\n' "$base_url"
    printf '  towpath copy --login-url %s --dev-allow-host %s --to sqlite:%s/crm.db %s\n\n' \
        "$base_url" "${base_url#http://}" "$folder" "${demo_sobjects[*]}"
    local started="$SECONDS"
    copy_org "$towpath" "sqlite:$folder/crm.db" || fail "the copy failed; its message is above"
    local took=$((SECONDS - started))

    ask_copy "$folder/crm.db"
    printf '\nThe copy took %d s. It is an ordinary SQLite file:\n\n  sqlite3 %s/crm.db\n' "$took" "$folder"
}

ensure_sqlite_shell() {
    has sqlite3 || install_packages "the demo asks its copy questions" sqlite3
}

orgsim_pid=''
base_url=''

start_orgsim() {
    local line="$work_dir/orgsim.json"
    "$1" orgsim --port "$(free_port 4601)" >"$line" 2>"$work_dir/orgsim.log" &
    orgsim_pid=$!
    at_end stop_orgsim

    # One line of JSON on its standard output says that it is ready.
    local deadline=$((SECONDS + 30))
    until [ -s "$line" ] && [ "$(wc -l <"$line")" -ge 1 ]; do
        kill -0 "$orgsim_pid" 2>/dev/null || fail "the simulated org did not start: $(last_line "$work_dir/orgsim.log")"
        [ "$SECONDS" -lt "$deadline" ] || fail "the simulated org was not ready after 30 s"
        sleep 0.1
    done
    base_url="$(start_line_value base_url)"
}

stop_orgsim() {
    kill "$orgsim_pid" 2>/dev/null
    wait "$orgsim_pid" 2>/dev/null
}

# The first port from $1 on where nobody listens.
free_port() {
    local port="$1"
    while (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do
        port=$((port + 1))
    done
    printf '%s\n' "$port"
}

# Its values hold no quotes and no escapes, so that no JSON reader is needed.
start_line_value() {
    sed -nE "1s/.*\"$1\" *: *\"([^\"]*)\".*/\1/p" "$work_dir/orgsim.json"
}

copy_org() {
    env SF_REFRESH_TOKEN="$(start_line_value refresh_token)" \
        SF_CLIENT_ID="$(start_line_value client_id)" \
        SF_CLIENT_SECRET="$(start_line_value client_secret)" \
        "$1" copy --login-url "$base_url" --dev-allow-host "${base_url#http://}" --to "$2" "${demo_sobjects[@]}"
}

ask_copy() {
    ask "$1" "How many records are there?" \
        "select 'Account' as sobject, count(*) as records from salesforce__account
         union all select 'Contact', count(*) from salesforce__contact
         union all select 'Opportunity', count(*) from salesforce__opportunity
         union all select 'Case', count(*) from salesforce__case"
    ask "$1" "What is in the pipeline?" \
        "select stagename as stage, count(*) as deals, cast(round(sum(cast(amount as real))) as integer) as amount
         from salesforce__opportunity
         where isclosed = 0 and _gone_at is null
         group by stagename
         order by amount desc"
    ask "$1" "Which companies have the most open cases, and whom to call?" \
        "select account.name as company, count(distinct \"case\".id) as open_cases, min(coalesce(contact.firstname || ' ', '') || contact.lastname) as contact
         from salesforce__case as \"case\"
         join salesforce__account as account on account.id = \"case\".accountid
         left join salesforce__contact as contact on contact.accountid = account.id
         where \"case\".isclosed = 0 and \"case\"._gone_at is null
         group by account.id, account.name
         order by open_cases desc, company
         limit 5"
}

# Prints the heading, the SQL and the answer.
ask() {
    printf '\n%s\n\n' "$2"
    sed -E 's/^ {9}//; s/^/  /' <<<"$3"
    printf '\n'
    sqlite3 -readonly -header -column "$1" "$3" | sed 's/^/  /'
}
