"""Dials TLS servers with the default context, or with `strict` the one of Python 3.13 and later. A line of stdin: number,
port, CA file, host, with tabs between. A line of stdout: the number, and in base64 the error that the application sees,
nothing where a byte came back."""

import base64
import socket
import ssl
import sys
from concurrent.futures import ThreadPoolExecutor

STRICT = sys.argv[1:] == ["strict"]
LIMIT = 10


def dial(port: int, ca: str, host: str) -> str:
    try:
        context = ssl.create_default_context(cafile=ca)
        if STRICT:
            context.verify_flags |= ssl.VERIFY_X509_STRICT | ssl.VERIFY_X509_PARTIAL_CHAIN
        with socket.create_connection(("127.0.0.1", port), timeout=LIMIT) as plain:
            with context.wrap_socket(plain, server_hostname=host) as secure:
                secure.sendall(b"PING\r\n")
                return "" if secure.recv(1) else "closed without an answer"
    except (OSError, ValueError) as error:
        return f"{type(error).__name__}: {error}"


def answer(line: str) -> str:
    number, port, ca, host = line.rstrip("\n").split("\t")
    return number + "\t" + base64.b64encode(dial(int(port), ca, host).encode()).decode()


sys.stdin.reconfigure(encoding="utf-8")
with ThreadPoolExecutor(8) as pool:
    for said in pool.map(answer, sys.stdin):
        print(said)
