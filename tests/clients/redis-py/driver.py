"""Drives redis-py against a cluster, with and without an emitted address map.

python driver.py without HOST PORT CA   connects as an application does that knows the seed and the CA, no more
python driver.py with MAPFILE           connects as the emitted map says, then SET and GET in every slot
"""

import runpy
import signal
import sys

from redis.cluster import RedisCluster
from redis.crc import key_slot

SLOTS = 16384
SECONDS = 30


def plain(host, port, ca):
    return RedisCluster(host=host, port=int(port), ssl=True, ssl_ca_certs=ca)


def one_key_each_slot():
    keys, n = {}, 0
    while len(keys) < SLOTS:
        key = b"doctor:%d" % n
        keys.setdefault(key_slot(key), key)
        n += 1
    return list(keys.values())


def touch_every_slot(cluster):
    keys = one_key_each_slot()
    for start in range(0, SLOTS, 1024):
        part = keys[start : start + 1024]
        pipeline = cluster.pipeline()
        for key in part:
            pipeline.set(key, key)
            pipeline.get(key)
        if pipeline.execute()[1::2] != part:
            raise RuntimeError("a value did not come back as it was put in")
    return SLOTS


def innermost(error):
    inner = error.__cause__ or error.__context__
    return innermost(inner) if inner else error


def main(mode, *rest):
    signal.alarm(SECONDS)
    try:
        cluster = runpy.run_path(rest[0])["connect"]() if mode == "with" else plain(*rest)
        print("ok SLOTS", touch_every_slot(cluster))
    except Exception as error:
        print(f"failed: {error} <- {innermost(error)}")
        sys.exit(1)


main(*sys.argv[1:])
