"""Drives redis-py."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))

from redis import VERSION
from redis.cluster import ClusterNode, RedisCluster
from redis_py import drive_cluster

# Since 6.0 it tries eleven times, so that a silent node would take longer than a driver may.
drive_cluster(RedisCluster, ClusterNode, seconds=1 if VERSION >= (6,) else 2, logger="redis")
