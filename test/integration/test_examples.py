"""Every file of examples/ does what its comment says. The files run as they are, but for the ports:
127.0.0.1:8001 becomes the first scripted service, 8002 the second."""

import re
import threading
import time

import pytest
from support.expect import partial, problem
from support.raw_client import format_request
from support.tls_upstream import authority
from support.upstream import hang, in_turn, json_reply, json_text, respond, status, text_reply
from support.waiting import wait_for
from support.weir_process import ROOT

EXAMPLES = sorted((ROOT / "examples").glob("*.yaml"))
TESTS = {}


def example(name):
    """Registers the test of a file; it is called with the gate and the two services."""

    def keep(function):
        TESTS[name] = function
        return function

    return keep


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.stem)
def test_example(path, weir, upstream, tls_upstream):
    assert path.stem in TESTS, f"{path.name} has no test"
    one, two = upstream(), upstream()
    env = {}
    text = path.read_text()
    # The fixture puts its own in.
    text = re.sub(r"^(listen|admin): .*\n", "", text, flags=re.M)
    text = text.replace("127.0.0.1:8001", one.address).replace("127.0.0.1:8002", two.address)
    if "localhost:8443" in text:
        one = tls_upstream("valid")
        text = text.replace("localhost:8443", f"localhost:{one.port}")
        env["VAULT_CA"] = str(authority().certificate)
    prepare = TESTS[path.stem](one, two)
    next(prepare)
    gate = weir(text, env=env)
    with pytest.raises(StopIteration):
        prepare.send(gate)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.stem)
def test_each_is_sound_as_it_stands_and_says_what_it_shows(path, command):
    lines = path.read_text().splitlines()
    comment = [line for line in lines[: next(n for n, l in enumerate(lines) if not l.startswith("#"))]]
    assert 1 <= len(comment) <= 3, f"{len(comment)} lines of comment"
    done = command("check", path)
    assert done.code == 0 and "warning" not in done.out + done.err, done


def test_each_test_has_its_file():
    assert set(TESTS) == {path.stem for path in EXAMPLES}


def slot(name, make):
    return lambda x: json_reply(make(x.request.slots[name]))(x)


@example("01-proxy")
def proxy(blog, _):
    blog.always(lambda x: json_reply({"target": x.request.target}, status=203)(x))
    gate = yield
    answer = gate.get("/articles/7?lang=en")
    assert (answer.status, answer.json()) == (203, {"target": "/articles/7?lang=en"})
    problem(gate.get("/elsewhere"), 404)


@example("02-compose")
def compose(users, orders):
    both = threading.Barrier(2)
    users.on("/users/{u}", lambda x: (both.wait(5), json_reply({"name": "Ann"})(x)))
    orders.on("/orders", lambda x: (both.wait(5), json_reply([1, 2])(x)))
    gate = yield
    assert gate.get("/home/7").json() == {"name": "Ann", "open_orders": 2}
    assert users.last.path == "/users/7" and orders.last.query == [("user", "7")]


@example("03-optional")
def optional(articles, comments):
    articles.on("/articles/{a}", json_reply({"title": "Rivers"}))
    comments.on("/comments", in_turn(json_reply(["good"]), status(500), hang()))
    gate = yield
    whole = gate.get("/articles/1")
    assert whole.json() == {"title": "Rivers", "comments": ["good"]} and partial(whole) == {}
    for reason in ("status_500", "response_timeout"):
        answer = gate.get("/articles/1")
        assert answer.json() == {"title": "Rivers", "comments": None}
        assert partial(answer) == {"comments": reason}
    articles.stop()
    problem(gate.get("/articles/1"), 502)


@example("04-fan-out")
def fan_out(products, stock):
    products.on("/products", json_reply([{"id": n, "name": f"p{n}"} for n in range(40)]))
    stock.on("/items/{i}", lambda x: (x.sleep(0.02), json_reply({"count": int(x.request.slots["i"]) * 2})(x))).on("/items/5", status(500))
    gate = yield
    answer = gate.get("/products")
    assert answer.json() == [{"name": f"p{n}", "in_stock": None if n == 5 else n * 2} for n in range(40)]
    assert partial(answer) == {"stock": "status_500"}
    assert stock.most_in_flight <= 16


@example("05-chain")
def chain(library, _):
    library.on("/books/{b}", json_reply({"title": "T", "author_id": 9}, delay=0.1))
    library.on("/authors/{a}", json_reply({"first_name": "A", "last_name": "B"})).on("/reviews", json_reply([5]))
    gate = yield
    assert gate.get("/books/12").json() == {"title": "T", "author": "A B", "reviews": [5]}
    assert [r.path for r in library.seen()][2] == "/authors/9"


@example("06-missing")
def missing(talks, authors):
    talks.on("/talks/{t}", json_reply([])).on("/talks/First%20Talk", json_reply([{"title": "First Talk", "author_id": 1}]))
    authors.on("/authors/1", in_turn(json_reply([{"last_name": "Moore"}]), json_reply([]), status(500)))
    gate = yield
    problem(gate.get("/talks/unknown"), 404)
    assert gate.get("/talks/First%20Talk").json() == {"title": "First Talk", "last_name": "Moore"}
    nobody = gate.get("/talks/First%20Talk")
    assert nobody.json() == {"title": "First Talk", "last_name": None} and partial(nobody) == {}
    failed = gate.get("/talks/First%20Talk")
    assert failed.json()["last_name"] == "temporarily unavailable" and partial(failed) == {"author": "status_500"}


@example("07-time")
def times(search, ads):
    search.on("/search", in_turn(json_reply(["hit"]), hang()))
    ads.on("/ads", hang())
    gate = yield
    answer = gate.get("/search?q=weir")
    assert answer.json() == {"hits": ["hit"], "ads": []}
    assert 0.4 <= answer.seconds < 0.9
    assert ads.count() == 2 and search.last.query == [("q", "weir")]
    late = gate.get("/search?q=weir")
    problem(late, 504)
    assert 0.6 <= late.seconds < 1.1


@example("08-retry")
def retry(rates, _):
    rates.on("/rates/{c}", in_turn(status(503), status(502), json_text('{"value": 1.0850}')))
    gate = yield
    assert gate.get("/rates/EUR").text == '{"rate":1.0850}'
    assert rates.count() == 3


@example("09-breaker")
def breaker(partner, _):
    partner.on("/offer", status(404))
    gate = yield
    assert gate.get("/offer/circuit").json() == {"state": "closed", "failures": 0}
    for _ in range(3):
        assert gate.get("/offer").json() == "a cold offer"
    assert gate.get("/offer/circuit").json() == {"state": "open", "failures": 3}
    assert gate.get("/offer").json() == "a cold offer"
    assert partner.count() == 3
    partner.on("/offer", text_reply("a hot offer"))
    gate.wait_state("partner", "half-open")
    assert gate.get("/offer").json() == "a hot offer"
    assert gate.get("/offer/circuit").json() == {"state": "closed", "failures": 0}


@example("10-policies")
def policies(quick, slow):
    quick.always(in_turn(status(503), json_reply("quick")))
    slow.on("/x", json_reply("slow", delay=1.2)).on("/y", hang())
    gate = yield
    assert gate.get("/quick").json() == "quick" and quick.count() == 2
    assert gate.get("/slow").json() == {"x": "slow", "y": "too slow"} and slow.count() == 2


@example("11-when")
def when(shop, _):
    shop.on("/carts/{u}", json_reply([1])).on("/carts/0", json_reply([])).on("/coupons", json_reply(["c"])).on("/details", json_reply("d"))
    gate = yield
    assert gate.get("/cart/1").json() == {"items": 1, "coupons": ["c"], "details": None}
    assert gate.get("/cart/1?details=yes").json()["details"] == "d"
    shop.forget()
    empty = gate.get("/cart/0")
    assert empty.json() == {"items": 0, "coupons": [], "details": None} and partial(empty) == {}
    assert shop.count() == 1


@example("12-values")
def values(crm, _):
    crm.on("/people", json_reply([{"id": 1, "name": "A", "active": True}, {"id": 2, "name": "B", "active": False}, {"id": 3, "name": "C", "active": True}]))
    crm.on("/phones/{p}", slot("p", lambda p: {"number": "+" + p * 3}))
    gate = yield
    assert gate.get("/team").json() == {"total": 3, "active": [{"name": "A", "phone": "+111"}, {"name": "C", "phone": "+333"}]}


@example("13-post")
def post(prices, orders):
    prices.on("/prices/{p}", json_text('{"amount": 19.90}'))
    orders.on("POST /orders", json_reply({"id": 77}, status=201))
    gate = yield
    answer = gate.post("/orders", b'{"product": "tea"}')
    assert (answer.status, answer.headers["Location"], answer.json()) == (201, "/orders/77", {"id": 77})
    assert orders.last.body == b'{"product":"tea","count":1,"price":19.90}'
    problem(gate.post("/orders", b"not json"), 400)


@example("14-pass")
def passing(accounts, _):
    accounts.on("/accounts/{a}", in_turn(json_reply({"owner": "Ann"}), respond(404, '{"hint": "try 7"}'), status(403)))
    gate = yield
    assert gate.get("/accounts/1").json() == {"owner": "Ann"}
    gone = gate.get("/accounts/1")
    assert (gone.status, gone.json()) == (404, {"hint": "try 7"})
    problem(gate.get("/accounts/1"), 502)


@example("15-errors")
def errors(chats, _):
    chats.on("/chats/{c}", in_turn(status(404), hang(), status(500)))
    gate = yield
    expected = [(404, "4040", "not found"), (504, "5040", "too late"), (502, "5000", "server error")]
    for code, own, message in expected:
        answer = gate.get("/chats/1")
        assert answer.status == code and answer.json() == {"object": "error", "code": own, "message": message}
    assert gate.get("/nowhere").json()["code"] == "4040"


@example("16-require")
def require(users, _):
    users.on("/users/1", json_reply({"name": "Ann", "active": True})).on("/users/2", json_reply({"name": "Bob", "active": False}))
    gate = yield
    problem(gate.get("/profile/1"), 401, "X-Api-Key")
    assert users.count() == 0
    key = {"X-Api-Key": "k"}
    assert gate.get("/profile/1", key).json() == {"name": "Ann"}
    problem(gate.get("/profile/2", key), 403, "not active")
    problem(gate.get("/profile/3", key), 404)


@example("17-headers")
def headers(files, _):
    files.always(json_reply({"size": 1}, headers={"Set-Cookie": "a=b"}))
    gate = yield
    answer = gate.get("/files/a?user=7", {"Accept-Language": "de", "Cookie": "c=d"})
    assert answer.headers["Cache-Control"] == "max-age=60" and "Set-Cookie" not in answer.headers
    seen = files.last.headers
    assert (seen["Authorization"], seen["X-User"], seen["Accept-Language"]) == ("Bearer none", "7", "de")
    assert "Cookie" not in seen
    gate.get("/files/a")
    assert "X-User" not in files.last.headers


@example("18-stream")
def stream(ticker, _):
    more = threading.Event()

    def events(x):
        x.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n9\r\ndata: 1\n\n\r\n")
        x.wait(more)
        x.send("9\r\ndata: 2\n\n\r\n0\r\n\r\n")

    ticker.on("/events", events)
    gate = yield
    with gate.connect() as c:
        c.send(format_request("GET", "/events", host="x"))
        pieces = c.body_pieces(c.read_head())
        assert next(pieces) == b"data: 1\n\n"
        more.set()
        assert b"".join(pieces) == b"data: 2\n\n"


@example("19-groups")
def groups(api, _):
    api.on("/things", json_reply([1])).on("/slow-things", json_reply([2], delay=1.1))
    gate = yield
    assert gate.get("/version").json() == {"version": 2}
    problem(gate.get("/v2/things"), 400, "X-Tenant")
    tenant = {"X-Tenant": "t1"}
    assert gate.get("/v2/things", tenant).json() == [1]
    assert api.last.headers["X-Tenant"] == "t1"
    assert gate.get("/v2/slow-things", tenant).json() == [2]


@example("20-tls")
def tls(vault, _):
    vault.always(json_reply("s3cret"))
    gate = yield
    assert gate.get("/secret").json() == "s3cret"
    assert vault.server_names == ["localhost"]


@example("21-text")
def text(greeter, _):
    greeter.always(in_turn(text_reply('Good "morning"'), status(500)))
    gate = yield
    assert gate.get("/greeting?name=Ann").json() == {"greeting": 'Good "morning"', "to": "Dear Ann", "literal": "write ${name} for a name"}
    cold = gate.get("/greeting").json()
    assert re.fullmatch(r"Hello at \d\d:\d\d", cold["greeting"]) and cold["to"] == "Dear reader"


@example("22-limits")
def limits(upload, _):
    upload.always(lambda x: json_reply(len(x.request.body))(x))
    gate = yield
    assert gate.post("/small", b"x" * 65536).json() == 65536
    problem(gate.post("/small", b"x" * 65537), 413)
    assert gate.post("/large", b"x" * 4_000_000).json() == 4_000_000
    gate.get("/large", {"X-Forwarded-For": "1.2.3.4"})
    gate.post("/small", b"x", {"X-Forwarded-For": "1.2.3.4"})
    assert upload.last.headers["X-Forwarded-For"].startswith("1.2.3.4")
    started = time.monotonic()
    assert gate.stop() == 0
    assert time.monotonic() - started >= 0.2


@example("24-shared")
def shared(partner, _):
    # Redis need not be there; test_shared_circuits.py has one.
    partner.always(status(500))
    gate = yield
    for _ in range(4):
        assert gate.get("/offer").json() == "cold"
    assert partner.count() == 3 and gate.state("partner") == "open"


@example("28-rate-limit")
def rate_limit(prices, _):
    prices.on("/prices/{p}", slot("p", int))
    gate = yield
    assert [gate.get("/prices/7").status for _ in range(4)] == [200, 200, 200, 429]
    began = time.monotonic()
    answer = gate.get("/catalogue", {"X-Api-Key": "ann"})
    assert answer.json() == [1, 2, 3, 4] and time.monotonic() - began > 0.1, "two and two, in turn"
    assert answer.headers.get("RateLimit").startswith('"header";r=49;')


@example("29-pipelining")
def pipelining(stock, _):
    stock.on("/warehouses/{w}/items", json_reply(list(range(40)))).on("/items/{id}", slot("id", int))
    gate = yield
    assert gate.get("/stock/north").json() == list(range(40))
    assert stock.connections <= 4, "one for the list, three for the items"


@example("23-meta")
def meta(weather, _):
    weather.on("/forecast", json_reply("sun")).on("/pollen", in_turn(json_reply("low"), status(500)))
    gate = yield
    assert gate.get("/day").json() == {"forecast": "sun", "pollen": "low"}
    assert gate.get("/day").json() == {"forecast": "sun", "pollen": None,
                                       "_meta": {"partial": True, "missing": [{"step": "pollen", "reason": "status_500"}]}}


@example("25-hedge")
def hedge(stock, _):
    stock.on("/items/{id}", in_turn(hang(), json_reply({"left": 4})))
    gate = yield
    assert gate.get("/stock/7").json() == {"left": 4}
    assert stock.count() == 2


@example("26-bulkhead")
def bulkhead(reports, _):
    go = threading.Event()

    def today(x):
        x.wait(go)
        json_reply("sold 3")(x)

    reports.on("/today", today)
    gate = yield
    answers = []
    threads = [threading.Thread(target=lambda: answers.append(gate.get("/report").json())) for _ in range(4)]
    for t in threads:
        t.start()
    wait_for(lambda: gate.metrics().value("weir_bulkhead_waiting_calls", name="reports") == 2)
    assert gate.get("/report").json() == "none today"
    go.set()
    for t in threads:
        t.join()
    assert answers == ["sold 3"] * 4


@example("27-cache")
def cache(catalogue, prices):
    catalogue.on("/products/{p}", in_turn(json_reply({"name": "Tea"}, headers={"Cache-Control": "max-age=1"}), status(503)))
    prices.on("/products/{p}/price", lambda x: json_reply({"amount": 4 if x.request.headers.get("Customer") else 5})(x))
    gate = yield
    first, second = gate.get("/products/1"), gate.get("/products/1", {"Customer": "7"})
    assert (first.json(), second.json()) == ({"name": "Tea", "price": 5}, {"name": "Tea", "price": 4})
    assert "hit; ttl=" in second.headers["Cache-Status"] and catalogue.count() == 1
    time.sleep(1.1)
    catalogue_is_down = gate.get("/products/1")
    assert catalogue_is_down.json() == {"name": "Tea", "price": 5} and partial(catalogue_is_down) == {}
    assert "fwd=stale; fwd-status=503" in catalogue_is_down.headers["Cache-Status"]


@example("32-subtree")
def subtree(shop, files):
    for service in (shop, files):
        service.always(lambda x: json_reply([x.request.method, x.request.target])(x))
    gate = yield
    assert gate.get("/shop/products/7?a=b").json() == ["GET", "/shop/products/7?a=b"]
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        assert gate.request(method, "/shop/carts/1", body=b"").json() == [method, "/shop/carts/1"]
    assert gate.get("/static/img/tea%20pot.png?w=80").json() == ["GET", "/public/img/tea%20pot.png?w=80"]
    assert gate.get("/static/version").json() == {"version": 3}
    assert gate.post("/static/version", b"{}").status == 405


@example("30-instances")
def instances(one, two):
    for n, u in enumerate((one, two)):
        u.on("/healthz", json_reply({}))
        u.on("/products", json_reply(n))
    gate = yield
    assert sorted(gate.get("/products").json() for _ in range(10)) == [0] * 5 + [1] * 5
    one.stop()
    assert [gate.get("/products").json() for _ in range(6)] == [1] * 6
    one.start()
    end = time.monotonic() + 10
    while gate.get("/products").json() != 0:
        assert time.monotonic() < end, "it did not come back"
        time.sleep(0.05)


@example("31-consul")
def consul(agent, chat):
    chat.on("/chats", json_reply(["hello"]))
    entry = {"Node": {"Address": "127.0.0.1"},
             "Service": {"Address": "", "Port": chat.port, "Weights": {"Passing": 1}}}
    agent.on("/v1/health/service/dialogue",
             in_turn(json_reply([entry], headers={"X-Consul-Index": "7", "X-Consul-KnownLeader": "true"}), hang()))
    gate = yield
    assert gate.get("/chats").json() == ["hello"]
    agent.stop()
    assert gate.get("/chats").json() == ["hello"]
    asked = dict(agent.seen()[0].query)
    assert asked["passing"] == "true" and asked["index"] == "0"
