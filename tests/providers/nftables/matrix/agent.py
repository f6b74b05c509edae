"""A machine of the matrix: answers on a few ports, and asks others what it is told to, a JSON list a line.

Run by itself in a network namespace; it imports nothing of ours.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

PORTS = [int(port) for port in os.environ.get("PORTS", "22 53 80").split()]
PATIENCE = float(os.environ.get("PATIENCE", "2.5"))
FAMILIES = {4: (socket.AF_INET, "0.0.0.0"), 6: (socket.AF_INET6, "::")}


def listen(family: int, kind: int, host: str, port: int) -> socket.socket:
    server = socket.socket(family, kind)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if family == socket.AF_INET6:
        server.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    server.bind((host, port))
    return server


def serve_tcp(server: socket.socket) -> None:
    server.listen(64)
    while True:
        client, address = server.accept()
        with client:
            client.sendall(address[0].encode())


def serve_udp(server: socket.socket) -> None:
    """Answers from the address that was asked, which ancillary data tell and are told (ip(7), IP_PKTINFO)."""
    level, option = (socket.IPPROTO_IPV6, 49) if server.family == socket.AF_INET6 else (socket.IPPROTO_IP, 8)
    server.setsockopt(level, option, 1)
    while True:
        _, asked, _, address = server.recvmsg(100, 100)
        try:
            server.sendmsg([address[0].encode()], asked, 0, address)
        except OSError:  # a firewall of the host's may refuse to let it out
            continue


def ask(question: dict[str, Any]) -> str:
    """``yes``, ``refused`` or ``no``: no answer, or none that comes from whom was asked."""
    family, _ = FAMILIES[question["version"]]
    kind = socket.SOCK_STREAM if question["protocol"] == "tcp" else socket.SOCK_DGRAM
    with socket.socket(family, kind) as client:
        client.settimeout(PATIENCE)
        try:
            if question["device"]:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, question["device"].encode())
            if question["source"]:
                client.bind((question["source"], 0))
            client.connect((question["host"], question["port"]))
            if question["protocol"] == "udp":
                with contextlib.suppress(PermissionError):  # one's own firewall; a reject of it comes as an answer
                    client.send(b"?")
            return "yes" if client.recv(100) else "no"
        except ConnectionRefusedError:
            return "refused"
        except OSError:
            return "no"


def main() -> None:
    for family, host in FAMILIES.values():
        for port in PORTS:
            for kind, serve in ((socket.SOCK_STREAM, serve_tcp), (socket.SOCK_DGRAM, serve_udp)):
                server = listen(family, kind, host, port)
                threading.Thread(target=serve, args=(server,), daemon=True).start()
    print("ready", flush=True)
    for line in sys.stdin:
        questions = json.loads(line)
        with ThreadPoolExecutor(max(1, len(questions))) as pool:
            print(json.dumps(list(pool.map(ask, questions))), flush=True)


main()
