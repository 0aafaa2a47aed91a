<?php

// What the PHP libraries do not pass on: the same connections, made with nothing but PHP's streams. An alert that comes
// after the handshake, a refusal by the server and a closed port have no words of their own in phpredis and Predis.

const HAND_SECONDS = 2.0;

/** Says with `$tell` what is wrong at the first seed and at the nodes it names; nothing where nothing is. */
function by_hand(array $request, callable $tell): void
{
    [$host, $port] = $request['seeds'][0];
    $slots = exchange($request, $host, $port, [['CLUSTER', 'SLOTS']], $tell);
    foreach (is_array($slots) ? $slots : [] as $range) {
        exchange($request, (string) $range[2][0], $range[2][1], [['PING']], $tell);
    }
}

/** Connects, authenticates, asks; answers the last reply, or null after having told what failed. */
function exchange(array $request, string $host, int $port, array $commands, callable $tell)
{
    $at = str_contains($host, ':') ? "[$host]:$port" : "$host:$port";
    $options = ['cafile' => $request['ca'], 'local_cert' => $request['cert'], 'local_pk' => $request['key'],
        'peer_name' => $request['server_name']];
    $context = stream_context_create(['ssl' => array_filter($options, fn ($value) => $value !== null)]);
    $scheme = $request['tls'] ? 'tls' : 'tcp';
    $stream = stream_socket_client("$scheme://$at", $code, $text, HAND_SECONDS, STREAM_CLIENT_CONNECT, $context);
    if (!$stream) {
        $tell(['inner' => "$at: $text"]);
        return null;
    }
    if ($request['tls']) {
        await_alert($stream);
    }
    stream_set_timeout($stream, (int) HAND_SECONDS);
    if ($request['password'] !== null) {
        $commands = [array_values(array_filter(['AUTH', $request['username'], $request['password']])), ...$commands];
    }
    foreach ($commands as $command) {
        $words = array_map(fn (string $word) => '$' . strlen($word) . "\r\n$word\r\n", $command);
        fwrite($stream, '*' . count($words) . "\r\n" . implode($words));
        $reply = reply($stream);
        if ($reply === null || is_string($reply) && str_starts_with($reply, '-')) {
            $silent = stream_get_meta_data($stream)['timed_out'];
            $tell(['inner' => "$at: " . ($reply ?? ($silent ? 'timed out' : 'closed'))]);
            return null;
        }
    }
    return $reply;
}

/** Reads before anything is written: TLS 1.3 refuses a client after its handshake, and PHP warns of what it reads. */
function await_alert($stream): void
{
    stream_set_timeout($stream, 0, 200000);
    fread($stream, 1);
}

/** One reply: errors keep their sign, arrays are arrays, and null is no answer. */
function reply($stream)
{
    $line = fgets($stream);
    if ($line === false) {
        return null;
    }
    $rest = substr($line, 1, -2);
    switch ($line[0]) {
        case '*':
            return $rest < 0 ? [] : array_map(fn () => reply($stream), array_fill(0, (int) $rest, null));
        case '$':
            return $rest < 0 ? '' : substr(stream_get_contents($stream, (int) $rest + 2), 0, -2);
        case ':':
            return (int) $rest;
        default:
            return rtrim($line);
    }
}
