<?php

require __DIR__ . '/byhand.php';

// What the PHP drivers share. The library runs in a child, so that a crash or a call that never returns is still told:
// the child writes what happens down a pipe, line by line, and this process prints the line of each round.

const FIRST_ROUND = 22.0;
const FURTHER_ROUND = 14.0;

/** What the harness asks for. */
function request(string $file): array
{
    return json_decode(file_get_contents($file), true, 16, JSON_THROW_ON_ERROR);
}

/**
 * Runs `$connect($request)` and then, for every key of every round, `$touch($client, $key)`.
 *
 * Warnings are what an application sees on its console or in its log, so they are said.
 */
function drive(array $request, callable $connect, callable $touch): void
{
    [$ours, $theirs] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
    $child = pcntl_fork();
    if ($child === 0) {
        fclose($ours);
        work($request, $theirs, $connect, $touch);
        exit(0);
    }
    fclose($theirs);
    watch($request, $ours, $child);
}

/** The child: an ordinary application. */
function work(array $request, $pipe, callable $connect, callable $touch): void
{
    $tell = fn (array $event) => fwrite($pipe, json_encode($event, JSON_INVALID_UTF8_SUBSTITUTE) . "\n");
    // What the library calls with `@` is shown to nobody, and what is done by hand below is not the library's.
    $hand = false;
    set_error_handler(function (int $level, string $text) use ($tell, &$hand) {
        $tell([$hand || !(error_reporting() & $level) ? 'inner' : 'said' => $text]);
        return true;
    });
    [$client, $failed] = [null, null];
    try {
        $client = $request['config'] === null ? $connect($request) : require $request['config'];
    } catch (Throwable $error) {
        $failed = chain($error, $tell);
    }
    for ($round = 1; $round <= $request['rounds']; $round++) {
        if ($round > 1 && fgets(STDIN) === false) {
            return;
        }
        $tell(['begin' => $round]);
        $well = true;
        foreach ($request['keys'] as $key) {
            $error = $failed ?? outcome($client, $key, $touch, $tell);
            $well = $well && $error === null;
            $tell(['key' => $key, 'error' => $error]);
        }
        if (!$well && $request['config'] === null) {
            $hand = true;
            by_hand($request, $tell);
            $hand = false;
        }
        $tell(['end' => $round]);
    }
}

/** Null when the value came back as it was put in. */
function outcome($client, string $key, callable $touch, callable $tell): ?string
{
    try {
        $value = $touch($client, $key);
        return $value === $key ? null : 'came back as ' . var_export($value, true);
    } catch (Throwable $error) {
        return chain($error, $tell);
    }
}

/** Says an exception and what it was made from; answers its own text. */
function chain(Throwable $error, callable $tell): string
{
    for ($e = $error; $e !== null; $e = $e->getPrevious()) {
        $tell(['said' => get_class($e) . ': ' . $e->getMessage()]);
    }
    return $error->getMessage() !== '' ? $error->getMessage() : get_class($error);
}

/** The parent: prints a line a round, whatever becomes of the child. */
function watch(array $request, $pipe, int $child): void
{
    $unanswered = array_fill_keys($request['keys'], 'no answer');
    [$keys, $said, $inner] = [$unanswered, [], []];
    $until = microtime(true) + FIRST_ROUND;
    while (($line = line($pipe, $until)) !== null) {
        $event = json_decode($line, true);
        if (isset($event['said'])) {
            $said[] = $event['said'];
        } elseif (isset($event['inner'])) {
            $inner[] = $event['inner'];
        } elseif (isset($event['key'])) {
            $keys[$event['key']] = $event['error'];
        } elseif (($event['begin'] ?? 1) > 1) {
            $until = microtime(true) + FURTHER_ROUND;
        } elseif (isset($event['end'])) {
            answer($keys, $said, $inner);
            if ($event['end'] === $request['rounds']) {
                exit(0);
            }
            [$keys, $said, $inner] = [$unanswered, [], []];
            $until = microtime(true) + 600;
        }
    }
    if (pcntl_waitpid($child, $status, WNOHANG) === 0 && !feof($pipe)) {
        posix_kill($child, SIGKILL);
        answer($keys, $said, $inner);
        exit(0);
    }
    crashed($keys, $said, $inner, $status, $child);
}

/** A child that ended without having ended its round: a library took the process with it. */
function crashed(array $keys, array $said, array $inner, int $status, int $child): void
{
    pcntl_waitpid($child, $late);
    $status = $status ?: $late;
    if (pcntl_wifsignaled($status)) {
        $text = 'crashed: signal ' . pcntl_wtermsig($status);
        answer(array_fill_keys(array_keys($keys), $text), [...$said, $text], $inner);
        exit(0);
    }
    fwrite(STDERR, "the driver ended early, status $status\n");
    exit(1);
}

/** The next line of the child, or null at its end and when there is no more time. */
function line($pipe, float $until): ?string
{
    static $buffer = '';
    while (($end = strpos($buffer, "\n")) === false) {
        $left = $until - microtime(true);
        $readable = [$pipe];
        $none = null;
        if ($left <= 0 || !@stream_select($readable, $none, $none, (int) $left, (int) (fmod($left, 1) * 1e6))) {
            return null;
        }
        $chunk = fread($pipe, 65536);
        if ($chunk === '' || $chunk === false) {
            return null;
        }
        $buffer .= $chunk;
    }
    $line = substr($buffer, 0, $end);
    $buffer = substr($buffer, $end + 1);
    return $line;
}

function answer(array $keys, array $said, array $inner): void
{
    $once = fn (array $texts) => array_values(array_unique($texts));
    $line = ['keys' => (object) $keys, 'said' => $once($said), 'inner' => $once($inner)];
    echo json_encode($line, JSON_INVALID_UTF8_SUBSTITUTE), "\n";
    flush();
}
