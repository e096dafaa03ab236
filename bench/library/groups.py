"""What is compared with what. A program prints GROUP/CONTENDER for each of its cases."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Mapping


@dataclass(frozen=True)
class Group:
    key: str
    title: str
    ours: str  # what the others are compared with; empty: nothing is
    contenders: Mapping[str, str]  # as printed, in the order of the table
    threads: tuple[int, ...] = (1,)
    note: str = ""


GROUPS = (
    Group(
        "alone",
        "The call alone",
        "",
        {"cpp": "C++", "go": "Go", "java": "Java", "python": "Python"},
        note="What is in every figure below: the guarded function, not inlined, and the loop.",
    ),
    Group(
        "closed",
        "A closed breaker that trips at half of the calls of ten seconds",
        "weir-context",
        {
            "weir-context": "weir: context(f)",
            "weir-permit": "weir: permit",
            "mutex": "a mutex and twenty buckets, in C++",
            "gobreaker": "gobreaker: Execute, 20 buckets",
            "failsafe": "failsafe-go: Get",
            "failsafe-permit": "failsafe-go: TryAcquirePermit, RecordSuccess",
            "r4jLocked": "resilience4j: executeSupplier",
            "r4jFree": "resilience4j, lock-free window",
            "aiomisc": "aiomisc: call",
        },
        threads=(1, 2),
        note="Each reads its own clock. aiomisc belongs to one event loop, so it has no second thread.",
    ),
    Group(
        "counted",
        "A closed breaker that trips at half of the last 100 calls",
        "weir-context",
        {
            "weir-context": "weir: context(f)",
            "failsafe": "failsafe-go: Get",
            "r4jLocked": "resilience4j: executeSupplier",
            "r4jFree": "resilience4j, lock-free window",
        },
        threads=(1, 2),
        note="resilience4j's default. All calls share one ring of outcomes, in every library.",
    ),
    Group(
        "row",
        "A closed breaker that trips at five failures in a row",
        "weir-context",
        {
            "weir-context": "weir: context(f)",
            "gobreaker": "gobreaker: Execute",
            "failsafe": "failsafe-go: Get",
            "pybreaker": "pybreaker: decorated",
            "circuitbreaker": "circuitbreaker: decorated",
        },
        threads=(1, 2),
        note="pybreaker and circuitbreaker know no other rule. Two threads of Python take turns.",
    ),
    Group(
        "given",
        "The same breaker of ten seconds, the time given",
        "weir-permit",
        {
            "weir-permit": "weir: permit",
            "mutex": "a mutex and twenty buckets, in C++",
            "r4jLocked": "resilience4j: acquirePermission, onSuccess",
            "r4jFree": "resilience4j, lock-free window",
        },
        note="The breaker without the clock. resilience4j has a clock of ours that costs an addition; "
        "the others cannot be given the time.",
    ),
    Group(
        "rejected",
        "An open breaker, the rejection a value",
        "weir-context",
        {
            "weir-context": "weir: context(f), f gives a result<int>",
            "weir-permit": "weir: try_acquire()",
            "mutex": "a mutex and twenty buckets, in C++",
            "gobreaker": "gobreaker: Execute",
            "failsafe": "failsafe-go: Get",
            "r4j": "resilience4j: tryAcquirePermission",
        },
    ),
    Group(
        "thrown",
        "An open breaker, the rejection an exception",
        "weir-context",
        {
            "weir-context": "weir: context(f), f gives an int",
            "r4j": "resilience4j: executeSupplier",
            "r4jBare": "resilience4j, no stack trace",
            "pybreaker": "pybreaker: decorated",
            "circuitbreaker": "circuitbreaker: decorated",
            "aiomisc": "aiomisc: call",
        },
        note="Thrown and caught. To throw is the dearest thing that C++ can do here: let f give a "
        "result, or use pipeline::run, where rejections are frequent.",
    ),
    Group(
        "retried",
        "Retry around the breaker of ten seconds",
        "weir-run",
        {
            "weir-run": "weir: pipeline::run",
            "failsafe": "failsafe-go: With(retry, breaker).Get",
            "r4j": "resilience4j: decorated",
        },
        note="Three attempts at most; the first succeeds.",
    ),
    Group(
        "timed",
        "Retry around the breaker of ten seconds around a time-out of a second",
        "weir-run",
        {
            "weir-run": "weir: pipeline::run",
            "failsafe": "failsafe-go: With(retry, breaker, timeout).Get",
            "r4j": "resilience4j: TimeLimiter over a thread",
        },
        note="Not the same thing three times. weir's time-out on threads only judges when the call is "
        "back; failsafe-go sets a timer that cancels; resilience4j hands the call to another thread "
        "and waits there for at most a second.",
    ),
)
BY_KEY = {group.key: group for group in GROUPS}
