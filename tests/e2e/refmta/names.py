"""A DNS server of a test's own: answers from a table on a free UDP port of 127.0.0.1, and NXDOMAIN to
all else. {("name", "TXT"): ["text"], ("name", "A"): ["127.0.0.2"], ("name", "PTR"): ["host"]}"""
import socket
import struct
import threading

TYPES = {"A": 1, "PTR": 12, "MX": 15, "TXT": 16, "AAAA": 28}


def wire_name(name):
    return b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\0"


def wire_data(kind, value):
    if kind == "A":
        return socket.inet_aton(value)
    if kind == "TXT":
        parts = [value[at:at + 255].encode() for at in range(0, len(value), 255)]
        return b"".join(bytes([len(part)]) + part for part in parts)
    return wire_name(value)


class Names:
    def __init__(self, table):
        self.table = table
        self.asked = []
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.server = f"127.0.0.1:{self.socket.getsockname()[1]}"
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            query, client = self.socket.recvfrom(4096)
            self.socket.sendto(self.answer(query), client)

    def answer(self, query):
        labels, at = [], 12
        while query[at] > 0:
            labels.append(query[at + 1:at + 1 + query[at]].decode().lower())
            at += 1 + query[at]
        name, number = ".".join(labels), struct.unpack(">H", query[at + 1:at + 3])[0]
        self.asked.append((name, number))
        kind = next((kind for kind, value in TYPES.items() if value == number), "")
        values = self.table.get((name, kind), [])
        known = any(one == name for one, _ in self.table)
        out = query[:2] + struct.pack(">HHHHH", 0x8180 if known else 0x8183, 1, len(values), 0, 0)
        out += query[12:at + 5]
        for value in values:
            data = wire_data(kind, value)
            out += b"\xc0\x0c" + struct.pack(">HHIH", number, 1, 60, len(data)) + data
        return out
