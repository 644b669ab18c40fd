"""What stands before two web processes: it leads every line to one of them, and cuts all when it leads elsewhere."""

import contextlib
import socket
import threading
from collections.abc import Iterator

ONE_READ = 65_536
CONNECT_S = 2.0


class Balancer:
    """Listens on a port of 127.0.0.1 until closed. Lines to a process that is not there are cut at once."""

    def __init__(self, port: int, target: int) -> None:
        self._target = target
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._door = socket.create_server(("127.0.0.1", port), backlog=64)
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def lead_to(self, target: int) -> None:
        """From now on; whoever still waits for the former one sees its line break and asks again."""
        with self._lock:
            self._target = target
            for line in self._open:
                _cut(line)

    def close(self) -> None:
        _cut(self._door)
        self._door.close()
        self.lead_to(0)
        self._thread.join()

    def _accept(self) -> None:
        while True:
            try:
                line, _ = self._door.accept()
            except OSError:  # closed
                return
            threading.Thread(target=self._serve, args=(line,), daemon=True).start()

    def _serve(self, line: socket.socket) -> None:
        with (
            line,
            contextlib.suppress(OSError),
            socket.create_connection(("127.0.0.1", self._target), CONNECT_S) as inner,
            self._held(line, inner),
        ):
            inner.settimeout(None)
            back = threading.Thread(target=_pump, args=(inner, line), daemon=True)
            back.start()
            _pump(line, inner)
            back.join()

    @contextlib.contextmanager
    def _held(self, *lines: socket.socket) -> Iterator[None]:
        with self._lock:
            self._open.update(lines)
        try:
            yield
        finally:
            with self._lock:
                self._open.difference_update(lines)


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(ONE_READ):
            sink.sendall(data)
    _cut(sink)


def _cut(line: socket.socket) -> None:
    with contextlib.suppress(OSError):
        line.shutdown(socket.SHUT_RDWR)
