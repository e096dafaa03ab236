"""The shop's databases: schemas brought up to date, and what happens while a database is away."""

import sqlite3
import threading
import time

import pytest

from support.expect import problem
from support.postgres import Postgres
from support.shop import run_to_end, shop  # noqa: F401


@pytest.fixture(scope="module")
def cluster():
    server = Postgres().create().start()
    yield server
    server.remove()


@pytest.fixture
def postgres(cluster):
    """The server, running, however the test before has left it."""
    if not cluster.running():
        cluster.start()
    return cluster


CART = [{"product_id": p} for p in (1, 2, 3)]


# Schemas.


def test_a_second_start_finds_the_schema_and_the_rows_as_they_are(shop, tmp_path):
    dsn = f"sqlite:{tmp_path / 'kept.db'}"
    shop("cart", dsn=dsn).stop()
    with sqlite3.connect(tmp_path / "kept.db") as db:
        db.execute("INSERT INTO user_cart VALUES (3, 4)")
    db.close()
    service = shop("cart", dsn=dsn)
    assert service.get("/users/1/cart").json() == CART
    assert service.get("/users/3/cart").json() == [{"product_id": 4}]
    assert "schema brought up to date" not in service.log()


def test_a_second_start_on_postgresql_does_too(shop, postgres):
    dsn = postgres.fresh_database("cart")
    shop("cart", dsn=dsn).stop()
    service = shop("cart", dsn=dsn)
    assert service.get("/users/1/cart").json() == CART
    assert postgres.sql("SELECT count(*) FROM user_cart", "cart") == "6"


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_processes_that_start_at_the_same_time_make_the_schema_once(request, shop, tmp_path, kind):
    dsn = f"sqlite:{tmp_path / 'shared.db'}" if kind == "sqlite" else \
        request.getfixturevalue("postgres").fresh_database("cart")
    together = [shop("cart", dsn=dsn, start=False) for _ in range(6)]
    for service in together:
        service.start(ready=False)
    for service in together:
        service.wait_ready()
        assert service.get("/users/1/cart").json() == CART
    assert sum("schema brought up to date" in service.log() for service in together) == 1


# At the start.


@pytest.mark.parametrize("dsn, code, said", [
    ("mysql://x/y", 78, "sqlite:PATH or postgresql://"),
    ("cart.db", 78, "sqlite:PATH"),
    ("sqlite:", 78, "names no file"),
    ("sqlite::memory:", 78, "names no file"),
    ("sqlite:/no/such/directory/cart.db", 78, "/no/such/directory/cart.db"),
    ("postgresql://shop:secret@127.0.0.1:port/cart", 78, "port"),
    ("postgresql://shop:se%zzcret@127.0.0.1/cart", 78, "percent-encoded"),
])
def test_a_wrong_dsn_is_one_clear_line_and_exit_78(tmp_path, dsn, code, said):
    done = run_to_end(tmp_path, "weir-shop", "cart", "--listen", "127.0.0.1:0", "--dsn", dsn)
    assert done.returncode == code, done
    assert said in done.stderr and "secret" not in done.stderr and "se%zzcret" not in done.stderr
    assert len(done.stderr.splitlines()) == 1, done.stderr


def test_a_file_that_is_no_database_is_exit_1(tmp_path):
    (tmp_path / "text.db").write_text("this is no database, however long one looks at it\n" * 20)
    done = run_to_end(tmp_path, "weir-shop", "cart", "--listen", "127.0.0.1:0", "--dsn", f"sqlite:{tmp_path / 'text.db'}")
    assert done.returncode == 1 and "not a database" in done.stderr, done


def test_a_database_that_does_not_exist_is_a_wrong_dsn(tmp_path, postgres):
    done = run_to_end(tmp_path, "weir-shop", "cart", "--listen", "127.0.0.1:0", "--dsn", postgres.dsn("nowhere"))
    assert done.returncode == 78, done
    assert 'database "nowhere" does not exist' in done.stderr and len(done.stderr.splitlines()) == 1


def test_a_server_that_is_not_there_is_waited_for_as_long_as_stated(tmp_path, free_port):
    started = time.monotonic()
    done = run_to_end(tmp_path, "weir-shop", "cart", "--listen", "127.0.0.1:0", "--wait-database", "1s",
                      "--dsn", f"postgresql://shop:secret@127.0.0.1:{free_port}/cart")
    assert done.returncode == 1, done
    assert 0.7 <= time.monotonic() - started < 4
    assert "trying again for=1s" in done.stderr and "tried for 1s" in done.stderr and "secret" not in done.stderr
    assert len(done.stderr.splitlines()) == 2, done.stderr


def test_a_server_that_comes_while_it_is_waited_for_is_used(shop, postgres):
    dsn = postgres.fresh_database("cart")
    postgres.stop()
    service = shop("cart", "--wait-database", "20s", dsn=dsn, start=False)
    service.start(ready=False)
    time.sleep(0.5)
    postgres.start()
    service.wait_ready(20)
    assert service.get("/users/1/cart").json() == CART


# While it runs.


def wait_for(service, status, timeout=10.0):
    end = time.monotonic() + timeout
    while (answer := service.get("/users/1/cart")).status != status:
        assert time.monotonic() < end, f"still {answer}\n{service.log()}"
        time.sleep(0.02)
    return answer


def test_a_service_holds_six_connections(shop, postgres):
    service = shop("cart", dsn=postgres.fresh_database("cart"))
    assert service.get("/users/1/cart").json() == CART
    end = time.monotonic() + 5
    query = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'weir-shop cart'"
    while (held := postgres.sql(query)) != "6":
        assert time.monotonic() < end, held
        time.sleep(0.02)


def test_row_47_a_database_that_goes_away_is_503_and_comes_back_by_itself(shop, postgres):
    service = shop("cart", dsn=postgres.fresh_database("cart"))
    postgres.stop()
    problem(wait_for(service, 503), 503, "away")
    # One who asks while it is away hears so at once, and when to come again.
    away = service.get("/users/1/cart")
    assert away.seconds < 0.5 and away.headers["Retry-After"] == "1"
    problem(service.get("/users/none/cart"), 400)
    assert service.get("/livez").status == 200
    postgres.start()
    assert wait_for(service, 200).json() == CART
    log = service.log()
    assert log.count("database is away") == 1 and log.count("database is back") == 1, log
    assert service.stop() == 0


def test_row_47_every_request_across_a_restart_is_answered_200_or_503(shop, postgres):
    service = shop("cart", dsn=postgres.fresh_database("cart"))
    seen, done = [], threading.Event()

    def ask():
        while not done.is_set():
            with service.connect() as c:
                while not done.is_set():
                    answer = c.request("GET", "/users/1/cart")
                    seen.append((answer.status, answer.json() == CART))
                    time.sleep(0.005)

    askers = [threading.Thread(target=ask) for _ in range(8)]
    for t in askers:
        t.start()
    time.sleep(0.3)
    postgres.stop()
    time.sleep(0.5)
    postgres.start()
    time.sleep(3)
    done.set()
    for t in askers:
        t.join(20)
        assert not t.is_alive(), "a request was never answered"
    assert {status for status, _ in seen} == {200, 503}
    assert all(right == (status == 200) for status, right in seen)
    assert [status for status, _ in seen[-8:]] == [200] * 8


def test_row_47_sessions_ended_by_the_server_cost_no_request(shop, postgres):
    service = shop("cart", dsn=postgres.fresh_database("cart"))
    for _ in range(3):
        postgres.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                     "WHERE application_name = 'weir-shop cart'")
        assert service.get("/users/1/cart").json() == CART


@pytest.mark.longest(90)
def test_a_database_that_hangs_is_503_after_five_seconds(shop, postgres):
    service = shop("cart", dsn=postgres.fresh_database("cart"))
    assert service.get("/users/1/cart").status == 200
    postgres.freeze()
    try:
        answer = service.get("/users/1/cart", timeout=20)
        problem(answer, 503)
        assert 4.5 <= answer.seconds < 9
    finally:
        postgres.thaw()
    assert wait_for(service, 200).json() == CART
