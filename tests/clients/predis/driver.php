<?php

// php driver.php REQUEST: an application with Predis, which knows the seeds, the CA and its credentials, no more.

require __DIR__ . '/../protocol.php';
require 'Predis/autoload.php';

function connect(array $request): Predis\Client
{
    $scheme = $request['tls'] ? 'tls' : 'tcp';
    $given = fn (array $options) => array_filter($options, fn ($value) => $value !== null);
    // A silent node is tried twice for every key.
    $parameters = ['scheme' => $scheme, 'timeout' => 1, 'read_write_timeout' => 1] + $given([
        'username' => $request['username'],
        'password' => $request['password'],
    ]);
    if ($request['tls']) {
        $parameters['ssl'] = $given([
            'cafile' => $request['ca'],
            'local_cert' => $request['cert'],
            'local_pk' => $request['key'],
            'peer_name' => $request['server_name'],
        ]);
    }
    $seeds = array_map(fn (array $seed) => ['host' => $seed[0], 'port' => $seed[1]], $request['seeds']);
    return new Predis\Client($seeds, ['cluster' => 'redis', 'parameters' => $parameters]);
}

// Predis asks its seed until the first MOVED, and only then looks at what the nodes announce. An application is past
// that after its first few keys; this one is at once, by starting at the far end from the seed.
$request = request($argv[1]);
$request['keys'] = array_reverse($request['keys']);

drive($request, 'connect', function (Predis\Client $client, string $key) {
    $client->set($key, $key);
    return $client->get($key);
});
