"""A web program on TCP and a WebSocket echo, on two ports that the first line of stdout has."""

import socketserver
import threading

from websockets.sync.server import ServerConnection, serve

from tests.dssr.services.front.programs import Program, WebProgram


class _Handler(WebProgram):
    disable_nagle_algorithm = True


class _TcpServer(Program, socketserver.ThreadingTCPServer):
    daemon_threads = True
    request_queue_size = 300


def _echo(connection: ServerConnection) -> None:
    for message in connection:
        connection.send(message)


def main() -> None:
    """Serve for ever."""
    web = _TcpServer(("0.0.0.0", 0), _Handler)
    sockets = serve(_echo, "0.0.0.0", 0, max_size=None, compression=None)
    threading.Thread(target=sockets.serve_forever, daemon=True).start()
    print(web.server_address[1], sockets.socket.getsockname()[1], flush=True)
    web.serve_forever()


if __name__ == "__main__":
    main()
