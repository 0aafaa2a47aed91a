"""Drives the synchronous cluster client of redis-py and of its fork, as an application uses it. `tests/clients/driving.py` has the protocol."""

from driving import drive, on_the_wire


def drive_cluster(cluster, node, seconds, logger):
    """`cluster` and `node`: the library's classes; `seconds`: its time-outs; `logger`: where it logs."""

    def connect(request):
        options = dict(
            startup_nodes=[node(host, port) for host, port in request.seeds],
            username=request.username,
            password=request.password,
            socket_connect_timeout=seconds,
            socket_timeout=seconds,
        )
        if request.tls:
            options.update(
                ssl=True,
                ssl_ca_certs=request.ca,
                ssl_certfile=request.cert,
                ssl_keyfile=request.key,
            )
        return cluster(**options)

    drive(connect, touch, logger=logger, explain=explain)


def touch(cluster, key):
    cluster.set(key, key)
    if cluster.get(key) != key.encode():
        raise RuntimeError(f"{key} came back as something else")


def explain(answer, request):
    """Without the certificate that a server wants, a write may find the connection closed before the alert is read."""
    if any("EOF occurred" in text for text in answer.said):
        answer.log(on_the_wire(*request.seeds[0], request))
