#!/bin/bash
# delv, which validates by itself, follows our signatures; what a fault spoils it refuses.
# shellcheck source=server.sh
. "$(dirname "$0")/server.sh"
need delv dig

cat > "$WORK/dns.json" << END
{ "dns": { "zones": { "bigmail.test": "$ROOT/fixtures/zones/bigmail.test.zone" },
           "signed": [ "bigmail.test" ],
           "faults": [ { "name": "mx2.bigmail.test", "type": "A", "answer": "bogus" },
                       { "name": "mx2.bigmail.test", "type": "AAAA", "answer": "unsigned" },
                       { "name": "ns1.bigmail.test", "type": "A", "answer": "expired" } ] } }
END
# Not a resolver: a server of the zone shows what a resolver would refuse.
serve --resolver 127.0.0.9 "$WORK/dns.json"

key=$(dig "@127.0.0.1" -p "$PORT" +short bigmail.test DNSKEY | head -n 1)
[ -n "$key" ] || bad "no DNSKEY"
read -r flags protocol algorithm data <<< "$key"
printf 'trust-anchors { bigmail.test. static-key %s %s %s "%s"; };\n' \
    "$flags" "$protocol" "$algorithm" "$data" > "$WORK/anchor"

# validates NAME TYPE PATTERN: what delv says of it.
validates() {
    local out
    out=$(delv "@127.0.0.1" -p "$PORT" -a "$WORK/anchor" +root=bigmail.test "$1" "$2" 2>&1)
    if grep -qE -- "$3" <<< "$out"; then
        ok "delv: $1 $2: $3"
    else
        bad "delv: $1 $2: nothing matches /$3/ in:"
        printf '%s\n' "$out" | sed 's/^/     | /'
    fi
}

validates bigmail.test MX '; fully validated'
validates mail.bigmail.test A '; fully validated'
validates any.users.bigmail.test MX '; fully validated'
validates _25._tcp.mx1.bigmail.test TLSA '; fully validated'
validates nope.bigmail.test A '; negative response, fully validated'
validates mx1.bigmail.test TXT '; negative response, fully validated'
validates below.bigmail.test A '; negative response, fully validated'
validates mx2.bigmail.test A 'verify failed|RRSIG failed|no valid RRSIG'
validates ns1.bigmail.test A 'expired'

serve "$WORK/dns.json"
same "SERVFAIL" "$(by_dig mx2.bigmail.test A)" "the resolver refuses what is bogus"
same "NOERROR
198.18.1.2" "$(by_dig +cd mx2.bigmail.test A)" "but shows it with CD"
exit "$FAILED"
