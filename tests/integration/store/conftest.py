from __future__ import annotations

import os
import secrets
from typing import TYPE_CHECKING, Protocol

import pytest

from flasklab.config import Settings
from flasklab.runs.run import NewRun, Run, new_run_id
from flasklab.runs.times import now
from flasklab.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from flasklab.runs.json import Json

POSTGRES = os.environ.get("FLASKLAB_TEST_POSTGRES_URL", "postgresql+psycopg://postgres@127.0.0.1:5432/test")


class Queue(Protocol):
    def __call__(
        self, experiment: str = ..., *, run_id: str | None = ..., key: str | None = ..., note: str = ..., **params: Json
    ) -> Run: ...


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A database of its own on the tests' PostgreSQL, gone afterwards."""
    import psycopg
    from psycopg import sql
    from sqlalchemy import make_url

    plain = make_url(POSTGRES).set(drivername="postgresql").render_as_string(hide_password=False)
    try:
        admin = psycopg.connect(plain, autocommit=True, connect_timeout=3)
    except psycopg.OperationalError as error:
        reason = f"PostgreSQL does not answer at FLASKLAB_TEST_POSTGRES_URL ({POSTGRES}): {error}"
        if os.environ.get("FLASKLAB_TEST_REQUIRE") == "all":
            pytest.fail(reason)
        pytest.skip(reason)
    name = f"flasklab_{secrets.token_hex(6)}"
    with admin:
        admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            yield make_url(POSTGRES).set(database=name).render_as_string(hide_password=False)
        finally:
            admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture
def empty_postgres(postgres_url: str) -> str:
    """The address of an empty PostgreSQL database."""
    import psycopg

    with psycopg.connect(postgres_url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")
    return postgres_url


@pytest.fixture
def sqlite_settings(tmp_path: Path) -> Settings:
    results = tmp_path / "results"
    return Settings(root=tmp_path, results=results, experiments="", database_url=f"sqlite:///{results / 'lab.db'}")


@pytest.fixture(params=["sqlite", "postgresql"])
def settings(request: pytest.FixtureRequest, sqlite_settings: Settings) -> Settings:
    """A lab's settings, once with each database: every contract holds for both."""
    if request.param == "sqlite":
        return sqlite_settings
    return sqlite_settings.replaced(database_url=request.getfixturevalue("empty_postgres"))


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    store = Store(settings, checkpointing=True).open()
    yield store
    store.close()


@pytest.fixture
def sqlite_store(sqlite_settings: Settings) -> Iterator[Store]:
    store = Store(sqlite_settings, checkpointing=True).open()
    yield store
    store.close()


@pytest.fixture
def queue(store: Store) -> Queue:
    """Queues a run and returns it."""

    def queue(
        experiment: str = "double",
        *,
        run_id: str | None = None,
        key: str | None = None,
        note: str = "",
        **params: Json,
    ) -> Run:
        new = NewRun(id=run_id or new_run_id(), experiment=experiment, params=params, idempotency_key=key, note=note)
        with store.write() as unit:
            return unit.runs.add(new, now())

    return queue


@pytest.fixture
def second_database(settings: Settings, request: pytest.FixtureRequest) -> str:
    """The address of an empty database of the kind that `settings` does not name."""
    if settings.database_url.startswith("sqlite"):
        return str(request.getfixturevalue("empty_postgres"))
    return f"sqlite:///{settings.results.with_name('restored') / 'lab.db'}"
