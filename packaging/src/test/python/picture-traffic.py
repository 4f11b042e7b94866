"""Connections for the picture of top: long ones, short ones, and such that fail."""

import socket
import threading
import time

V6 = socket.AF_INET6


def serve(address, port, family=socket.AF_INET):
    server = socket.socket(family)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind((address, port))
    server.listen(100)

    def answer():
        while True:
            client, _ = server.accept()
            threading.Thread(target=reply, args=(client,), daemon=True).start()

    threading.Thread(target=answer, daemon=True).start()


def reply(client):
    while client.recv(1000):
        client.sendall(b"x" * 20000)
    client.close()


def connect(address, port, family=socket.AF_INET, wait=0.3):
    client = socket.socket(family)
    client.settimeout(wait)
    try:
        client.connect((address, port))
        client.sendall(b"question")
        client.settimeout(5)
        client.recv(20000)
    except OSError:
        client.close()
        return None
    return client


serve("198.51.100.10", 5432)
serve("198.51.100.20", 443)
serve("2001:db8::30", 443, V6)
kept = [connect("198.51.100.10", 5432) for _ in range(40)]
turn = 0
while True:
    turn += 1
    for each in (connect("198.51.100.20", 443), connect("2001:db8::30", 443, V6) if turn % 2 else None):
        if each:
            each.close()
    connect("198.51.100.60", 22)
    if turn % 8 == 0:
        threading.Thread(target=connect, args=("198.51.100.70", 9000), daemon=True).start()
    time.sleep(0.2)
