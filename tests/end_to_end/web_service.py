"""A web program for services, in a minimal python3. ``$MODE`` has it misbehave."""

PROGRAM = """#!/usr/bin/env python3
import os, socket, sys, threading, time
mode = os.environ.get("MODE", "")
hung = threading.Event()
def serve(client):
    file = client.makefile("rb")
    while True:
        words = file.readline().split()
        if len(words) < 2:
            break
        length = 0
        while True:
            name, _, value = file.readline().strip().partition(b":")
            if not name:
                break
            if name.lower() == b"content-length":
                length = int(value)
        file.read(length)
        if hung.is_set():
            time.sleep(3600)
        if mode == "slow":
            time.sleep(1.5)
        if words[1] == b"/hang":
            hung.set()
        if words[1] == b"/download":
            client.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Length: %d\\r\\n\\r\\n" % (1 << 30))
            part = bytes(1 << 20)
            for _ in range(1 << 10):
                client.sendall(part)
            continue
        status = b"500 Broken" if mode == "500" else b"200 OK"
        body = os.environ["SLURM_JOB_ID"].encode()
        head = b"HTTP/1.1 %s\\r\\nContent-Length: %d\\r\\n\\r\\n" % (status, len(body))
        client.sendall(head + body)
    file.close()
    client.close()
def quietly(client):
    try:
        serve(client)
    except OSError:
        client.close()
if mode == "dies":
    print("There is no model of that name.", flush=True)
    sys.exit(3)
if mode == "deaf":
    time.sleep(3600)
if mode == "late":
    time.sleep(4)
listener = socket.socket(socket.AF_UNIX)
listener.bind(os.environ["DSSR_SOCKET"])
listener.listen(200)
print("listens", flush=True)
while True:
    threading.Thread(target=quietly, args=(listener.accept()[0],), daemon=True).start()
"""
