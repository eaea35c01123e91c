#!/bin/bash
# peer.sh nsd|knot: a name server that knows nothing of us answers the same from the same zones:
# RCODE, flags, and answers, asked by dig over UDP and by kdig over TCP; and dnsperf gets from both as
# many replies of each RCODE, and loses none. (Type ANY apart: NSD gives one RRset of the name, RFC
# 8482; we give all.)
# shellcheck source=server.sh
. "$(dirname "$0")/server.sh"
# shellcheck source=peers.sh
. "$(dirname "$0")/peers.sh"
PATH=$PATH:/usr/sbin
peer=$1
HERE=$(cd "$(dirname "$0")" && pwd)
declare -A daemons=([nsd]=nsd [knot]=knotd)
PEER_PID=
stop_all() {
    stop
    [ -z "$PEER_PID" ] || { kill "$PEER_PID" && wait "$PEER_PID"; } 2> /dev/null
}
trap 'stop_all; rm -rf "$WORK"' EXIT

zone_files=("odd.test=$HERE/odd.test.zone" "bigmail.test=$ROOT/fixtures/zones/bigmail.test.zone")

need dig kdig dnsperf "${daemons[$peer]}"
# A port that is free: one that a server of ours was given and has left.
serve
peer_port=$PORT
serve --resolver 127.0.0.9 "${zone_files[@]}"
start_name_server "$peer" "$peer_port" "$WORK" "${zone_files[@]}"
PEER_PID=$!
options=(+norec +tries=3 +time=20 +bufsize=1232 +nocookie +notcp)
for ((i = 0; i < 1200; i++)); do
    dig "@127.0.0.1" -p "$peer_port" "${options[@]}" +noall +comments odd.test SOA 2> /dev/null |
        grep -q 'status: NOERROR' && break
    kill -0 "$PEER_PID" 2> /dev/null || skip "$peer does not start here: $(tail -n 1 "$WORK/server.log")"
    sleep 0.05
done

names=(@ ns mx1 alias far empty below x.below y.below wild q.wild q.r.wild there.wild x.there.wild
    q.calias sub x.sub ns.sub loop1 self null _sip _sip._tcp own tree x.tree q.x.tree info nope
    x.nope www mail users q.users "\\*.users" _dmarc _25._tcp.mx1 _25 deep.empty.below empty.below mx2)
for zone in odd.test bigmail.test none.test; do
    for name in "${names[@]}"; do
        for type in A AAAA MX TXT NS SOA CNAME SRV DS DNAME CAA TLSA HINFO TYPE65280; do
            [ "$name" = @ ] && echo "$zone $type" || echo "$name.$zone $type"
        done
    done
done > "$WORK/questions"

# A line for each reply and for each record of an answer, sorted.
facts_by_dig() {
    dig "@127.0.0.1" -p "$1" "${options[@]}" -f "$WORK/questions" | awk '
        /^;; QUESTION SECTION/ { getline; sub(/^;/, ""); question = $1 " " $3; print question, head }
        /->>HEADER<<-/ { match($0, /status: [A-Z]+/); head = substr($0, RSTART, RLENGTH) }
        /^;; flags:/ { sub(/;; flags:/, ""); sub(/;.*/, ""); head = head $0 }
        /^;; ANSWER SECTION/ { answers = 1; next }
        /^$/ { answers = 0 }
        answers { $1 = $1; print question, "answer", $0 }' | sort
}

facts_by_kdig() {
    tr '\n' ' ' < "$WORK/questions" |
        xargs -n 400 kdig "@127.0.0.1" -p "$1" +norec +tcp +keepopen +time=20 +bufsize=1232 | awk '
        /->>HEADER<<-/ { match($0, /status: [A-Z]+/); head = substr($0, RSTART, RLENGTH) }
        /^;; Flags:/ { sub(/;; Flags:/, ""); sub(/;.*/, ""); head = head $0 }
        /^;; QUESTION SECTION/ { getline; question = $2 " " $4; print question, head }
        /^;; ANSWER SECTION/ { answers = 1; next }
        /^$/ { answers = 0 }
        answers { $1 = $1; print question, "answer", $0 }' | sort
}

# How many replies of each RCODE, and how many none.
counts_by_dnsperf() {
    dnsperf -s 127.0.0.1 -p "$1" -d "$WORK/questions" -n 5 -t 20 -q 50 2> /dev/null |
        awk '/Queries lost|Response codes/ { gsub(/\([0-9.]+%\)/, ""); $1 = $1; print }'
}

# Where an alias leads into another zone of the same server, NSD and we go on there, Knot does not
# (RFC 1034 4.3.2 3a leaves it open): of its answers those in the zone that was asked count.
in_one_zone() {
    awk '$3 != "answer" { print; next }
         { split($1, asked, "."); split($4, owner, ".")
           n = length(asked); m = length(owner)
           if (asked[n - 2] "." asked[n - 1] == owner[m - 2] "." owner[m - 1]) print }'
}
compared="cat"
[ "$peer" = knot ] && compared=in_one_zone
for client in dig kdig; do
    "facts_by_$client" "$peer_port" | "$compared" > "$WORK/peer.facts"
    "facts_by_$client" "$PORT" | "$compared" > "$WORK/our.facts"
    same "$(wc -l < "$WORK/questions")" "$(grep -c ' status: ' "$WORK/our.facts")" \
        "all that $client asks is answered"
    if diff -u "$WORK/peer.facts" "$WORK/our.facts" > "$WORK/diff"; then
        ok "$peer agrees by $client on $(wc -l < "$WORK/questions") questions"
    else
        bad "$peer (-) and we (+) differ by $client"
        head -n 40 "$WORK/diff"
    fi
done
same "$(counts_by_dnsperf "$peer_port")" "$(counts_by_dnsperf "$PORT")" \
    "dnsperf counts for us what it counts for $peer: $(counts_by_dnsperf "$PORT" | tail -n 1)"
exit "$FAILED"
