"""A spool that fills up, and one that is damaged: mail is refused for now with the right
code, what was taken stays, the log says what to do, and all goes on by itself."""
import glob
import json
import os
import sys
import urllib.error
import urllib.request

from stand import Dialogue, Stand, check, finish, need, path, run

need("unshare", "mount")
if os.geteuid() != 0:
    print("skipped: only root can mount a small disk")
    sys.exit(77)
if os.environ.get("SPOOL_INSIDE") != "yes":
    os.environ["SPOOL_INSIDE"] = "yes"
    os.execvp("unshare", ["unshare", "--mount", sys.executable, *sys.argv])

os.mkdir(path("disk"))
code, text = run("mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", path("disk"))
if code != 0:
    print("skipped: a small disk cannot be mounted here: " + text)
    sys.exit(77)
stand = Stand([("relay", "none")], spool=path("disk/spool"),
              operations={"address": "127.0.0.1", "port": 0})
URL = f"http://127.0.0.1:{stand.lines[-1]['operations-port']}/health"
client = Dialogue(stand.ports[0])
client.say("EHLO client.test")


def send(size):
    """The final reply to a message of that size."""
    client.say("MAIL FROM:<news@sender.test>")
    client.say("RCPT TO:<a@a.test>")
    client.say("DATA")
    client.send(b"Subject: x\r\n\r\n" + b"x" * 70 + (b"\r\n" + b"y" * 78) * (size // 80) + b"\r\n.\r\n")
    return client.reply()


def health():
    try:
        with urllib.request.urlopen(URL, timeout=60) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def event(name):
    for line in stand.stream:
        stand.lines.append(json.loads(line))
        if stand.lines[-1]["event"] == name:
            return stand.lines[-1]
    return {}


def queued():
    return len(stand.queue("list").splitlines())


taken = 0
reply = send(500000)
while reply.startswith("250") and taken < 20:
    taken += 1
    reply = send(500000)
check(3 <= taken < 20 and reply.startswith("452 4.3.1"), f"after {taken} messages the disk is full: 452 4.3.1", reply)
found = event("spool-failing").get("text", "")
check("No space left" in found and "there is room again" in found, "the log says what to do", found)
check(health()[0] == 503 and "takes nothing" in health()[1], "the health is bad", health())
check(queued() == taken, "what was taken is there", queued())
run("mount", "-o", "remount,size=16m", path("disk"))
reply = send(500000)
check(reply.startswith("250"), "with room it takes mail again", reply)
check(event("spool-works") != {} and health()[0] == 200, "and says so", health())

taken += 1

stand.kill()
segment = sorted(glob.glob(path("disk/spool/*.log")))[0]
with open(segment, "r+b") as file:
    file.seek(100)
    file.write(b"damage" * 10)
stand.start()
found = next(line for line in stand.lines if line["event"] == "spool-read")
check(found["damaged-bytes"] > 0 and "check the disk" in found["text"], "damage is told", found)
check(queued() == taken - 1, "and costs only the message that it hit", queued())
client = Dialogue(stand.ports[0])
client.say("EHLO client.test")
check(send(1000).startswith("250"), "and mail goes on")
stand.kill()
run("umount", path("disk"))
finish()
