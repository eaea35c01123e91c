#!/bin/bash
# dig, kdig and c-ares read the same from the server as stands in the zone.
# shellcheck source=server.sh
. "$(dirname "$0")/server.sh"
need dig kdig

serve "bigmail.test=$ROOT/fixtures/zones/bigmail.test.zone"

# ask NAME TYPE LINE...: what all three must say.
ask() {
    local name=$1 type=$2 expected client
    shift 2
    expected=$(printf '%s\n' "$@")
    for client in by_dig by_kdig by_ares; do
        same "$expected" "$($client "$name" "$type")" "${client#by_}: $name $type"
    done
    same "$expected" "$(by_dig +tcp "$name" "$type")" "dig by TCP: $name $type"
    same "$expected" "$(by_kdig +tcp "$name" "$type")" "kdig by TCP: $name $type"
}

ask bigmail.test MX NOERROR "10 mx1.bigmail.test." "20 mx2.bigmail.test."
ask BigMail.TEST NS NOERROR ns1.bigmail.test. ns2.bigmail.test.
ask mx1.bigmail.test A NOERROR 198.18.1.1
ask mx1.bigmail.test AAAA NOERROR 2001:db8:18:1::1
ask mail.bigmail.test A NOERROR 198.18.1.1
ask mail.bigmail.test AAAA NOERROR 2001:db8:18:1::1
ask _spf.bigmail.test TXT NOERROR '"v=spf1 ip4:198.18.2.0/24 ~all"'
ask bigmail.test SOA NOERROR \
    "ns1.bigmail.test. hostmaster.bigmail.test. 2026030201 3600 600 604800 300"
ask _submission._tcp.bigmail.test SRV NOERROR "0 1 587 mx1.bigmail.test."
ask any.users.bigmail.test MX NOERROR "10 mx1.bigmail.test."
ask any.users.bigmail.test TXT NOERROR
ask mx2.bigmail.test AAAA NOERROR
ask empty.below.bigmail.test A NOERROR
ask nope.bigmail.test A NXDOMAIN
ask www.bigmail.test A NXDOMAIN
ask other.test MX NXDOMAIN
ask x.sub.bigmail.test A SERVFAIL

# What c-ares has no words for.
same "NOERROR
0 issue \"ca.test\"" "$(by_dig bigmail.test CAA)" "dig: CAA"
same "$(by_dig bigmail.test CAA)" "$(by_kdig bigmail.test CAA)" "kdig: CAA"
same "NOERROR
3 1 1 8CB0FC6C527506A053F4F14C8464BEBBD6DEDE2738D11468DD953D7D 6A3021F1" \
    "$(by_dig _25._tcp.mx1.bigmail.test TLSA)" "dig: TLSA"

# Every query is in the log.
same 5 "$(grep -c '"name":"mx1.bigmail.test","type":"AAAA"' "$LOG")" "each query is in the log"
exit "$FAILED"
