"""What the running server gives up: it becomes its user, has no capability, and its filter is on for
all threads. It still takes mail, syncs it, reloads, opens its log anew, and loads libsodium for the
first key of Ed25519."""
import os
import pwd
import re
import signal
import json

from stand import WORK, Dialogue, Stand, check, finish, need, path, run

as_root = os.geteuid() == 0
if as_root:
    os.umask(0)
    os.chmod(WORK, 0o777)
stand = Stand([("relay", "none")], **({"user": "nobody"} if as_root else {}))
started = stand.lines[-1]


def threads():
    """The status of each thread."""
    found = []
    for thread in os.listdir(f"/proc/{stand.process.pid}/task"):
        with open(f"/proc/{stand.process.pid}/task/{thread}/status") as file:
            found.append(dict(re.findall(r"^(\w+):\s*(.*)$", file.read(), re.M)))
    return found


all_threads = threads()
check(len(all_threads) == 2, "a loop and a writer", all_threads)
if as_root:
    nobody = str(pwd.getpwnam("nobody").pw_uid)
    check(all(one["Uid"].split() == [nobody] * 4 for one in all_threads), "all are that user", all_threads)
    check(os.stat(path("spool")).st_uid == int(nobody), "the spool is his")
    check(started["user-id"] == int(nobody), "the log says so")
for field in ("CapEff", "CapPrm", "CapAmb", "CapInh"):
    check(all(int(one[field], 16) == 0 for one in all_threads), f"{field} is empty", all_threads)
check(all(one["NoNewPrivs"] == "1" for one in all_threads), "no new privileges")
if started["seccomp"]:
    check(all(one["Seccomp"] == "2" for one in all_threads), "the filter of system calls is on", all_threads)
else:
    print("seccomp is not in this kernel")

client = Dialogue(stand.ports[0])
for line, start in (("EHLO client.test", "250"), ("MAIL FROM:<news@sender.test>", "250"),
                    ("RCPT TO:<a@a.test>", "250"), ("DATA", "354")):
    client.expect(line, start)
client.send(b"Subject: x\r\n\r\nhello\r\n.\r\n")
found = client.reply()
check(found.startswith("250"), "mail is taken and synced", found)


def has_sodium():
    with open(f"/proc/{stand.process.pid}/maps") as file:
        return "libsodium" in file.read()


need("openssl")
run("openssl", "genpkey", "-algorithm", "ed25519", "-out", path("ed25519.pem"))
os.chmod(path("ed25519.pem"), 0o644)
check(not has_sodium(), "libsodium is not loaded before it is needed")
stand.config["dkim"] = {"domain": "sender.test", "selector": "e", "key": path("ed25519.pem")}
with open(path("refmta.json"), "w") as out:
    json.dump(stand.config, out)
stand.process.send_signal(signal.SIGHUP)
for text in stand.stream:
    stand.lines.append(json.loads(text))
    if stand.lines[-1]["event"].startswith("reload"):
        break
check(stand.lines[-1]["event"] == "reloaded", "it reloads", stand.lines[-1])
check(has_sodium(), "and has tried the new key by libsodium")
check("messages" in stand.queue("stats"), "and obeys")
check(stand.stop()[-1]["event"] == "stopped", "and stops in an orderly way", stand.lines[-3:])
finish()
