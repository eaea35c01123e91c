# Sourced: starts a name server that is not ours, for comparisons and for benchmarks.
# shellcheck shell=bash

# start_name_server nsd|knot PORT FOLDER ZONE=FILE...: on 127.0.0.1 in the background, with one
# worker; FOLDER takes its settings and its log, server.log. Its process id is $! afterwards.
start_name_server() {
    local kind=$1 port=$2 folder=$3
    shift 3
    "settings_of_$kind" "$port" "$folder" "$@" > "$folder/$kind.conf"
    case $kind in
    nsd) nsd -d -c "$folder/nsd.conf" > "$folder/server.log" 2>&1 & ;;
    knot) knotd -c "$folder/knot.conf" > "$folder/server.log" 2>&1 & ;;
    esac
}

settings_of_nsd() {
    local port=$1 folder=$2 zone
    shift 2
    cat << END
server:
    ip-address: 127.0.0.1@$port
    zonesdir: "$folder"
    database: ""
    zonelistfile: "$folder/zone.list"
    xfrdfile: "$folder/xfrd.state"
    xfrdir: "$folder"
    pidfile: "$folder/nsd.pid"
    username: ""
    server-count: 1
    minimal-responses: yes
    rrl-ratelimit: 0
    rrl-whitelist-ratelimit: 0
remote-control:
    control-enable: no
END
    for zone; do
        printf 'zone:\n    name: %s\n    zonefile: "%s"\n' "${zone%%=*}" "${zone#*=}"
    done
}

settings_of_knot() {
    local port=$1 folder=$2 zone
    shift 2
    cat << END
server:
    rundir: "$folder"
    listen: 127.0.0.1@$port
    udp-workers: 1
    tcp-workers: 1
    background-workers: 1
database:
    storage: "$folder"
zone:
END
    for zone; do
        printf '  - domain: %s\n    file: "%s"\n    semantic-checks: off\n' "${zone%%=*}" "${zone#*=}"
    done
}
