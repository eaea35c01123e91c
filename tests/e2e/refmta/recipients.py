"""Recipients in a table of SQLite: who is there is known at RCPT, and after a reload who has come
since, though the server is confined by then."""
import sqlite3

from stand import Dialogue, Stand, check, finish, path

table = sqlite3.connect(path("recipients"))
table.execute("CREATE TABLE recipients (address TEXT PRIMARY KEY, targets TEXT NOT NULL)")
table.executemany("INSERT INTO recipients VALUES (?, ?)", [("postmaster", "ann"), ("ann", "ann"),
                                                            ("sales@a.test", "ann, bob@elsewhere.test")])
table.commit()
stand = Stand([("relay", "none")], **{
    "relay-networks": [],
    "local": {"domains": ["a.test"], "recipients": path("recipients"), "maildirs": path("mail")}})
stand.check_confined()


def ask(**replies):
    client = Dialogue(stand.ports[0])
    client.say("EHLO client.test")
    client.expect("MAIL FROM:<a@sender.test>", "250")
    for name, reply in replies.items():
        client.expect(f"RCPT TO:<{name}@a.test>", reply)
    client.close()


ask(ann="250", sales="250", carl="550 5.1.1")
table.execute("INSERT INTO recipients VALUES ('carl', 'carl')")
table.execute("DELETE FROM recipients WHERE address = 'sales@a.test'")
table.commit()
stand.queue("reload")
ask(ann="250", sales="550 5.1.1", carl="250")
table.execute("UPDATE recipients SET targets = '/etc/passwd' WHERE address = 'carl'")
table.commit()
refused = ""
try:
    stand.queue("reload")
except SystemExit as refusal:
    refused = str(refusal)
check("recipients:3: expected mailboxes" in refused, "a mistake is told with its row", refused)
ask(carl="250")
stand.stop()
finish()
