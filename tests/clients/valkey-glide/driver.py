"""Drives valkey-glide's asynchronous cluster client, as an application uses it. `tests/clients/driving.py` has the protocol."""

import asyncio
import os
import re
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))

from driving import drive, on_the_wire, told
from glide import (
    AdvancedGlideClusterClientConfiguration,
    GlideClusterClient,
    GlideClusterClientConfiguration,
    Logger,
    LogLevel,
    NodeAddress,
    ServerCredentials,
    TlsAdvancedConfiguration,
)

MILLISECONDS = 2_000
COLOURS = re.compile(r"\x1b\[[0-9;]*m")

loop = asyncio.new_event_loop()


def the_core_logs_to_a_file():
    """It writes to the standard output of the process, where only answers may stand; from WARN on even when not asked to."""
    console = tempfile.TemporaryFile("w+")
    sys.stdout = os.fdopen(os.dup(1), "w")
    os.dup2(console.fileno(), 1)
    Logger.set_logger_config(LogLevel.DEBUG)
    return console


def collect(answer):
    """The application sees warnings and errors; of the rest only what tells of an error is kept."""
    console.seek(0)
    for line in COLOURS.sub("", console.read()).splitlines():
        dialled.update(re.findall(r'for node: "([^"]+)"', line))
        if re.search(r"\b(WARN|ERROR)\b", line[:60]):
            answer.say(line)
        elif " DEBUG " in line[:60] and "rror" in line:
            answer.log(line)
    os.ftruncate(1, 0)
    os.lseek(1, 0, os.SEEK_SET)


def explain(answer, request):
    """Where the core keeps the reason to itself, a client of its own for each node that it has dialled is told."""
    if any("unexpectedly terminated" in text for text in answer.said):
        answer.log(on_the_wire(*request.seeds[0], request))
    if request.config or any("received errors" in text for text in answer.said + answer.inner):
        return
    for node in sorted(dialled):
        host, port = node.rsplit(":", 1)
        try:
            loop.run_until_complete(connect(request, [(host, int(port))]))
        except Exception as error:
            answer.log(told(error))


def connect(request, seeds=None):
    credentials = request.password and ServerCredentials(request.password, request.username)
    tls = TlsAdvancedConfiguration(
        root_pem_cacerts=contents(request.ca),
        client_cert_pem=contents(request.cert),
        client_key_pem=contents(request.key),
    )
    return GlideClusterClient.create(
        GlideClusterClientConfiguration(
            [NodeAddress(host, port) for host, port in seeds or request.seeds],
            use_tls=request.tls,
            credentials=credentials,
            request_timeout=MILLISECONDS,
            advanced_config=AdvancedGlideClusterClientConfiguration(
                connection_timeout=MILLISECONDS, tls_config=tls if request.tls else None
            ),
        )
    )


def contents(path):
    if not path:
        return None
    with open(path, "rb") as file:
        return file.read()


async def touch(cluster, key):
    await cluster.set(key, key)
    if await cluster.get(key) != key.encode():
        raise RuntimeError(f"{key} came back as something else")


console, dialled = the_core_logs_to_a_file(), set()
drive(connect, touch, finish=loop.run_until_complete, collect=collect, explain=explain)
