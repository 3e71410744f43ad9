"""Web programs for the services of the tests and their client."""

import socket

from dssr.seams.services import Address

# Answers every request with the number of its generation, its job and its node, and then closes.
_ANSWER = """
import os, signal, socket, sys, threading, time
def serve(client):
    request = client.recv(65536)
    place = " ".join(os.environ[n] for n in ("DSSR_GENERATION", "SLURM_JOB_ID", "SLURMD_NODENAME"))
    status = b"503 Loading" if os.path.exists("loading") else b"200 OK"
    body = place.encode()
    head = b"HTTP/1.1 %s\\r\\nContent-Length: %d\\r\\nConnection: close\\r\\n\\r\\n"
    client.sendall(head % (status, len(body)) + body)
    client.close()
def listen(listener):
    listener.listen(50)
    while True:
        threading.Thread(target=serve, args=(listener.accept()[0],)).start()
"""
ON_SOCKET = f"""#!/usr/bin/env python3
{_ANSWER}
listener = socket.socket(socket.AF_UNIX)
listener.bind(os.environ["DSSR_SOCKET"])
print("listening on a socket", flush=True)
listen(listener)
"""
ON_PORT = f"""#!/usr/bin/env python3
{_ANSWER}
host, port = sys.argv[1], int(os.environ["DSSR_PORT"])
listener = socket.socket()
listener.bind((host, port))
print("listening on", port, flush=True)
listen(listener)
"""
# Takes a port of its own, and says which.
ON_ANY_PORT = f"""#!/usr/bin/env python3
{_ANSWER}
listener = socket.socket()
listener.bind(("127.0.0.1", 0))
port = listener.getsockname()[1]
if sys.argv[1] == "file":
    with open(os.environ["DSSR_ADDRESS_FILE"], "w") as file:
        file.write("127.0.0.1:%d" % port)
print("Running on http://127.0.0.1:%d" % port, flush=True)
listen(listener)
"""


def exchange(address: str, port: int, sent: bytes, patience: float = 15.0) -> bytes:
    """All that comes back for these bytes; nothing where the connection breaks."""
    try:
        with socket.create_connection((address, port), patience) as client:
            client.sendall(sent)
            received = b""
            while piece := client.recv(65536):
                received += piece
            return received
    except ConnectionError:
        return b""


def get(host: str, address: Address) -> bytes:
    """What the service answers to a request. ``host``: the node's address."""
    preface = f"DSSR1 {address.secret}\n" if address.secret else ""
    return exchange(host, address.port, f"{preface}GET / HTTP/1.0\r\n\r\n".encode())
