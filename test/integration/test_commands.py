"""The other commands: check, explain, eval, init, health, help; exit codes and what goes where."""

import json
import re
import subprocess

import pytest
from support.upstream import json_reply, status
from support.weir_process import ROOT, binary

SHOP = """
services:
  products: {url: "http://127.0.0.1:8000", timeout: 1s}
  inventory: {url: "http://127.0.0.1:8001", timeout: 800ms, retry: {attempts: 3, backoff: 50ms}}
  favorites: "http://127.0.0.1:8002"
routes:
  GET /products/all:
    deadline: 2500ms
    steps:
      products: {get: products/products, expect: list}
      favorites: {get: "favorites/users/${query.user ?? 3}", default: null, timeout: 700ms}
      stock:
        each: products as p
        limit: 32
        get: inventory/products/${p.product_id}/inventory
        take: ${body.inventory}
        default: null
    reply:
      favorite_items: ${size(favorites)}
      products:
        each: products as p, stock as s
        product_id: ${p.product_id}
        inventory: ${s}
  GET /pass/{x}: {proxy: products}
"""


# help and usage


def test_help_begins_with_examples(command):
    done = command("--help")
    assert done.code == 0 and done.err == ""
    first = done.out[: done.out.lower().index("option")] if "option" in done.out.lower() else done.out
    assert "weir serve" in first, done
    for name in ("serve", "check", "explain", "eval", "init", "demo", "health"):
        assert name in done.out


@pytest.mark.parametrize("name", ["serve", "check", "explain", "eval", "init", "demo", "health"])
def test_each_command_has_its_help(command, name):
    done = command(name, "--help")
    assert done.code == 0 and name in done.out and done.err == "", done


def test_version(command):
    done = command("--version")
    assert done.code == 0 and re.search(r"\d+\.\d+\.\d+", done.out), done


@pytest.mark.parametrize("arguments", [
    [], ["nonsense"], ["serve"], ["check"], ["explain"], ["eval"], ["serve", "--nonsense", "x.yaml"], ["serve", "a.yaml", "b.yaml"],
    ["serve", "--workers", "0", "x.yaml"], ["serve", "--workers", "many", "x.yaml"], ["serve", "--log-level", "loud", "x.yaml"]])
def test_wrong_usage_is_2_and_says_so_on_stderr(command, arguments):
    done = command(*arguments)
    assert done.code == 2, done
    assert done.out == "" and done.err.strip(), done


def test_a_mistyped_command_gets_a_suggestion(command):
    assert "serve" in command("serv", "x.yaml").err


# check


def test_check_of_a_sound_file(command, config_file):
    done = command("check", config_file(SHOP))
    assert done.code == 0, done


@pytest.mark.parametrize("words", [("check",), ("check", "--live"), ("explain",)])
def test_the_log_of_instances_stood_between_what_was_asked_for(command, words):
    done = command(*words, ROOT / "examples/30-instances.yaml")
    assert "instance added" not in done.err and done.code in (0, 1), done


def test_check_as_json(command, config_file):
    done = command("check", "--json", config_file(SHOP.replace("timeout: 1s", "tiemout: 1s").replace("deadline:", "deadlin:")))
    assert done.code == 78
    problems = done.json()
    problems = problems["problems"] if isinstance(problems, dict) else problems
    assert len(problems) == 2
    first, second = problems
    assert first["severity"] == "error" and first["line"] == 3 and first["suggestion"] == "timeout"
    assert first["file"].endswith("weir.yaml") and first["column"] == 44 and "tiemout" in first["message"]
    assert second["line"] == 8 and second["suggestion"] == "deadline"
    assert command("check", "--json", config_file(SHOP)).code == 0


def test_no_colour_where_there_is_no_terminal_or_where_it_is_not_wanted(command, config_file):
    done = command("check", config_file("routes: {GET /: {replyy: 1}}"))
    assert "\x1b" not in done.out + done.err



@pytest.mark.parametrize("arguments", [["eval", "--", "-1"], ["eval", "-1"]])
def test_an_expression_may_stand_behind_two_dashes(command, arguments):
    assert command(*arguments, stdin="").out.strip() == "-1"


def test_without_a_command_it_says_where_to_begin(command):
    said = command().err
    assert "weir init" in said and "weir demo" in said, said


# explain


def test_explain_shows_the_plan(command, config_file):
    done = command("explain", config_file(SHOP), "GET /products/all")
    assert done.code == 0, done
    out = done.out
    for word in ("products", "favorites", "stock"):
        assert word in out
    # Concurrency, the limit, time-outs, worst-case latency and calls.
    assert re.search(r"at the same time|together|concurrent|parallel", out, re.I), out
    for part in ("32", "1s", "800ms", "700ms", "2500ms|2.5s|2s500ms"):
        assert re.search(part, out), f"no {part}:\n{out}"
    assert re.search(r"worst", out, re.I), out


def test_explain_adds_up_the_worst_case(command, config_file):
    done = command("explain", "--json", config_file(SHOP), "GET /products/all")
    assert done.code == 0, done
    plan = done.json()
    text = json.dumps(plan)
    # products 1 s, then stock 0.8 s (retries included) = 1.8 s, within the deadline.
    assert "1800" in text, plan
    # 1 + 1 + up to 1000 items × 3 attempts.
    assert "3002" in text, plan


def test_explain_of_all_routes_and_of_a_proxy(command, config_file):
    done = command("explain", config_file(SHOP))
    assert done.code == 0 and "/pass/{x}" in done.out and "/products/all" in done.out, done
    done = command("explain", config_file(SHOP), "GET /pass/{x}")
    assert done.code == 0 and "products" in done.out, done


def test_explain_of_a_request_path(command, config_file):
    assert command("explain", config_file(SHOP), "/products/all").code == 0


def test_explain_of_an_unknown_route(command, config_file):
    done = command("explain", config_file(SHOP), "GET /product/all")
    assert done.code in (1, 2), done
    assert "/products/all" in done.err, f"it should name those there are: {done}"


# eval


@pytest.mark.parametrize("expression, document, printed", [
    ("size(a)", '{"a": [1, 2]}', "2"), ("a[0] + 1", '{"a": [1, 2]}', "2"), ("a", '{"a": 12345678901234567890.10}', "12345678901234567890.10"),
    ("this", '{"z": 1, "a": 2}', '{"z": 1, "a": 2}'), ("body[1]", "[1, 2]", "2"), ("1 + 1", "", "2"), ("'a' + 'b'", "", '"ab"'), ("x.y ?? 'none'", '{"x": null}', '"none"'),
    ("-a", '{"a": 2}', "-2"), ("-a + 5", '{"a": 2}', "3"), ("--a", '{"a": 2}', "2"), ("-1", "", "-1"),
    ("null", "", "null"), ("{'a': [1, true]}", "", '{"a":[1,true]}'),
])
def test_eval(command, expression, document, printed):
    done = command("eval", expression, stdin=document)
    assert done.code == 0 and done.out.strip() == printed and done.err == "", done


@pytest.mark.parametrize("expression, document, words", [
    ("1 +", "{}", ["^"]), ("siez(a)", '{"a": []}', ["siez", "size"]), ("b", '{"a": 1}', ["b"]), ("1 / 0", "", ["zero"]), ("a", '{"a": ', ["JSON|document"]),
    ("a.b", '{"a": {}}', ["b"]),
])
def test_eval_of_what_is_wrong(command, expression, document, words):
    done = command("eval", expression, stdin=document)
    assert done.code in (1, 2), done
    assert done.out == ""
    for word in words:
        assert re.search(re.escape(word) if word == "^" else word, done.err, re.I), done


# init


def test_init_prints_a_configuration_that_is_sound(command, config_file):
    done = command("init")
    assert done.code == 0 and done.err == "", done
    path = config_file(done.out)
    assert command("check", path).code == 0
    assert "#" in done.out, "it explains itself"
    assert command("explain", path).code == 0


def test_init_writes_a_file_but_never_over_one(command, tmp_path):
    assert command("init", tmp_path / "mine.yaml").code == 0
    assert command("check", tmp_path / "mine.yaml").code == 0
    (tmp_path / "mine.yaml").write_text("precious")
    again = command("init", tmp_path / "mine.yaml")
    assert again.code == 1 and again.err.strip(), again
    assert (tmp_path / "mine.yaml").read_text() == "precious"


# The schema and the reference, out of the tables that parse


def test_the_schema_is_json_and_knows_the_keys(command):
    done = command("check", "--schema")
    assert done.code == 0 and done.err == "", done
    text = json.dumps(done.json())
    for key in ("services", "routes", "deadline", "attempt_timeout", "in_a_row", "reply", "max_items", "trusted_proxies"):
        assert f'"{key}"' in text, key


def test_the_reference_names_every_key_of_the_schema(command):
    schema = command("check", "--schema").json()
    reference = command("check", "--reference").out
    names = set()

    def walk(node):
        if isinstance(node, dict):
            names.update(node.get("properties", {}))
            for value in node.values():
                walk(value)
        elif isinstance(node, list):
            for value in node:
                walk(value)

    walk(schema)
    assert len(names) > 60
    assert [n for n in sorted(names) if f"`{n}`" not in reference] == []


# check --live


def test_live_check_of_services_that_answer_and_that_do_not(command, config_file, upstream, free_port):
    text = """
        listen: 127.0.0.1:<port>
        admin: off
        services: {up: <up>, down: "http://127.0.0.1:<gone>", nowhere: "http://no-such-name.invalid"}
        routes: {GET /up: {proxy: up}, GET /down: {proxy: down}, GET /nowhere: {proxy: nowhere}}
        """
    from support import ports

    up, gone = upstream().always(json_reply(1)), ports.reserve()
    done = command("check", "--live", config_file(text, up=up, port=free_port, gone=gone))
    said = done.out + done.err
    assert done.code == 1, done
    assert re.search(rf"down.*127\.0\.0\.1:{gone}|127\.0\.0\.1:{gone}.*refused", said, re.S), done
    assert "no-such-name.invalid" in said, done
    done = command("check", "--live", config_file(text.replace('down: "http://127.0.0.1:<gone>", nowhere: "http://no-such-name.invalid"', "")
                                                  .replace(", GET /down: {proxy: down}, GET /nowhere: {proxy: nowhere}", ""), up=up, port=free_port))
    assert done.code == 0, done


def test_live_check_named_an_address_twice_where_it_could_not_be_had(command, config_file, upstream):
    from support import ports

    taken, gone, other, named = upstream().port, ports.reserve(), ports.reserve(), ports.reserve()
    done = command("check", "--live", config_file("""
        listen: 127.0.0.1:<taken>
        admin: off
        services:
          one: "http://127.0.0.1:<gone>"
          many: {instances: ["http://127.0.0.1:<other>"]}
          named: "http://localhost:<named>"
        routes: {GET /one: {proxy: one}, GET /many: {proxy: many}, GET /named: {proxy: named}}
        """, taken=taken, gone=gone, other=other, named=named))
    lines = done.out.splitlines()
    assert f"[-] listen 127.0.0.1:{taken}: the port is taken (EADDRINUSE)" in lines, done
    assert f"[-] service one at 127.0.0.1:{gone}: Connection refused" in lines, done
    assert f"[-] service many at 127.0.0.1:{other}: Connection refused" in lines, done
    # Of a name it is told which of its addresses it was.
    assert re.search(rf"^\[-\] service named at localhost:{named}: \S+:{named}: Connection refused$", done.out, re.M), done


def test_live_check_of_a_taken_port(command, config_file, upstream):
    taken = upstream()
    done = command("check", "--live", config_file("listen: 127.0.0.1:<port>\nadmin: off\nroutes: {GET /: {reply: 1}}", port=taken.port))
    assert done.code == 1 and str(taken.port) in done.out + done.err, done


# health


def test_health(weir, command, free_port):
    gate = weir("routes: {GET /: {reply: 1}}")
    assert command("health", f"127.0.0.1:{gate.admin_port}").code == 0
    gate.stop()
    done = command("health", f"127.0.0.1:{gate.admin_port}")
    assert done.code == 1 and done.err.strip(), done


# From file to process


def test_serve_prints_nothing_on_stdout(weir):
    gate = weir("routes: {GET /: {reply: 1}}")
    gate.get("/")
    assert (gate.directory / "stdout").read_text() == ""
    gate.wait_log(rf"127\.0\.0\.1:{gate.port}")


def test_warnings_of_a_configuration_are_shown_when_it_is_served(weir):
    gate = weir("""
        services: {a: "http://127.0.0.1:9"}
        routes:
          GET /:
            steps:
              unused: {get: a/x, default: null}
            reply: 1
        """)
    assert gate.log_lines("unused")


def test_output_into_a_closed_pipe_is_no_crash(config_file):
    path = config_file(SHOP)
    done = subprocess.run(["sh", "-c", f'"{binary()}" explain "{path}" | head -c 1; true'], capture_output=True, timeout=20)
    assert b"terminate" not in done.stderr


def test_the_shop_page_of_the_design_works_as_written(weir, upstream):
    """The first example of the documentation, whole."""
    shop = upstream().on("/products", json_reply([{"product_id": n, "product_name": f"p{n}"} for n in (3, 1, 2)]))
    shop.on("/users/{u}/cart", json_reply([{"product_id": 1}])).on("/users/{u}/favorites", status(500))
    shop.on("/products/{p}/inventory", lambda x: json_reply({"inventory": int(x.request.slots["p"]) * 7})(x))
    gate = weir("""
        services:
          products:  <s>
          inventory: <s>
          favorites: <s>
          cart:      <s>
        policies:
          default:
            timeout: 1s
            retry:   {attempts: 2, backoff: 25ms..250ms}
            breaker: {trip: {failures: 5, within: 10s}, open: 5s}
        routes:
          GET /products/all:
            deadline: 2500ms
            steps:
              products:
                get: products/products
                expect: list
              cart:
                get: cart/users/${query.user ?? 3}/cart
                default: null
              favorites:
                get: favorites/users/${query.user ?? 3}/favorites
                default: null
              stock:
                each: products as p
                limit: 32
                get: inventory/products/${p.product_id}/inventory
                take: ${body.inventory}
                default: null
            reply:
              cart_items: ${size(cart)}
              favorite_items: ${size(favorites)}
              products:
                each: products as p, stock as s
                product_id: ${p.product_id}
                product_name: ${p.product_name}
                inventory: ${s}
        """, s=shop)
    assert gate.get("/products/all?user=7").json() == {
        "cart_items": 1, "favorite_items": None,
        "products": [{"product_id": n, "product_name": f"p{n}", "inventory": n * 7} for n in (3, 1, 2)]}
    assert shop.count("/users/7/cart") == 1
    gate.get("/products/all")
    assert shop.count("/users/3/cart") == 1
    assert set(gate.circuits()) == {"products", "inventory", "favorites", "cart"}
