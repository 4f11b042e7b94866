"""Answers questions for names of addresses, at port 53: ADDRESS=NAME...; nothing for any other."""

import ipaddress
import socket
import struct
import sys

names = {}
for word in sys.argv[1:]:
    address, name = word.split("=")
    names[ipaddress.ip_address(address).reverse_pointer] = name

server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("127.0.0.1", 53))
while True:
    message, client = server.recvfrom(512)
    labels, at = [], 12
    while message[at]:
        labels.append(message[at + 1 : at + 1 + message[at]].decode())
        at += 1 + message[at]
    question = message[12 : at + 5]
    name = names.get(".".join(labels))
    header = message[:2] + struct.pack(">HHHHH", 0x8180 if name else 0x8183, 1, 1 if name else 0, 0, 0)
    answer = b""
    if name:
        data = b"".join(bytes([len(part)]) + part.encode() for part in name.split(".")) + b"\0"
        answer = b"\xc0\x0c" + struct.pack(">HHIH", 12, 1, 300, len(data)) + data
    server.sendto(header + question + answer, client)
