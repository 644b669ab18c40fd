"""`ptsp web`: the web server as a child with the settings filled in. The application is imported only there."""

import os
import signal
import subprocess
import sys

import click

from ptsp.main.standing import standing


@click.command()
@click.option("--port", default=8080, show_default=True)
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--workers", default=1, show_default=True, help="processes")
@click.option("--threads", default=8, show_default=True, help="threads per process")
def web(port: int, host: str, workers: int, threads: int) -> None:
    """Serve the pages and the API."""
    with standing() as settings:
        command = [
            sys.executable, "-m", "granian", "--interface", "wsgi", "--host", host, "--port", str(port),
            "--workers", str(workers), "--blocking-threads", str(threads), "--factory", "--no-ws",
            "--log-level", "warning", "ptsp.main.web:app_from_env",
        ]  # fmt: skip
        server = subprocess.Popen(command, env={**os.environ, **settings.as_env()})
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: server.terminate())
        sys.exit(server.wait())
