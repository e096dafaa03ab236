"""The presentations' services, and whoever stands before them: the gateway by its configuration, the
main service with libweir, and the one with a breaker of its own. All three give the same answers."""

import sqlite3
import time
from urllib.parse import quote

import pytest

from support.expect import problem
from support.postgres import Postgres
from support.services import configuration, service  # noqa: F401
from support.weir_process import SLOWER

OPEN = 1.0
TIMEOUT = 0.4
STAND_IN = "temporary unavailable"


def database(directory, kind):
    return ["--dsn", f"sqlite:{directory / kind}.db", "--faults"]


@pytest.fixture
def authors(service, tmp_path):  # noqa: F811
    return service("weir-presentations", *database(tmp_path, "authors"), kind="authors")


@pytest.fixture
def presentations(service, tmp_path):  # noqa: F811
    return service("weir-presentations", *database(tmp_path, "presentations"), kind="presentations")


# The two services.


def test_an_author_is_a_list_with_everything_about_him(authors):
    answer = authors.get("/authors/1")
    assert answer.status == 200 and answer.headers["Content-Type"] == "application/json"
    [author] = answer.json()
    assert list(author) == ["id", "first_name", "last_name", "email", "title", "birth_date"]
    assert (author["id"], author["first_name"], author["last_name"]) == (1, "Liam", "Moore")
    assert [(a["first_name"], a["last_name"]) for n in (2, 3) for a in authors.get(f"/authors/{n}").json()] == \
        [("Leah", "Griffiths"), ("Chadwick", "Gunn")]


@pytest.mark.parametrize("unknown", ["4", "0", "-1", "99999999999"])
def test_an_unknown_author_is_an_empty_list(authors, unknown):
    answer = authors.get(f"/authors/{unknown}")
    assert (answer.status, answer.json()) == (200, [])


def test_an_author_that_is_no_integer_is_400(authors):
    for wrong in ("abc", "1x", "1.5", "%31x"):
        problem(authors.get(f"/authors/{wrong}"), 400, "integer")


def test_presentations_are_listed_and_found_by_title(presentations):
    first = {"title": "First Presentation", "author_id": 1, "date": "23.02.2023"}
    second = {"title": "Second Presentation", "author_id": 2, "date": "23.02.2023"}
    assert presentations.get("/presentations").json() == [first, second]
    assert presentations.get("/presentations/Second%20Presentation").json() == [second]
    for unknown in ("Third%20Presentation", "first%20presentation", "%27%20OR%201=1--", "%E2%9C%93"):
        answer = presentations.get(f"/presentations/{unknown}")
        assert (answer.status, answer.json()) == (200, [])


# Who stands before them.


class Front:
    def __init__(self, at):
        self.at = at

    def page(self, title="First%20Presentation"):
        began = time.monotonic()
        answer = self.at.get(f"/presentationsAndAuthor/{title}")
        answer.took = time.monotonic() - began
        return answer

    def author(self, title="First%20Presentation"):
        answer = self.page(title)
        assert answer.status == 200, answer
        body = answer.json()
        assert list(body) == ["title", "last_name"] and body["title"] == title.replace("%20", " ")
        return body["last_name"]


@pytest.fixture(params=["gateway", "weir-presentations-main", "weir-presentations-own"])
def front(request, weir, service, authors, presentations):  # noqa: F811
    if request.param == "gateway":
        text = configuration("presentations/presentations.yaml",
                             {"timeout: 1s": f"timeout: {TIMEOUT * 1000:.0f}ms", "open: 10s": f"open: {OPEN:.0f}s"})
        return Front(weir(text, env={"AUTHORS_PORT": str(authors.port),
                                     "PRESENTATIONS_PORT": str(presentations.port)}))
    return Front(service(request.param, "--authors", authors.url, "--presentations", presentations.url,
                         "--timeout", f"{TIMEOUT * 1000:.0f}ms", "--open", f"{OPEN:.0f}s"))


def test_a_presentation_has_its_author(front):
    assert front.page().body == b'{"title":"First Presentation","last_name":"Moore"}'
    assert front.author("Second%20Presentation") == "Griffiths"


def test_an_unknown_title_is_404(front):
    problem(front.page("Third%20Presentation"), 404)


def test_presentations_away_are_a_problem_and_no_bare_500(front, presentations):
    presentations.stop()
    problem(front.page(), 502)
    presentations.start()
    assert front.author() == "Moore"


@pytest.mark.parametrize("fault", [{"fail": 500}, {"junk": "text"}, {"junk": "shape"}], ids=str)
def test_presentations_that_fail_are_502(front, presentations, fault):
    presentations.faults(**fault)
    problem(front.page(), 502)


def test_presentations_that_hang_are_504_after_the_time_out_and_nobody_hangs(front, presentations):
    presentations.faults(hang=True)
    answer = front.page()
    problem(answer, 504)
    assert TIMEOUT - 0.1 <= answer.took <= TIMEOUT + 0.3 * SLOWER


def test_a_title_that_is_no_text_is_nobodys_on_postgresql_too(service, tmp_path):  # noqa: F811
    server = Postgres().create().start()
    try:
        presentations = service("weir-presentations", "--dsn", server.fresh_database("presentations"),
                                kind="presentations")
        answer = presentations.get("/presentations/%FF")
        assert (answer.status, answer.body) == (200, b"[]")
        assert presentations.get("/presentations/First%20Presentation").json()[0]["author_id"] == 1
    finally:
        server.remove()


@pytest.mark.parametrize("title, status", [("First+Presentation", 404), ("first%20presentation", 404), ("a%2Fb", 404), ("a/b", 404),
                                           ("", 404), ("%27%20OR%201=1--", 404), ("%22%7D", 404), ("%E2%9C%93", 404),
                                           ("%FF", 404), ("%zz", 400), ("%", 400), ("%00", 400)])
def test_odd_titles_are_a_4xx_with_a_problem_whoever_answers(front, authors, title, status):
    problem(front.page(title), status)
    assert authors.get("/_fault").json()["requests"] == 0


def test_a_title_may_hold_anything(front, tmp_path):
    odd = 'Qu"ote / \u2713 & ?'
    with sqlite3.connect(tmp_path / "presentations.db") as db:
        db.execute("INSERT INTO presentation (title, author_id, date) VALUES (?, 3, '01.01.2024')", (odd,))
    db.close()
    answer = front.page(quote(odd, safe=""))
    assert (answer.status, answer.json()) == (200, {"title": odd, "last_name": "Gunn"})


def test_nobody_by_that_id_is_no_name_and_no_failure(front, authors, tmp_path):
    with sqlite3.connect(tmp_path / "presentations.db") as db:
        db.execute("INSERT INTO presentation (title, author_id, date) VALUES ('Orphan', 99, '01.01.2024')")
    db.close()
    for _ in range(6):
        assert front.author("Orphan") is None
    assert front.author() == "Moore"
    assert authors.get("/_fault").json()["requests"] == 7


@pytest.mark.parametrize("fault", [{"fail": 500}, {"fail": 503}, {"junk": "text"}, {"reset_after": 0}],
                         ids=lambda f: "-".join(f))
def test_from_the_first_failure_on_there_is_the_stand_in_and_the_fifth_opens(front, authors, fault):
    assert front.author() == "Moore"
    authors.faults(**fault)
    for _ in range(5):
        assert front.author() == STAND_IN
    sent = authors.get("/_fault").json()["requests"]
    # A kept connection that proves dead is replaced by a fresh one, once, without that being a failure.
    assert sent == 6 or ("reset_after" in fault and sent == 7)
    authors.faults()
    assert front.author() == STAND_IN  # open: nothing is sent
    assert authors.get("/_fault").json()["requests"] == sent


def test_four_failures_and_a_success_leave_it_closed(front, authors):
    for _ in range(2):
        authors.faults(fail=500)
        for _ in range(4):
            assert front.author() == STAND_IN
        authors.faults()
        assert front.author() == "Moore"


def test_a_probe_that_fails_has_the_stand_in_and_one_that_succeeds_closes(front, authors):
    authors.stop()
    for _ in range(5):
        assert front.author() == STAND_IN
    opened = time.monotonic()
    authors.start()
    authors.faults(fail=500)
    while time.monotonic() < opened + OPEN * 0.7:
        assert front.author() == STAND_IN
        time.sleep(0.05)
    assert authors.get("/_fault").json()["requests"] == 0
    time.sleep(max(0, opened + OPEN * 1.05 - time.monotonic()))
    assert front.author() == STAND_IN  # the probe
    assert front.author() == STAND_IN  # open again
    assert authors.get("/_fault").json()["requests"] == 1
    authors.faults()
    time.sleep(OPEN * 1.1)
    assert front.author() == "Moore"
    assert front.author() == "Moore"
    assert authors.get("/_fault").json()["requests"] == 3


def test_authors_that_hang_cost_the_time_out_five_times_and_then_nothing(front, authors):
    authors.faults(hang=True)
    for _ in range(5):
        answer = front.page()
        assert answer.json()["last_name"] == STAND_IN
        assert TIMEOUT - 0.1 <= answer.took <= TIMEOUT + 0.1 * SLOWER
    took = []
    for _ in range(5):
        answer = front.page()
        assert answer.json()["last_name"] == STAND_IN
        took.append(answer.took)
    assert sorted(took)[2] < 0.02 * SLOWER, took


def test_one_probe_goes_through_however_many_ask(front, authors):
    import threading

    authors.faults(fail=500)
    for _ in range(5):
        front.author()
    authors.faults(delay="200ms")
    time.sleep(OPEN * 1.1)
    got = []
    crowd = [threading.Thread(target=lambda: got.append(front.author())) for _ in range(6)]
    for one in crowd:
        one.start()
    for one in crowd:
        one.join()
    assert sorted(got) == ["Moore"] + [STAND_IN] * 5
    assert authors.get("/_fault").json()["requests"] == 6
