"""`--watch`: a changed file is taken, however it was written."""

import os
import time

from support.weir_process import SLOWER


def wait_version(gate, version):
    end = time.monotonic() + 5 * SLOWER
    while (now := gate.get("/").json()) != version:
        assert time.monotonic() < end, f"{now}, not {version}:\n{gate.log()}"
        time.sleep(0.02)


def test_watch_reloads_a_file_that_is_replaced(weir):
    gate = weir("routes: {GET /: {reply: 1}}", arguments=["--watch"])
    for version in (2, 3, 4):
        gate.write(f"routes: {{GET /: {{reply: {version}}}}}")
        wait_version(gate, version)


def test_watch_reloads_a_file_that_is_written_in_place(weir):
    gate = weir("routes: {GET /: {reply: 1}}", arguments=["--watch"])
    for version in (2, 3):
        gate.file.write_text(gate.text.replace("reply: 1", f"reply: {version}"))
        wait_version(gate, version)


def test_watch_reloads_behind_a_link_that_is_swapped(weir, tmp_path):
    """As Kubernetes mounts a ConfigMap: the file is a link through a directory link."""
    gate = weir("routes: {GET /: {reply: 1}}", start=False, arguments=["--watch"])
    for name, version in (("v1", 1), ("v2", 2)):
        (gate.directory / name).mkdir()
        (gate.directory / name / "weir.yaml").write_text(gate.text.replace("reply: 1", f"reply: {version}"))
    gate.file.unlink()
    os.symlink("v1", gate.directory / "data")
    os.symlink("data/weir.yaml", gate.file)
    gate.start()
    assert gate.get("/").json() == 1
    os.symlink("v2", gate.directory / "fresh")
    os.replace(gate.directory / "fresh", gate.directory / "data")
    wait_version(gate, 2)


def test_watch_keeps_the_old_one_when_the_new_one_is_broken(weir):
    gate = weir("routes: {GET /: {reply: 1}}", arguments=["--watch"])
    gate.write("routes: {GET /: {replyy: 2}}")
    gate.wait_log("replyy")
    assert gate.get("/").json() == 1
    gate.write("routes: {GET /: {reply: 3}}")
    wait_version(gate, 3)


def test_watch_sees_a_change_between_the_reading_of_the_file_and_the_beginning_of_the_watch(weir, tmp_path):
    """A header's file that is a pipe holds up the start when the configuration has been read."""
    pipe = tmp_path / "token"
    os.mkfifo(pipe)
    gate = weir("""
        services: {a: {url: "http://127.0.0.1:9", header_files: {X-Token: "<pipe>"}}}
        routes: {GET /: {reply: 1}, GET /a: {proxy: a}}
        """, start=False, arguments=["--watch"], pipe=pipe)
    gate.start(ready=False)
    with open(pipe, "w") as token:  # waits until it is read
        gate.write("routes: {GET /: {reply: 2}}")
        token.write("secret")
    gate.wait_ready()
    wait_version(gate, 2)


def test_without_watch_a_changed_file_is_left_alone(weir):
    gate = weir("routes: {GET /: {reply: 1}}")
    gate.write("routes: {GET /: {reply: 2}}")
    time.sleep(0.7)
    assert gate.get("/").json() == 1
