"""What the drivers of Python libraries share: the request, the line that answers each round, a watchdog that always ends it.

A driver calls `drive` with two functions of its own:

    connect(request)     what an application writes; raises what the library raises
    touch(client, key)   SET then GET

Where these are asynchronous, `finish` waits for what they return.
"""

import json
import logging
import os
import runpy
import socket
import ssl
import sys
import threading
import time
import warnings

STARTED = time.monotonic()
FIRST_ROUND, FURTHER_ROUND = 24, 15  # seconds


class Request:
    """The request file; a key that is not in it is None."""

    def __init__(self, path):
        with open(path) as file:
            self._asked = json.load(file)

    def __getattr__(self, name):
        return self._asked.get(name)


class Answer:
    """One line: what became of each key, and what was said on the way."""

    def __init__(self, keys):
        self.keys = dict.fromkeys(keys, "no answer")
        self.said, self.inner = [], []

    def say(self, text):
        if text not in self.said:
            self.said.append(text)

    def log(self, text):
        if text not in self.inner:
            self.inner.append(text)

    def failed(self, error):
        """Notes an error with all that it came from, and returns the text of the error itself."""
        for each in chain(error):
            self.say(told(each))
        return told(error)

    def __str__(self):
        return json.dumps({"keys": self.keys, "said": self.said, "inner": self.inner})


def told(error):
    return f"{type(error).__name__}: {error}"


def chain(error, seen=()):
    """The error, its causes and contexts, each once."""
    if error is None or error in seen:
        return
    yield error
    for inner in (error.__cause__, error.__context__):
        yield from chain(inner, (*seen, error))


def drive(connect, touch, logger="", finish=lambda result: result, collect=lambda answer: None, explain=lambda *_: None):
    """Runs every round; `collect` takes in what was logged, `explain` adds to `inner` what the library hides of a failure."""
    request, client = Request(sys.argv[1]), None
    stdout, sys.stdout = sys.stdout, sys.stderr
    for number in range(request.rounds or 1):
        if number and not sys.stdin.readline():
            break
        answer = Answer(request.keys)
        listen(answer, logger)
        watchdog = watch(number, lambda: conclude(answer, collect, stdout))
        try:
            client = client or finish(open_client(connect, request))
            touch_all(lambda key: finish(touch(client, key)), request.keys, answer)
        except Exception as error:
            answer.keys = dict.fromkeys(request.keys, answer.failed(error))
        if any(answer.keys.values()):
            collect(answer)
            explain(answer, request)
        watchdog.cancel()
        conclude(answer, collect, stdout)
    os._exit(0)  # no library gets to wait for its threads


def open_client(connect, request):
    if not request.config:
        return connect(request)
    os.environ.setdefault("REDIS_PASSWORD", request.password or "")
    return runpy.run_path(request.config)["connect"]()


def touch_all(touch, keys, answer):
    for key in keys:
        try:
            touch(key)
            answer.keys[key] = None
        except Exception as error:
            answer.keys[key] = answer.failed(error)


def conclude(answer, collect, stdout):
    collect(answer)
    print(answer, file=stdout, flush=True)


def watch(number, conclude):
    def give_up():
        conclude()
        os._exit(0)

    left = STARTED + FIRST_ROUND + number * FURTHER_ROUND - time.monotonic()
    watchdog = threading.Timer(max(left, 0), give_up)
    watchdog.daemon = True
    watchdog.start()
    return watchdog


def listen(answer, logger):
    """Warnings are seen on the console, and so are log records from WARNING on; the rest is debugging."""
    warnings.showwarning = lambda message, category, *_: answer.say(f"{category.__name__}: {message}")

    class Listener(logging.Handler):
        def emit(self, record):
            text = record.getMessage()
            if record.levelno >= logging.WARNING:
                answer.say(text)
            elif "rror" in text:
                answer.log(text)

    root = logging.getLogger(logger)
    root.setLevel(logging.DEBUG)
    root.handlers = [Listener()]


def on_the_wire(host, port, request):
    """What a bare connection meets where the library hides it: the TLS alert, the reset."""
    try:
        with socket.create_connection((host, port), timeout=2) as connection:
            if request.tls:
                context = ssl.create_default_context(cafile=request.ca)
                context.check_hostname = False
                connection = context.wrap_socket(connection, server_hostname=host)
            else:
                connection.sendall(b"PING\r\n")
            # A TLS server that turns the client away says so unasked; writing first would race with its close.
            return f"{host}:{port} answers {connection.recv(100)!r}"
    except OSError as error:
        return f"{host}:{port}: {told(error)}"
