"""Prints the first of so many free ports in a row on loopback."""

import random
import socket
import sys


def main(count):
    for first in random.sample(range(21000, 31000, count), 500):
        held = []
        try:
            for port in range(first, first + count):
                held.append(socket.socket())
                held[-1].bind(("127.0.0.1", port))
        except OSError:
            continue
        finally:
            for one in held:
                one.close()
        return first
    raise SystemExit("no free ports")


if __name__ == "__main__":
    print(main(int(sys.argv[1])))
