"""From measured rounds to the one document that every report is made of."""

from __future__ import annotations

from dataclasses import asdict

from bench.arithmetic import median, paired_ratio
from bench.contenders import floor
from bench.rounds import Round, Rounds
from bench.suites import Suite, named
from bench.targets import MEMORY_LIMIT, TARGETS, Target

METRICS = ("per_second", "p50_us", "p99_us", "cpu_us", "busy", "foreign")


def _round(this: Round) -> dict:
    samples = {}
    for name, sample in this.samples.items():
        samples[name] = {**asdict(sample), "per_second": sample.per_second}
    entry = {"number": this.number, "samples": samples}
    if this.put_aside:
        entry |= {"put_aside": this.put_aside, "fault": this.fault}
    return entry


def suite_result(
    suite: Suite,
    titles: dict[str, str],
    rounds: Rounds,
    left_out: dict[str, str],
    identical: bool,
    resident: int | None,
) -> dict:
    contenders = {}
    for name, title in titles.items():
        medians = {}
        if rounds.kept:
            medians = {each: median(rounds.values(name, each)) for each in METRICS}
        contenders[name] = {"title": title, **medians}
    return {
        "title": suite.title,
        "shows": suite.shows,
        "open_loop": suite.load.rate > 0,
        "contenders": contenders,
        "left_out": left_out,
        "identical_bytes": identical,
        "resident_bytes": resident,
        "rounds_wanted": rounds.wanted,
        "rounds": [_round(each) for each in rounds.kept],
        "discarded": [_round(each) for each in rounds.discarded],
    }


def _judge(target: Target, suites: dict[str, dict]) -> dict:
    entry = {
        "suite": target.suite,
        "what": named(target.suite).title,
        "metric": {"cpu_us": "CPU per request", "p99_us": "p99"}[target.metric],
        "peer": target.peer,
        "limit": target.limit,
        "limit_words": target.words,
    }
    suite = suites.get(target.suite)
    if suite is None:
        return entry | {"missing": "suite not run"}
    for name in (target.ours, target.peer):
        if name not in suite["contenders"]:
            return entry | {"missing": suite["left_out"].get(name, f"{name} not measured")}
    entry["peer_title"] = suite["contenders"][target.peer]["title"]
    entry["our_title"] = suite["contenders"][target.ours]["title"]
    if not suite["rounds"]:
        return entry | {"missing": "every round was disturbed"}

    def values(name: str) -> list[float]:
        return [each["samples"][name][target.metric] for each in suite["rounds"]]

    # What shares connections may be under the floor, which is of one connection for each call.
    if target.ours != "weir_pipelining" and floor.NAME in suite["contenders"]:
        entry["floor"] = paired_ratio(values(floor.NAME), values(target.peer)).median
    ratio = paired_ratio(values(target.ours), values(target.peer))
    return entry | {
        "ratio": ratio.median,
        "low": ratio.low,
        "high": ratio.high,
        "rounds": ratio.rounds,
        "met": ratio.median <= target.limit,
    }


def _judge_memory(suites: dict[str, dict]) -> dict:
    weighed = {
        name: suite["resident_bytes"]
        for name, suite in suites.items()
        if suite["resident_bytes"] is not None
    }
    entry = {"limit": MEMORY_LIMIT, "by_suite": weighed}
    if not weighed:
        return entry | {"missing": "weir was not weighed"}
    return entry | {"bytes": max(weighed.values()), "met": max(weighed.values()) <= MEMORY_LIMIT}


def unfit_for_docs(made: dict, least_rounds: int = 9) -> str:
    """Why the document is no result to publish; empty if it is one."""
    for name in {target.suite for target in TARGETS}:
        suite = made["suites"].get(name)
        if suite is None:
            return f"the suite {name} was not run"
        if "weir" not in suite["contenders"]:
            return f"weir was not measured in {name}"
        if len(suite["rounds"]) < least_rounds:
            return f"{name} has {len(suite['rounds'])} undisturbed rounds, {least_rounds} are needed"
    return "the rounds were cut short (--quick)" if made["options"]["quick"] else ""


def document(machine: dict, versions: dict, options: dict, when: str, suites: dict) -> dict:
    return {
        "when": when,
        "machine": machine,
        "versions": versions,
        "options": options,
        "suites": suites,
        "targets": [_judge(target, suites) for target in TARGETS],
        "memory": _judge_memory(suites),
    }
