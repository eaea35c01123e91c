#!/bin/sh
# How many messages a second refmta and Postfix take and relay, in the same run and on the same disk,
# with the same durability: both answer 250 only when the message is on the disk.
#
#   relay.sh REFMTA POSTFIX_ROOT FOLDER [MESSAGES] [SESSIONS] [BYTES] [relay|accept]
#
# With "accept" nothing goes out, and sessions stay open: only the way into the durable queue counts.
# Postfix puts all mail on hold, which is the least that it can do with it; the next host of refmta
# answers nobody.
#
# POSTFIX_ROOT is Debian's postfix package, unpacked (apt-get download postfix; dpkg -x ...); it
# brings smtp-source and smtp-sink too. FOLDER gets the spools and must be on the disk to measure.
# Needs root: it works in network and mount namespaces of its own, and changes nothing outside.
# Prints one JSON object a line. "processor-us" is what a message costs the server; it shows less of
# the other work of the machine than the rates do.
set -eu

if [ "${RELAY_INSIDE:-}" != yes ]; then
    [ $# -ge 3 ] || { sed -n '2,18s/^# \{0,1\}//p' "$0" >&2; exit 2; }
    RELAY_INSIDE=yes exec unshare --mount --net --pid --fork --kill-child "$0" "$@"
fi

refmta=$(realpath "$1")
postfix=$(realpath "$2")
mkdir -p "$3"
folder=$(realpath "$3")
messages=${4:-10000}
sessions=${5:-20}
bytes=${6:-4096}
mode=${7:-relay}
case $mode in
relay) hold='' keep='' ;;
accept) hold='check_client_access static:HOLD,' keep=-d ;;
*) echo "relay or accept, not $mode" >&2; exit 2 ;;
esac

mount --make-rprivate /
mount -t proc proc /proc
ip link set lo up
rm -rf "$folder/refmta" "$folder/postfix"
mkdir -p "$folder/refmta" "$folder/postfix/spool" "$folder/postfix/data"

# Users, groups and folders that Postfix wants, over /etc and /usr/lib of this mount namespace only.
for lower in /etc /usr/lib; do
    over="$folder/over$lower"
    rm -rf "$over"
    mkdir -p "$over/upper" "$over/work"
    mount -t overlay overlay -o "lowerdir=$lower,upperdir=$over/upper,workdir=$over/work" "$lower"
done
grep -q '^postfix:' /etc/passwd || echo 'postfix:x:61001:61001::/:/usr/sbin/nologin' >>/etc/passwd
grep -q '^postfix:' /etc/group || printf 'postfix:x:61001:\npostdrop:x:61002:\n' >>/etc/group
mkdir -p /etc/postfix /usr/lib/postfix
mount --bind "$postfix/usr/lib/postfix" /usr/lib/postfix
export LD_LIBRARY_PATH=/usr/lib/postfix
export MAIL_CONFIG=/etc/postfix
sbin="$postfix/usr/sbin"

cat >"$MAIL_CONFIG/main.cf" <<CONF
compatibility_level = 3.6
queue_directory = $folder/postfix/spool
data_directory = $folder/postfix/data
command_directory = $sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
myhostname = mail.sender.test
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
relayhost = [127.0.0.1]:2525
alias_maps =
local_recipient_maps =
maillog_file =
smtpd_recipient_restrictions = $hold permit_mynetworks, reject
smtpd_client_connection_count_limit = 0
smtpd_client_connection_rate_limit = 0
default_process_limit = 200
default_destination_concurrency_limit = $sessions
initial_destination_concurrency = $sessions
smtp_tls_security_level = none
CONF
cp "$postfix/usr/share/postfix/master.cf.dist" "$MAIL_CONFIG/master.cf"
sed -i -e 's/^smtp      inet  n       -       [yn]/127.0.0.1:2527 inet n - n/' \
    -e 's/^\([a-z][^#]*[[:space:]]\)y\([[:space:]]\)/\1n\2/' "$MAIL_CONFIG/master.cf"
cp "$postfix/etc/postfix/postfix-files" "$MAIL_CONFIG/" 2>/dev/null || true

cat >"$folder/refmta/config.json" <<CONF
{ "hostname": "mail.sender.test", "spool": "$folder/refmta/spool",
  "listeners": [{ "address": "127.0.0.1", "port": 2526 }],
  "smart-host": { "host": "127.0.0.1", "port": 2525 },
  "log": "$folder/refmta/log", "tls": { "mode": "none" }, "concurrency": $sessions }
CONF

now() { date +%s.%N; }
wait_for() { # a port
    for _ in $(seq 200); do
        if ss -Hltn "sport = :$1" | grep -q .; then return 0; fi
        sleep 0.05
    done
    echo "nothing listens on port $1" >&2
    exit 1
}
# Processor time of a process, of its children that live, and of those that have ended.
processor_us() {
    tr ' ' '\n' < "/proc/$1/task/$1/children" | {
        cat "/proc/$1/stat"
        while read -r child; do cat "/proc/$child/stat" 2>/dev/null; done
    } |
        awk -v hz="$(getconf CLK_TCK)" '{ ticks += $14 + $15 + $16 + $17 } END { printf "%.0f", ticks * 1e6 / hz }'
}
report() { # server, begin, accepted, end, its first process
    awk -v s="$1" -v n="$messages" -v a="$2" -v b="$3" -v c="$4" -v k="$sessions" -v l="$bytes" -v m="$mode" -v p="$(processor_us "$5")" 'BEGIN {
        printf "{\"server\":\"%s\",\"messages\":%d,\"sessions\":%d,\"bytes\":%d,\"processor-us\":%.0f,\"accepted-per-second\":%.0f", s, n, k, l, p/n, n/(b-a)
        if (m == "relay") printf ",\"relayed-per-second\":%.0f", n/(c-a)
        print "}" }'
}
# shellcheck disable=SC2086 # $keep is a word or nothing
send() { "$sbin/smtp-source" $keep -s "$sessions" -m "$messages" -l "$bytes" -f a@sender.test -t b@x.test "127.0.0.1:$1"; }
# What counts as done: all relayed, or all still there.
refmta_has() { grep -c "\"event\":\"$1\"" "$folder/refmta/log" || true; }
postfix_has() { find "$@" -type f | wc -l; }
wait_until() { # how many, and what counts them
    wanted=$1
    shift
    for _ in $(seq 6000); do
        [ "$("$@")" -eq "$wanted" ] && return 0
        sleep 0.05
    done
    echo "not $wanted after five minutes: $*" >&2
    exit 1
}

sink=
if [ "$mode" = relay ]; then
    "$sbin/smtp-sink" -u nobody 127.0.0.1:2525 1000 &
    sink=$!
    wait_for 2525
fi

"$refmta" --config "$folder/refmta/config.json" &
server=$!
wait_for 2526
begin=$(now)
send 2526
accepted=$(now)
if [ "$mode" = relay ]; then
    wait_until "$messages" refmta_has removed
else
    wait_until "$messages" refmta_has received
    wait_until 0 refmta_has removed
fi
report refmta "$begin" "$accepted" "$(now)" "$server"
kill "$server"
wait "$server" || true

"$sbin/postfix" set-permissions >/dev/null 2>&1 || true
"$sbin/postfix" start >"$folder/postfix/start.log" 2>&1 || { cat "$folder/postfix/start.log" >&2; exit 1; }
wait_for 2527
begin=$(now)
send 2527
accepted=$(now)
cd "$folder/postfix/spool"
if [ "$mode" = relay ]; then
    wait_until 0 postfix_has incoming active deferred
else
    wait_until "$messages" postfix_has hold
fi
report postfix "$begin" "$accepted" "$(now)" "$(tr -d ' ' <pid/master.pid)"
"$sbin/postfix" stop >/dev/null 2>&1 || true
[ -z "$sink" ] || kill "$sink"
