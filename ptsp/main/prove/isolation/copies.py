"""Copies of a database, which may be spoilt, and are gone afterwards."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from sqlalchemy.engine import make_url

from ptsp.main.prove.isolation.worlds import plain
from ptsp.main.settings import Settings


@contextmanager
def copy_of(settings: Settings, name: str) -> Iterator[str]:
    """The URL of a copy, entered as administrator. Nobody may be using the source while it is made."""
    source = make_url(settings.admin_database_url)
    copy = f"{source.database}_{name}"
    admin = plain(source.set(database="postgres").render_as_string(hide_password=False))
    with psycopg.connect(admin, autocommit=True) as connection:
        made = f'CREATE DATABASE "{copy}" TEMPLATE "{source.database}" STRATEGY file_copy'
        connection.execute(made.encode())
    try:
        yield source.set(database=copy).render_as_string(hide_password=False)
    finally:
        with psycopg.connect(admin, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{copy}" WITH (FORCE)'.encode())
