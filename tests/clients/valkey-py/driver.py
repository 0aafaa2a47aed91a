"""Drives valkey-py, the fork of redis-py."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))

from redis_py import drive_cluster
from valkey.cluster import ClusterNode, ValkeyCluster

drive_cluster(ValkeyCluster, ClusterNode, seconds=2, logger="valkey")
