"""Sends frames from one network namespace, or says which of some it saw in another. Run by itself.

``wire.py send eth0 HEX...``; ``wire.py watch eth0`` prints each frame in hexadecimal until its input ends.
"""

from __future__ import annotations

import select
import socket
import sys

EVERYTHING = 0x0003  # ETH_P_ALL


def main() -> None:
    what, device, *frames = sys.argv[1:]
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(EVERYTHING)) as wire:
        wire.bind((device, 0))
        if what == "send":
            for frame in frames:
                wire.send(bytes.fromhex(frame))
            return
        print("ready", flush=True)
        while True:
            for ready in select.select([wire, sys.stdin], [], [])[0]:
                if ready is sys.stdin:
                    return
                data, address = wire.recvfrom(2000)
                if address[2] != socket.PACKET_OUTGOING:
                    print(data.hex(), flush=True)


main()
