"""./run as a newcomer meets it, one test for each defect. Everything that it would call stands in: nothing
is installed or built."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from prove.__main__ import chosen_from

ROOT = Path(__file__).resolve().parents[2]

STAND_INS = {
    "apt-get": 'echo "apt-get $*" >>"$CALLS"; case "$*" in *install*) exit ${APT_INSTALLS:-0};; esac; exit ${APT_UPDATES:-0}',
    "apt-cache": 'case "$2" in libfyaml-dev) echo "N: none";; *) echo "  Candidate: 1.0";; esac',
    "dpkg-query": 'case " $ABSENT " in *" $4 "*) exit 1;; esac; echo "install ok installed"',
    "cmake": '''echo "cmake $*" >>"$CALLS"
case "$1" in --preset) mkdir -p "build/$2"; : >"build/$2/build.ninja"
  case "$*" in *TESTS=OFF*) t=OFF;; *) t=ON;; esac
  printf 'CMAKE_HOME_DIRECTORY:INTERNAL=%s\\nWEIR_TESTS:BOOL=%s\\n' "$(pwd -P)" $t >"build/$2/CMakeCache.txt";; esac''',
    "ctest": 'echo "ctest $*" >>"$CALLS"',
    "id": "echo ${USER_ID:-0}",
}


class House:
    def __init__(self, root, bin):
        self.root, self.bin, self.calls_file = root, bin, root.parent / "calls"

    def run(self, *words, script=None, cwd="/", **environment):
        done = subprocess.run([str(script or self.root / "run"), *words], cwd=cwd, capture_output=True, text=True, timeout=20,
                              stdin=subprocess.DEVNULL,
                              env={"PATH": str(self.bin), "CALLS": str(self.calls_file), **environment})
        self.calls = self.calls_file.read_text().splitlines() if self.calls_file.exists() else []
        self.calls_file.unlink(missing_ok=True)
        return done

    def without(self, name):
        (self.bin / name).unlink()


@pytest.fixture
def house(tmp_path):
    """A tree with nothing but `run`, in a path with a space, and a PATH of stand-ins: no sudo there."""
    root, programs = tmp_path / "a house" / "weir", tmp_path / "bin"
    root.mkdir(parents=True)
    programs.mkdir()
    shutil.copy(ROOT / "run", root)
    for name, text in STAND_INS.items():
        (programs / name).write_text(f"#!/bin/sh\n{text}\n")
        (programs / name).chmod(0o755)
    for name in ("sh", "dirname", "readlink", "grep", "sed", "nproc", "cat", "env", "rm", "mkdir"):
        os.symlink(shutil.which(name, path="/usr/bin:/bin"), programs / name)
    return House(root, programs)


def test_it_was_looked_for_beside_the_link_through_which_it_was_called(house, tmp_path):
    os.symlink(house.root / "run", tmp_path / "link")
    done = house.run("build", script=tmp_path / "link")
    assert done.returncode == 0, done.stderr
    assert (house.root / "build/release/build.ninja").exists()


@pytest.mark.parametrize("words, said", [
    (("build", "relaese"), "which preset: release dev tsan clang fuzz?"), (("unit",), "which preset: dev tsan clang release?"),
    (("unit", ""), "which preset"), (("sockets", "-k"), "which preset"), (("build", "dev", "tests"), "what is 'tests' for?"),
    (("fuzz", "1m"), "'1m' is no number"), (("fuzz", "0"), "is no number"),
    (("package", "deb"), "what is 'deb' for?"), (("lint", "src"), "what is 'src' for?"), (("dmeo",), "unknown command 'dmeo'")])
def test_wrong_words_were_taken_or_told_only_after_minutes_of_installing_and_building(house, words, said):
    done = house.run(*words)
    assert (done.returncode, house.calls) == (2, [])
    assert said in done.stderr and "./run help" in done.stderr


def test_a_failing_apt_ended_it_without_a_word_on_what_to_do(house):
    done = house.run("build", ABSENT="g++", APT_INSTALLS="100")
    assert done.returncode == 1
    assert "apt could not install" in done.stderr and "apt-get install g++" in done.stderr
    assert not any(call.startswith("cmake") for call in house.calls)


def test_a_package_that_apt_does_not_know_was_not_told_from_one_that_fails(house):
    done = house.run("build", ABSENT="g++ libfyaml-dev", APT_INSTALLS="100")
    assert done.returncode == 1
    assert "apt has no package: libfyaml-dev\n" in done.stderr and "apt-get update" in done.stderr
    assert ("universe" in done.stderr) == ("ID=ubuntu\n" in Path("/etc/os-release").read_text())


def test_package_lists_that_could_not_be_refreshed_were_the_end_though_those_there_would_do(house):
    done = house.run("build", ABSENT="g++", APT_UPDATES="100")
    assert (done.returncode, "apt-get update failed" in done.stderr) == (0, True)


def test_a_machine_that_was_at_its_own_updates_failed_it(house):
    house.run("build", ABSENT="g++")
    assert all("DPkg::Lock::Timeout=" in call for call in house.calls if call.startswith("apt-get"))


def test_who_is_neither_root_nor_has_sudo_is_told_what_root_must_install(house):
    done = house.run("build", ABSENT="g++ cmake", USER_ID="1000")
    assert (done.returncode, house.calls) == (1, [])
    assert "as root: apt-get install g++ cmake\n" in done.stderr


def test_another_system_than_debian_was_told_that_every_package_is_missing(house):
    house.without("dpkg-query")
    done = house.run("demo")
    assert (done.returncode, house.calls) == (1, [])
    assert "neither Debian nor Ubuntu" in done.stderr and "libfyaml-dev" in done.stderr and "cmake --preset" in done.stderr


def test_a_build_directory_of_a_tree_that_had_moved_failed_it(house):
    made = house.root / "build/release"
    made.mkdir(parents=True)
    (made / "build.ninja").touch()
    (made / "CMakeCache.txt").write_text("CMAKE_HOME_DIRECTORY:INTERNAL=/elsewhere\n")
    done = house.run("build")
    assert done.returncode == 0 and "was made for /elsewhere: beginning anew" in done.stderr
    assert house.calls[0] == "cmake --preset release -DWEIR_TESTS=OFF"


def test_a_build_directory_left_half_configured_is_configured_again(house):
    (house.root / "build/release").mkdir(parents=True)
    (house.root / "build/release/CMakeCache.txt").write_text(f"CMAKE_HOME_DIRECTORY:INTERNAL={house.root}\n")
    assert house.run("build").returncode == 0
    assert house.calls[0] == "cmake --preset release -DWEIR_TESTS=OFF"


def test_unit_tests_after_a_plain_build_were_none_and_that_was_a_success(house):
    house.run("build")
    assert house.run("unit", "release").returncode == 0
    assert house.calls[0] == "cmake --preset release -DWEIR_TESTS=ON"


@pytest.mark.parametrize("words", [("build", "dev"), ("fuzz", "5")])
def test_what_is_built_with_tests_was_built_without_installing_what_they_need(house, words):
    house.run(*words, ABSENT="libgtest-dev")
    assert any("libgtest-dev" in call for call in house.calls)


def test_the_compiler_of_a_preset_was_not_installed_by_build(house):
    house.run("build", "clang", ABSENT="clang-19")
    assert any("install" in call and "clang-19" in call for call in house.calls)


def test_the_librarys_benchmark_on_a_fresh_machine_wanted_the_tests_packages(house):
    house.run("bench", "library")
    assert house.calls[:2] == ["cmake --preset release -DWEIR_TESTS=OFF", "cmake --preset release -DWEIR_BENCH=ON"]


@pytest.mark.parametrize("words", [["--fast"], ["99"], ["0"], ["one"]])
def test_a_wrong_word_to_prove_was_passed_over_or_a_traceback(words, capsys):
    with pytest.raises(SystemExit) as end:
        chosen_from(words)
    assert end.value.code == 2 and "./run prove" in capsys.readouterr().err


def test_prove_is_given_numbers_of_proofs():
    assert chosen_from(["--quick", "2", "1"]).numbers == [2, 1]
