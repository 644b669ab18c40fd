"""The port of the pages: the wanted one unless somebody listens there."""

import socket

from ptsp.main.demo.platform import free_port


def listener() -> socket.socket:
    made = socket.create_server(("127.0.0.1", 0))
    made.listen()
    return made


def test_a_port_on_which_somebody_listens_is_not_taken() -> None:
    with listener() as taken:
        wanted = taken.getsockname()[1]
        assert free_port(wanted) != wanted


def test_a_port_whose_last_connections_linger_is_taken_again() -> None:
    with listener() as server:
        wanted = server.getsockname()[1]
        with socket.create_connection(("127.0.0.1", wanted)):
            line, _ = server.accept()
            line.close()  # the server's side closes first and is kept waiting by the system
    assert free_port(wanted) == wanted
