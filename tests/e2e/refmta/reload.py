"""The configuration is changed under a running server: no session is dropped, what is new holds for
new sessions, and a bad file or key changes nothing. Then the operator's commands on a real queue."""
import json
import signal
import socket

from stand import REFMTA, Dialogue, Stand, check, finish, path, run

stand = Stand([("relay", "none")])


def write(**changes):
    """Writes the configuration; the listeners keep the port that the system chose."""
    stand.config.update(changes)
    with open(path("refmta.json"), "w") as out:
        json.dump(stand.config, out)


def event(name):
    """The next line of the log with that event."""
    for line in stand.stream:
        stand.lines.append(json.loads(line))
        if stand.lines[-1]["event"] == name:
            return stand.lines[-1]
    return {}


port = stand.ports[0]
old = Dialogue(port)
old.expect("EHLO client.test", "250-mail.sender.test")
old.expect("MAIL FROM:<news@sender.test>", "250")
old.expect("RCPT TO:<a@a.test>", "250")

write(hostname="new.sender.test")
stand.process.send_signal(signal.SIGHUP)
check(event("reloaded") != {}, "SIGHUP reads the configuration anew")
old.expect("DATA", "354", "a session of before goes on")
old.send(b"Subject: x\r\n\r\nhello\r\n.\r\n")
found = old.reply()
check(found.startswith("250"), "and its message is taken", found)
new = Dialogue(port)
new.expect("EHLO client.test", "250-new.sender.test", "a new session has the new name")

write(hostname="a b")
code, text = run(REFMTA, "queue", "--config", path("refmta.json"), "list")
check(code == 1 and "expected a host name" in text, "a bad file is told", text)
stand.process.send_signal(signal.SIGHUP)
found = event("reload-failed")
check("hostname: expected a host name" in found.get("text", ""), "and is refused as a whole", found)
write(hostname="new.sender.test", spool=path("other"))
code, text = run(REFMTA, "queue", "--config", path("refmta.json"), "reload")
check(code == 1 and 'only a restart can change "spool"' in text, "what needs a restart is told", text)
another = Dialogue(port)
another.expect("EHLO client.test", "250-new.sender.test", "the settings are those of before")
old.expect("NOOP", "250", "the first session is still there")

write(spool=path("spool"), **{"size-limit": 1000})
check("read anew" in stand.queue("reload"), "reload by command")
new.expect("MAIL FROM:<news@sender.test> SIZE=2000", "250", "the old limit holds for the old session")
Dialogue(port).expect("EHLO client.test", "250-")
late = Dialogue(port)
late.say("EHLO client.test")
late.expect("MAIL FROM:<news@sender.test> SIZE=2000", "552", "and the new one for a new session")

relay = socket.create_server(("127.0.0.1", 0))
relay.settimeout(60)


def route(relays, *rules):
    """Writes the file of routes and has the configuration read anew."""
    with open(path("routing.json"), "w") as out:
        json.dump({"relays": relays, "rules": rules}, out)
    write(routing=path("routing.json"))
    return run(REFMTA, "queue", "--config", path("refmta.json"), "reload")


code, text = route([], {"name": "all", "relay": "new"})
check(code == 1 and 'rules[0]: there is no relay "new"' in text, "a bad file of routes is told", text)
stand.queue("trace", "destination=relay:new")
code, text = route([{"name": "new", "tls": "opportunistic",
                     "hosts": [{"host": "127.0.0.1", "port": relay.getsockname()[1]}]}],
                   {"name": "all", "relay": "new"})
check(code == 0, "a good one is taken", text)
stand.queue("flush", "all")
taken = relay.accept()[0]
taken.sendall(b"220 relay.test\r\n")
found = taken.makefile("rb").readline()
check(found == b"EHLO new.sender.test\r\n", "what waited goes the new way", found)
taken.sendall(b"421 later\r\n")
taken.close()
traced = [event("trace") for _ in range(3)]
check([(line["direction"], line["text"]) for line in traced]
      == [("received", "220 relay.test\r\n"), ("sent", "EHLO new.sender.test\r\n"), ("received", "421 later\r\n")],
      "a traced delivery is in the log, both sides of it", traced)
check(all(isinstance(line["connection"], int) for line in traced), "by its connection", traced)
stand.queue("trace", "destination=other.test")
stand.queue("flush", "all")
taken = relay.accept()[0]
taken.sendall(b"421 not now\r\n")
taken.close()
while "not now" not in event("deferred").get("reply", "not now"):
    pass
after = [line for line in stand.lines if line["event"] == "trace"]
check(after == traced, "a connection to another destination is not", after)
check(route([])[0] == 0, "and none again", "")

identity = json.loads(stand.queue("list").splitlines()[0])["queue-id"]
check("1 recipients are held" in stand.queue("hold", identity), "hold", "")
check("held" in stand.queue("explain", identity), "explain", stand.queue("explain", identity))
stand.kill()
stand.start()
check('"held":1' in stand.queue("list"), "a hold survives kill -9", stand.queue("list"))
check("1 recipients are returned" in stand.queue("bounce", "domain=a.test"), "bounce", "")
found = []
for _ in range(200):  # it is in the queue when it is durable, which the command does not wait for
    found = [json.loads(line) for line in stand.queue("list").splitlines()]
    if len(found) == 1:
        break
check(len(found) == 1 and found[0]["sender"] == "", "the report is in the queue", found)
check("1 recipients are deleted" in stand.queue("delete", "sender=<>"), "delete", "")
check(stand.queue("list") == "", "the queue is empty", "")
finish()
