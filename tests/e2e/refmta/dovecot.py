"""Delivery by LMTP to Dovecot: a real server of others, in a folder of the test's own. One recipient
is there, one is unknown to it: each has its own outcome. By its socket for local domains, and by a
route over TCP for a domain that is not."""
import glob
import grp
import json
import os
import pwd
import socket
import subprocess
import sys

from stand import WORK, Dialogue, Stand, check, finish, need, path

need("dovecot")
if os.geteuid() != 0:
    print("skipped: dovecot's own processes need root")
    sys.exit(77)
os.chmod(WORK, 0o755)
user, group = pwd.getpwnam("nobody"), grp.getgrnam("nogroup")
os.makedirs(path("mail"))
os.chown(path("mail"), user.pw_uid, group.gr_gid)
with open(path("passwd"), "w") as out:
    out.write("ann:{plain}x::::\n")
with open(path("recipients"), "w") as out:
    out.write("postmaster: ann\nann: ann\ngone: gone\n")
with socket.create_server(("127.0.0.1", 0)) as free:
    PORT = free.getsockname()[1]
with open(path("routing.json"), "w") as out:
    json.dump({"relays": [{"name": "dovecot", "protocol": "lmtp", "tls": "opportunistic",
                           "hosts": [{"host": "127.0.0.1", "port": PORT}]}],
               "rules": [{"name": "mailboxes", "domain": "b.test", "relay": "dovecot"}]}, out)
with open(path("dovecot.conf"), "w") as out:
    out.write(f"""protocols = lmtp
base_dir = {path('run')}
log_path = {path('dovecot.log')}
ssl = no
default_internal_user = nobody
default_internal_group = nogroup
default_login_user = nobody
mail_location = maildir:{path('mail')}/%n
mail_uid = nobody
mail_gid = nogroup
recipient_delimiter = +
auth_username_format = %n
passdb {{
  driver = passwd-file
  args = username_format=%n {path('passwd')}
}}
userdb {{
  driver = static
  args = uid=nobody gid=nogroup home={path('mail')}/%n
}}
service lmtp {{
  unix_listener {path('lmtp')} {{
    mode = 0666
  }}
  inet_listener lmtp {{
    address = 127.0.0.1
    port = {PORT}
  }}
}}
""")
dovecot = subprocess.Popen(["dovecot", "-F", "-c", path("dovecot.conf")])
try:
    # Nothing tells when it is ready but the socket itself.
    for _ in range(100):
        if os.path.exists(path("lmtp")):
            break
        subprocess.run(["sleep", "0.1"], check=True)
    stand = Stand([("relay", "none")], routing=path("routing.json"), local={
        "domains": ["a.test"], "recipients": path("recipients"), "lmtp": path("lmtp")})
    stand.check_confined()
    client = Dialogue(stand.ports[0])
    client.say("EHLO client.test")
    for domain, count in (("a.test", 1), ("b.test", 2)):
        client.expect("MAIL FROM:<news@sender.test>", "250")
        client.expect(f"RCPT TO:<ann+tag@{domain}>", "250")
        client.expect(f"RCPT TO:<gone@{domain}>", "250")
        client.expect("DATA", "354")
        client.expect("Subject: hello\r\n\r\n..dots\r\nand more\r\n.", "250 2.0.0", "it is taken")
        seen = {}
        for line in stand.stream:
            line = json.loads(line)
            if line["event"] in ("delivered", "failed", "deferred"):
                seen[line["recipient"]] = line
            if len(seen) == 2:
                break
        check(seen.get(f"ann+tag@{domain}", {}).get("event") == "delivered",
              f"Dovecot took ann's copy for {domain}", seen)
        check(seen.get(f"gone@{domain}", {}).get("event") == "failed" and
              seen[f"gone@{domain}"]["status"] == "5.1.1", "and does not know the other", seen)
        mails = [open(one).read() for one in glob.glob(path("mail/ann/new/*"))]
        check(len(mails) == count and
              all(one.replace("\r", "").endswith("\n\n.dots\nand more\n") for one in mails),
              "the message lies in ann's Maildir", mails or open(path("dovecot.log")).read())
    client.close()
    stand.stop()
finally:
    dovecot.terminate()
    dovecot.wait()
finish()
