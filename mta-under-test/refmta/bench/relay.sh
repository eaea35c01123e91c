#!/bin/sh
# How many messages a second refmta and Postfix relay, in the same run and on the same disk, with
# the same durability: both answer 250 only when the message is on the disk.
#
#   relay.sh REFMTA POSTFIX_ROOT FOLDER [MESSAGES] [SESSIONS] [BYTES]
#
# POSTFIX_ROOT is Debian's postfix package, unpacked (apt-get download postfix; dpkg -x ...); it
# brings smtp-source and smtp-sink too. FOLDER gets the spools and must be on the disk to measure.
# Needs root: it works in network and mount namespaces of its own, and changes nothing outside.
# Prints one JSON object a line.
set -eu

if [ "${RELAY_INSIDE:-}" != yes ]; then
    [ $# -ge 3 ] || { sed -n '2,12s/^# \{0,1\}//p' "$0" >&2; exit 2; }
    RELAY_INSIDE=yes exec unshare --mount --net --pid --fork --kill-child "$0" "$@"
fi

refmta=$(realpath "$1")
postfix=$(realpath "$2")
mkdir -p "$3"
folder=$(realpath "$3")
messages=${4:-10000}
sessions=${5:-20}
bytes=${6:-4096}

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
smtpd_recipient_restrictions = permit_mynetworks, reject
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
report() { # server, begin, accepted, end
    awk -v s="$1" -v n="$messages" -v a="$2" -v b="$3" -v c="$4" -v k="$sessions" -v l="$bytes" 'BEGIN {
        printf "{\"server\":\"%s\",\"messages\":%d,\"sessions\":%d,\"bytes\":%d,\"accepted-per-second\":%.0f,\"relayed-per-second\":%.0f}\n", s, n, k, l, n/(b-a), n/(c-a) }'
}
send() { "$sbin/smtp-source" -s "$sessions" -m "$messages" -l "$bytes" -f a@sender.test -t b@x.test "127.0.0.1:$1"; }

"$sbin/smtp-sink" -u nobody 127.0.0.1:2525 1000 &
sink=$!
wait_for 2525

"$refmta" --config "$folder/refmta/config.json" &
server=$!
wait_for 2526
begin=$(now)
send 2526
accepted=$(now)
for _ in $(seq 6000); do
    [ "$(grep -c '"event":"removed"' "$folder/refmta/log")" -ge "$messages" ] && break
    sleep 0.05
done
report refmta "$begin" "$accepted" "$(now)"
kill "$server"
wait "$server" || true

"$sbin/postfix" set-permissions >/dev/null 2>&1 || true
"$sbin/postfix" start >"$folder/postfix/start.log" 2>&1 || { cat "$folder/postfix/start.log" >&2; exit 1; }
wait_for 2527
begin=$(now)
send 2527
accepted=$(now)
for _ in $(seq 6000); do
    [ -z "$(find "$folder/postfix/spool/incoming" "$folder/postfix/spool/active" "$folder/postfix/spool/deferred" -type f | head -n 1)" ] && break
    sleep 0.05
done
report postfix "$begin" "$accepted" "$(now)"
"$sbin/postfix" stop >/dev/null 2>&1 || true
kill "$sink"
