"""The house's own rules as tests, and that each check finds what it is there to find."""

import importlib.util
import shutil
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent


def load(name):
    spec = importlib.util.spec_from_file_location(name, HERE / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_includes_follow_the_arrow():
    assert load("layers").problems() == []


def test_style():
    assert load("style").problems() == []


@pytest.mark.parametrize("text, root, found", [
    ("see /srv/weir/build", "/srv/weir", True),
    ("dpkg-deb -x x.deb $work/root/usr", "/root/weir", False),  # a tree in root's home made this a defect
    ("cat ${work}/root/usr", "/root/weir", False),
    ("cat /root/x", "/root/weir", True),
    ("anything /", "/weir", False),
])
def test_a_place_of_this_machine_is_told_from_the_end_of_another(text, root, found):
    assert bool(load("style").own_place(text, Path(root))) == found


def test_public_types_have_comments():
    assert load("comments").problems() == []


def test_documents():
    docs = load("docs")
    assert docs.problems() + docs.example_quotes() == []


def test_pages_list_what_the_code_has():
    assert load("pages").problems() == []


PAGES = ["README.md", "README.ru.md", "docs", "examples", "deploy", "src/gateway/admin", "include/weir/gateway/reply", "include/weir/resilience", "apps/weir/main.cpp",
         "apps/weir/exit_codes.hpp", "systems/common/registration.cpp", "systems/shop/README.md", "systems/shop/README.ru.md"]


@pytest.mark.parametrize("file, old, new, wrong", [
    ("src/gateway/admin/metrics.cpp", '"weir_connections"', '"weir_clients"', "weir_clients is missing"),
    ("src/gateway/admin/metrics_caches.cpp", 'count("weir_cache_hits_total"', 'count("weir_hits_total"', "weir_cache_hits_total is not in the code"),
    ("docs/operations.md", "| `weir_connections` | gauge |", "| `weir_connections` | counter |", "weir_connections is a gauge"),
    ("include/weir/gateway/reply/cause.hpp", "  dns_error,", "  dns_error,\n  dns_slow,", "dns_slow is missing"),
    ("docs/troubleshooting.md", "| `pool_full`", "| `pool_fool`", "pool_fool is not in the code"),
    ("apps/weir/main.cpp", '"--watch"', '"--follow"', "--follow is missing"),
    ("systems/common/registration.cpp", '"--advertise"', '"--reached-at"', "the option --reached-at is missing"),
    ("deploy/weir.1", "\\-\\-live", "\\-\\-online", "--online is not in the code"),
    ("apps/weir/main.cpp", '"health", "ask', '"state", "ask', "weir state is missing"),
    ("apps/weir/exit_codes.hpp", "= 78", "= 77", "RestartPreventExitStatus"),
    ("src/gateway/admin/admin.cpp", '"/services"}', '"/services", "/debug"}', "/debug is missing"),
    ("src/gateway/admin/admin.cpp", 'action == "reset"', 'action == "close"', "the action reset is not in the code"),
    ("deploy/weir.service", "TimeoutStopSec=45", "TimeoutStopSec=30", "leaves no room"),
    ("README.md", "(docs/operations.md)", "(docs)", "nobody finds docs/operations.md"),
    ("README.md", "--scenario outage", "--story outage", "not in the English page: ./run demo shop --scenario outage"),
    ("README.ru.md", "weir check gateway.yaml", "weir check", "not in the Russian page: build/release/bin/weir check gateway.yaml"),
    ("README.ru.md", "(docs/discovery.md)", "(docs/expressions.md)", "the link docs/discovery.md is missing"),
    ("systems/shop/README.ru.md", "## Запуск\n", "", "headings or rows"),
    ("docs/library/hedge.md", "| `attempts` | 2 |", "| `tries` | 2 |", "the field of hedge_options attempts is missing"),
    ("docs/library/circuit-breaker.md", "{failures, within}", "{within, failures}", "failures_within has failures, within"),
    ("examples/README.md", "(18-stream.yaml)", "", "nobody finds 18-stream.yaml"),
    ("docs/library/README.md", "(retry.md)", "(timeout.md)", "nobody finds retry.md"),
])
def test_the_check_of_pages_finds(tmp_path, file, old, new, wrong):
    root = HERE.parents[1]
    for name in PAGES:
        to = tmp_path / name
        to.parent.mkdir(parents=True, exist_ok=True)
        (shutil.copytree if (root / name).is_dir() else shutil.copy)(root / name, to)
    text = (tmp_path / file).read_text()
    assert old in text
    (tmp_path / file).write_text(text.replace(old, new))
    found = load("pages").problems(tmp_path)
    assert any(wrong in problem for problem in found), found


def test_ctest_knows_the_tests_of_every_folder():
    text = (HERE.parents[1] / "CMakeLists.txt").read_text()
    assert text.index("enable_testing()") < text.index("add_subdirectory(")


def test_containers():
    assert load("containers").problems() == []


@pytest.mark.parametrize("old, new, wrong", [
    ("COPY systems/offers/offers.yaml", "COPY systems/offers/other.yaml", "other.yaml is not there"),
    ("--target weir weir-offers", "--target weir weir-offer", "no target is called weir-offer"),
    ("--target weir weir-offers", "--target weir", "weir-offers is not built before"),
    ("--from=build", "--from=built", "no stage is called built"),
    ("RUN useradd", "RAN useradd", "RAN is no instruction"),
    ("FROM debian:12-slim AS build", "RUN true", "FROM comes first"),
    ("command: [weir-offers,", "command: [weir-offer,", "the image has no program weir-offer"),
    ("/etc/weir/offers.yaml,", "/etc/weir/offer.yaml,", "the image has no file /etc/weir/offer.yaml"),
    ("depends_on: [partner]", "depends_on: [partners]", "depends on partners"),
    ("PARTNER_HOST: partner", "PARTNER_HOST: partners", "no service is called partners"),
    ("PARTNER_HOST: partner", "PARTNERS_HOST: partner", "nobody reads PARTNERS_HOST"),
    ('ports: ["8000:8000"]', 'ports: ["8000:8009"]', "listens on 8000, which is not published"),
    ("services:\n", "services:\n  - a\n", "while parsing"),
    ("libhiredis-dev ", "", "libhiredis-dev is not installed to build with"),
    ("libhiredis0.14 ", "", "nothing of libhiredis is there when it runs"),
    ("libprometheus-cpp-core1.0 ", "", "nothing of prometheus-cpp is there"),
    ("\nbuild\n", "\n", ".dockerignore lets a build's leavings"),
])
def test_the_check_of_containers_finds(tmp_path, old, new, wrong):
    root = HERE.parents[1]
    (tmp_path / "apps").mkdir()
    for path in [*root.glob("systems/*/CMakeLists.txt"), *root.glob("systems/offers/[!.]*"), *root.glob("apps/*/CMakeLists.txt"),
                 root / "run", root / ".dockerignore"]:
        copy = tmp_path / path.relative_to(root)
        copy.parent.mkdir(parents=True, exist_ok=True)
        text = path.read_text()
        copy.write_text(text.replace(old, new) if path.name in ("Dockerfile", "docker-compose.yml", ".dockerignore") else text)
    found = load("containers").problems(tmp_path)
    assert any(wrong in problem for problem in found), found


@pytest.mark.longest(400)
def test_headers_compile_alone():
    count, found = load("self_contained_headers").problems("g++")
    assert count > 0
    assert found == [], "\n".join(why for _, why in found)


ARROW = "weir_layer(base)\nweir_layer(json DEPENDS base)\nweir_layer(gateway/run DEPENDS json LIBRARIES x::y)\n"


@pytest.mark.parametrize("file, line, wrong", [
    ("src/base/a.cpp", '#include "weir/json/b.hpp"', "base may not include json"),
    ("src/json/a.cpp", '#include "weir/gateway/run/b.hpp"', "json may not include gateway/run"),
    ("include/weir/gateway/run/a.hpp", '#include "weir/base/b.hpp"', None),
    ("src/json/a.cpp", '#include "weir/nowhere/b.hpp"', "is in no layer"),
    ("src/odd/a.cpp", '#include "weir/base/b.hpp"', "in no layer"),
    ("src/base/a.cpp", "#include <boost/asio.hpp>", "standard library alone"),
    ("src/base/a.cpp", "#include <vector>", None),
    ("src/json/a.cpp", '#include "b.hpp"', "is not beside it"),
])
def test_the_arrow_check_finds(tmp_path, file, line, wrong):
    layers = load("layers")
    path = tmp_path / file
    path.parent.mkdir(parents=True)
    path.write_text(line + "\n")
    found = layers.problems(tmp_path, layers.declared(ARROW))
    if wrong is None:
        assert found == []
    else:
        assert len(found) == 1 and wrong in found[0], found


def test_the_arrow_has_no_circle():
    with pytest.raises(SystemExit, match="circle"):
        load("layers").declared("weir_layer(a DEPENDS b)\nweir_layer(b DEPENDS a)")


def test_the_header_check_finds(tmp_path, monkeypatch):
    check = load("self_contained_headers")
    (tmp_path / "include/weir").mkdir(parents=True)
    (tmp_path / "include/weir/bad.hpp").write_text("#pragma once\nstd::string x();\n")
    (tmp_path / "include/weir/good.hpp").write_text("#pragma once\n#include <string>\nstd::string x();\n")
    monkeypatch.setattr(check, "ROOT", tmp_path)
    count, found = check.problems("g++")
    assert count == 2 and [name for name, _ in found] == ["weir/bad.hpp"]


@pytest.mark.parametrize("name, text", [
    ("test/unit/a_test.cpp", "std::this_thread::sleep_for(1s);\n"),
    ("src/http/a.cpp", "auto t = std::chrono::steady_clock::now();\n"),
    ("src/http/a.cpp", "co_await write({a, b});\n"),
    ("src/http/a.cpp", "// TO" "DO later\n"),
    ("test/unit/a_test.cpp", "TEST(A, DISABLED_B) {}\n"),
    ("docs/a.md", "look in /ho" "me/somebody/x\n"),
    ("include/weir/a.hpp", "int x;\n"),
    ("src/a.cpp", "int x; \n"),
    ("src/cart.db", "SQLite format 3\0"),  # one lay in the tree, made by a service that was tried out
])
def test_the_style_check_finds(tmp_path, monkeypatch, name, text):
    style = load("style")
    path = tmp_path / name
    path.parent.mkdir(parents=True)
    path.write_text(text)
    monkeypatch.setattr(style, "files", lambda: [(name, path)])
    assert len(style.problems()) == 1


@pytest.mark.parametrize("text, names", [
    ("struct a {\n};\n", ["a"]), ("// It.\nstruct a {\n};\n", []), ("class a;\n", []), ("enum class a : int {\n};\n", ["a"]),
    ("// It.\ntemplate <class T>\n  requires true\nstruct a {\n};\n", []), ("template <class T>\nclass [[nodiscard]] a {\n};\n", ["a"]),
    ("namespace detail {\nstruct a {\n};\n}  // namespace detail\nclass b : public a {\n};\n", ["b"]),
    ("template <>\nstruct a<int> : b {\n};\n", []),
])
def test_the_check_of_comments_finds(text, names):
    assert [name for name, _ in load("comments").bare_types(text)] == names


@pytest.mark.parametrize("text, wrong", [
    ("[a](there.md)", None), ("[a](gone.md)", "is not there"), ("[a](there.md#some-heading)", None), ("[a](there.md#none)", "no heading"),
    ("[a](https://example.org)", None), ("`[a](gone.md)`", None), ("run `./run nonsense`", "no such command"), ("see `src/gone.cpp`", "is not there"),
    ("<!-- examples/1.yaml -->\n```yaml\na: 1\n```\n", None), ("<!-- examples/1.yaml -->\n```yaml\na: 2\n```\n", "differs"),
])
def test_the_document_check_finds(tmp_path, monkeypatch, text, wrong):
    docs = load("docs")
    (tmp_path / "there.md").write_text("# Title\n\n## Some heading\n")
    (tmp_path / "run").write_text('case "$1" in\n  build)\n    x ;;\nesac\n')
    (tmp_path / "examples").mkdir()
    (tmp_path / "examples/1.yaml").write_text("# one\na: 1\n")
    (tmp_path / "doc.md").write_text(text)
    monkeypatch.setattr(docs, "ROOT", tmp_path)
    monkeypatch.setattr(docs, "documents", lambda: [("doc.md", text)])
    found = docs.problems() + docs.example_quotes()
    if wrong is None:
        assert found == []
    else:
        assert len(found) == 1 and wrong in found[0], found
