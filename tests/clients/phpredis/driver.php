<?php

// php driver.php REQUEST: an application with phpredis, which knows the seeds, the CA and its credentials, no more.

require __DIR__ . '/../protocol.php';

function connect(array $request): RedisCluster
{
    $seeds = array_map(fn (array $seed) => "$seed[0]:$seed[1]", $request['seeds']);
    $auth = array_values(array_filter([$request['username'], $request['password']], fn ($part) => $part !== null));
    $context = array_filter([
        'cafile' => $request['ca'],
        'local_cert' => $request['cert'],
        'local_pk' => $request['key'],
        'peer_name' => $request['server_name'],
    ], fn ($value) => $value !== null);
    // The context alone makes it TLS. verify_peer is the default, and stands here so that there is a context at all.
    $tls = $request['tls'] ? $context + ['verify_peer' => true] : null;
    return new RedisCluster(null, $seeds, 2, 2, false, $auth ?: null, $tls);
}

drive(request($argv[1]), 'connect', function (RedisCluster $cluster, string $key) {
    $cluster->set($key, $key);
    return $cluster->get($key);
});
