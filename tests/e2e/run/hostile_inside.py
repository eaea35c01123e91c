#!/usr/bin/env python3
"""Attacks one host of a world from inside of it, and holds ten thousand connections open.

    hostile_inside.py ADDRESS

Time stands still while anything runs, so all of it takes no time but what is slept.
"""
import os
import resource
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "mx"))
import hostile  # noqa: E402

ATTACKS = [hostile.endless_line, hostile.endless_bad_commands, hostile.endless_recipients, hostile.never_reads,
           hostile.enormous_chunk, hostile.garbage, hostile.tls_garbage, hostile.half_handshakes, hostile.resets]


def main():
    hostile.HOST = sys.argv[1]
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if hard != resource.RLIM_INFINITY and hard < hostile.CROWD + 200:
        print(f"at most {hard} open files are allowed here")
        return 77
    resource.setrlimit(resource.RLIMIT_NOFILE, (hostile.CROWD + 200, hard))
    for attack in ATTACKS:
        try:
            attack(25)
        except (OSError, AssertionError) as why:
            print(f"{attack.__name__}: {why}")
        time.sleep(5)
    crowd = [hostile.dial(25) for _ in range(hostile.CROWD)]
    time.sleep(120)
    print(f"held {len(crowd)} connections")
    return 0


if __name__ == "__main__":
    sys.exit(main())
