"""python3 driver.py REQUEST: runs `redis-cli -c` once for every SET and GET, as a person at a prompt does.

redis-cli has no time-outs of its own: one that hangs is ended, and its key gets "no answer".
"""

import json
import os
import socket
import ssl
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

SECONDS = 9


def command(request):
    host, port = request["seeds"][0]
    words = ["redis-cli", "-c", "-h", host, "-p", str(port)]
    if request["tls"]:
        words.append("--tls")
        options = {"--cacert": "ca", "--cert": "cert", "--key": "key", "--sni": "server_name"}
        for option, field in options.items():
            if request[field]:
                words += [option, request[field]]
    if request["username"]:
        words += ["--user", request["username"]]
    return words


def environment(request):
    password = request["password"]
    return dict(os.environ, REDISCLI_AUTH=password) if password else dict(os.environ)


def run(request, *words):
    """What it prints, or None when it hangs; the second says what it printed to stderr, warnings included."""
    try:
        done = subprocess.run(
            command(request) + list(words),
            env=environment(request),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as ended:
        return None, (ended.stderr or b"").decode(errors="replace").strip()
    if done.returncode < 0:
        return f"crashed: signal {-done.returncode}", ""
    return done.stdout.decode(errors="replace").strip(), done.stderr.decode(errors="replace").strip()


def touch(request, key):
    """The error of a key (None when both commands worked), and all that was said about it."""
    said, errors = [], []
    for words, wanted in ((("SET", key, key), "OK"), (("GET", key), key)):
        out, err = run(request, *words)
        if out is None:
            return "no answer", [*said, err]
        said.append(err)
        if out != wanted:
            said.append(out)
            errors.append(err or out or "(nothing)")
    return (errors or [None])[0], said


def by_hand(request):
    """What the server says of a missing client certificate: redis-cli writes before it reads, and loses the alert."""
    host, port = request["seeds"][0]
    context = ssl.create_default_context(cafile=request["ca"])
    context.check_hostname = False
    if request["cert"]:
        context.load_cert_chain(request["cert"], request["key"])
    try:
        with socket.create_connection((host, port), 2) as tcp, context.wrap_socket(tcp) as tls:
            tls.settimeout(0.2)
            tls.recv(1)
    except TimeoutError:
        return []
    except OSError as error:
        return [f"{type(error).__name__}: {error}"]
    return []


def main(file):
    with open(file, encoding="utf-8") as opened:
        request = json.load(opened)
    keys = request["keys"]
    for done in range(request["rounds"]):
        if done and not sys.stdin.readline():
            return
        with ThreadPoolExecutor(max_workers=32) as pool:
            touched = list(pool.map(lambda key: touch(request, key), keys))
        said = dict.fromkeys(text for _, texts in touched for text in texts if text)
        errors = dict(zip(keys, (error for error, _ in touched)))
        inner = by_hand(request) if request["tls"] and all(errors.values()) else []
        line = {"keys": errors, "said": list(said), "inner": inner}
        print(json.dumps(line), flush=True)


main(sys.argv[1])
