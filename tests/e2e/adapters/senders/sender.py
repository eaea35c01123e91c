"""Sends one message straight to the first MX of the recipient's domain, as a script with smtplib and
dnspython does; a temporary refusal is tried again after ten minutes."""
import smtplib
import sys
import time

import dns.resolver


def attempt(sender, recipient):
    answers = dns.resolver.resolve(recipient.rpartition("@")[2], "MX")
    host = str(min(answers, key=lambda mx: mx.preference).exchange).rstrip(".")
    with smtplib.SMTP(host, timeout=60) as mx:
        mx.starttls()
        mx.sendmail(sender, [recipient], f"From: {sender}\r\nTo: {recipient}\r\nSubject: Hello\r\n\r\nHello\r\n")


for _ in range(5):
    try:
        attempt(sys.argv[1], sys.argv[2])
        sys.exit(0)
    except (smtplib.SMTPRecipientsRefused, smtplib.SMTPResponseException) as why:
        print(why, flush=True)
    time.sleep(600)
sys.exit(1)
