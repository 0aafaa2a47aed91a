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

    def password_of_the_config(self):
        os.environ.setdefault("REDIS_PASSWORD", self.password or "")


class Answer:
    """One line: what became of each key, and what was said on the way."""

    def __init__(self, keys):
        self._lock = threading.Lock()
        self.keys = dict.fromkeys(keys, "no answer")
        self.said, self.inner = [], []

    def say(self, text):
        if text and text not in self.said:
            self.said.append(text)

    def log(self, text):
        if text not in self.inner:
            self.inner.append(text)

    def failed(self, error):
        """Notes an error with all that it came from, and returns the text of the error itself."""
        for each in chain(error):
            self.say(told(each))
        return told(error)

    def print(self, stdout):
        with self._lock:
            stdout.write(json.dumps({"keys": self.keys, "said": self.said, "inner": self.inner}) + "\n")
            stdout.flush()


def told(error):
    return f"{type(error).__name__}: {error}"


def chain(error, seen=()):
    """The error, its causes and contexts and the members of groups, each once."""
    if error is None or error in seen:
        return
    yield error
    seen = (*seen, error)
    for inner in (error.__cause__, error.__context__, *getattr(error, "exceptions", ())):
        yield from chain(inner, seen)


def drive(connect, touch, logger="", finish=lambda result: result, before_printing=lambda answer: None):
    request = Request(sys.argv[1])
    stdout, sys.stdout = sys.stdout, sys.stderr
    client = None
    for number in range(request.rounds or 1):
        if number and not sys.stdin.readline():
            break
        answer = Answer(request.keys)
        listen(answer, logger)
        watchdog = watch(answer, number, before_printing, stdout)
        try:
            client = client or finish(open_client(connect, request))
        except Exception as error:
            answer.keys = dict.fromkeys(request.keys, answer.failed(error))
        else:
            touch_all(lambda key: finish(touch(client, key)), request.keys, answer)
        watchdog.cancel()
        before_printing(answer)
        answer.print(stdout)
    os._exit(0)  # no library gets to wait for its threads


def open_client(connect, request):
    if not request.config:
        return connect(request)
    request.password_of_the_config()
    return runpy.run_path(request.config)["connect"]()


def touch_all(touch, keys, answer):
    for key in keys:
        try:
            touch(key)
            answer.keys[key] = None
        except Exception as error:
            answer.keys[key] = answer.failed(error)


def listen(answer, logger):
    """Warnings are seen on the console, and so are log records from `WARNING` on; the rest shows only when asked for."""
    warnings.showwarning = lambda message, category, *_: answer.say(f"{category.__name__}: {message}")

    class Listener(logging.Handler):
        def emit(self, record):
            note = answer.say if record.levelno >= logging.WARNING else answer.log
            note(record.getMessage())

    root = logging.getLogger(logger)
    root.setLevel(logging.DEBUG)
    root.handlers = [Listener()]


def watch(answer, number, before_printing, stdout):
    def give_up():
        before_printing(answer)
        answer.print(stdout)
        os._exit(0)

    left = STARTED + FIRST_ROUND + number * FURTHER_ROUND - time.monotonic()
    watchdog = threading.Timer(max(left, 0), give_up)
    watchdog.daemon = True
    watchdog.start()
    return watchdog
