"""Drives redis-py: its synchronous cluster client, as an application uses it. `tests/clients/driving.py` has the protocol."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))

from driving import drive, on_the_wire
from redis import VERSION
from redis.cluster import ClusterNode, RedisCluster

# Since 6.0 it tries eleven times, so that a silent node would take longer than a driver may.
SECONDS = 1 if VERSION >= (6,) else 2


def connect(request):
    options = dict(
        startup_nodes=[ClusterNode(host, port) for host, port in request.seeds],
        username=request.username,
        password=request.password,
        socket_connect_timeout=SECONDS,
        socket_timeout=SECONDS,
    )
    if request.tls:
        options.update(
            ssl=True,
            ssl_ca_certs=request.ca,
            ssl_certfile=request.cert,
            ssl_keyfile=request.key,
        )
    return RedisCluster(**options)


def touch(cluster, key):
    cluster.set(key, key)
    if cluster.get(key) != key.encode():
        raise RuntimeError(f"{key} came back as something else")


def explain(answer, request):
    """Without the certificate that a server wants, a write may find the connection closed before the alert is read."""
    if any("EOF occurred" in text for text in answer.said):
        answer.log(on_the_wire(*request.seeds[0], request))


drive(connect, touch, logger="redis", explain=explain)
