"""kill -9 in the middle of the work, again and again: what was confirmed with 250 is in the queue."""
import json
import os
import random
import re
import smtplib
import threading

from stand import Stand, check, finish

ROUNDS, CLIENTS = int(os.environ.get("ROUNDS", "8")), 6
stand = Stand([("relay", "none")])
confirmed, lock = set(), threading.Lock()


def client(number, kill_at, reached):
    """Sends until the server is gone."""
    count = 0
    try:
        with smtplib.SMTP("127.0.0.1", stand.ports[0], "client.test", timeout=60) as smtp:
            smtp.ehlo()
            while True:
                count += 1
                smtp.mail("news@sender.test")
                smtp.rcpt(f"r{number}-{count}@a.test")
                code, text = smtp.data(f"Subject: {number}\r\n\r\n" + "x" * 2000)
                if code != 250:
                    return
                with lock:
                    confirmed.add(re.search(r"queued as (\S+)", text.decode())[1])
                    if len(confirmed) >= kill_at:
                        reached.set()
    except (OSError, smtplib.SMTPException):
        return


draw = random.Random(1)
for round_number in range(ROUNDS):
    reached = threading.Event()
    kill_at = len(confirmed) + draw.randint(20, 120)
    threads = [threading.Thread(target=client, args=(f"{round_number}-{i}", kill_at, reached))
               for i in range(CLIENTS)]
    for thread in threads:
        thread.start()
    in_time = reached.wait(60)
    stand.kill()
    for thread in threads:
        thread.join()
    stand.start()
    queued = [json.loads(line) for line in stand.queue("list").splitlines()]
    ids = [message.get("queue-id") or message.get("id") for message in queued]
    check(in_time and confirmed <= set(ids),
          f"round {round_number + 1}: all {len(confirmed)} confirmed messages are there", queued[:2])
    check(len(ids) == len(set(ids)), "and none is there twice")
    # One more for each client may have been stored although its 250 was lost.
    check(len(ids) <= len(confirmed) + CLIENTS * (round_number + 1), f"{len(ids)} in all")
finish()
