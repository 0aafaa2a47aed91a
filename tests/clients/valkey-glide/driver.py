"""Drives valkey-glide's asynchronous cluster client, as an application uses it. `tests/clients/driving.py` has the protocol."""

import asyncio
import os
import re
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))

from driving import drive
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


def add_console(answer):
    console.seek(0)
    for line in COLOURS.sub("", console.read()).splitlines():
        seen = re.search(r"\b(WARN|ERROR)\b", line[:60])
        (answer.say if seen else answer.log)(line)
    os.ftruncate(1, 0)
    os.lseek(1, 0, os.SEEK_SET)


def connect(request):
    credentials = request.password and ServerCredentials(request.password, request.username)
    tls = TlsAdvancedConfiguration(
        root_pem_cacerts=contents(request.ca),
        client_cert_pem=contents(request.cert),
        client_key_pem=contents(request.key),
    )
    return GlideClusterClient.create(
        GlideClusterClientConfiguration(
            [NodeAddress(host, port) for host, port in request.seeds],
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


console = the_core_logs_to_a_file()
drive(connect, touch, finish=loop.run_until_complete, before_printing=add_console)
