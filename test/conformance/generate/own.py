"""Traces that no Python original can give: of other libraries, from their tests or as executed, and our own."""

from words import trace


def rule(name, **options):
    return {"rule": name, **options}


def row(failures, open_for=5.0, **more):
    return {"trip": [rule("failures_in_a_row", failures=failures)], "open_for": open_for, **more}


def ratio(r, within, min_calls, open_for=5.0, compare="at_least", **more):
    return {"trip": [rule("failure_ratio", ratio=r, within=within, min_calls=min_calls, compare=compare)], "open_for": open_for, **more}


def of_last(failures, calls, open_for=5.0):
    return {"trip": [rule("failures_of_last", failures=failures, calls=calls)], "open_for": open_for}


def ratio_of_last(r, calls, min_calls=0, compare="at_least"):
    return {"trip": [rule("failure_ratio_of_last", ratio=r, calls=calls, min_calls=min_calls, compare=compare)], "open_for": 5.0}


def within(failures, seconds, open_for=5.0, **more):
    return {"trip": [rule("failures_within", failures=failures, within=seconds)], "open_for": open_for, **more}


def slow(r, slower_than, min_calls, within_s=20.0, compare="at_least"):
    return {"trip": [rule("slow_ratio", ratio=r, slower_than=slower_than, within=within_s, min_calls=min_calls, compare=compare)],
            "open_for": 5.0}


BOOK = {"profile": "book", "max_failures": 2, "time_window": 5.0, "reset_interval": 5.0}


def others():
    return [
        trace("the book", "probes strictly after the reset interval", BOOK, "F@0 F@1 open R@2 R@2 R@6 open @6.001 half-open F@6.001 open"),
        trace("the book", "forgets failures that left the window", BOOK, "F@0 S@3 S@5 F@6 closed n=1"),
        trace("the book", "calls that time out after a second", BOOK,
              "a+@0 a=F@1 closed b+@1 b=F@2 open R@2 R@2 c+@7 c=F@8 open R@8 R@8 R@8"),
        trace("resilience4j", "opens at 60 % of five calls", ratio(0.5, 20.0, 5), "F@0 F@1 F@2 S@3 closed S@4 open"),
        trace("resilience4j", "opens at exactly 50 %", ratio(0.5, 20.0, 5), "S@0 S@0 S@0 F@0 F@0 closed F@0 open"),
        trace("resilience4j", "opens at 60 % of slow calls", slow(0.5, 4.0, 5),
              "a+@0 a=S@5 closed b+@5 b=S@10 c+@10 c=S@10.1 d+@10.1 d=S@10.2 closed e+@10.2 e=S@15.2 open"),
        trace("resilience4j", "four permits, one released", row(1, 1.0, half_open={"permits": 4}),
              "F@0 a+@1 b+@1 c+@1 d+@1 R@1 R@1 c=I@1 e+@1 R@1"),
        trace("resilience4j", "opens when no probe reports in time", row(1, 1.0, half_open={"permits": 2, "longest_wait": 1.0}),
              "F@0 a+@1 @1.999 half-open @2 open a=S@2.5 open"),
        trace("gobreaker", "opens after more than five in a row", {"profile": "gobreaker"},
              "F@0 F@0 F@0 F@0 F@0 S@0 F@0 closed n=1 F@0 F@0 F@0 F@0 closed F@0 open R@59.999 open R@60 @60.001 half-open F@60.001 open"),
        trace("gobreaker", "a call of an older generation changes nothing", {"profile": "gobreaker"},
              "old+@0 F@0 F@0 F@0 F@0 F@0 F@0 open @61 half-open a+@61 old=S@61.5 half-open a=S@62 closed"),
        trace("failsafe-go", "counts three in a row", row(3), "F@0 S@0 F@0 F@0 closed F@0 open"),
        trace("failsafe-go", "counts two of the last three", of_last(2, 3), "F@0 S@0 closed F@0 open"),
        trace("failsafe-go", "needs three of four in half-open", row(1, 1.0, half_open={"permits": 1, "successes": 3, "of": 4}),
              "F@0 S@1 F@1 S@1 half-open F@1 open"),
        trace("Sentinel", "opens above half of ten", ratio(0.5, 10.0, 10, compare="more_than"),
              "F@0 F@0 F@0 F@0 F@0 F@0 S@0 S@0 S@0 closed F@0 open"),
        trace("Sentinel", "half is not above half", ratio(0.5, 10.0, 10, compare="more_than"),
              "F@0 F@0 F@0 F@0 F@0 S@0 S@0 S@0 S@0 S@0 closed F@0 open"),
        trace("aiomisc's manual", "more than 20 % of the calls of the last 20 s",
              {"profile": "aiomisc_as_documented", "error_ratio": 0.2, "response_time": 20.0, "broken_time": 5.0},
              "S@0 S@1 S@2 S@3 F@4 closed S@5 F@6 open R@10.9 R@11 half-open", draw=0.5),
    ]


def own():
    out = []

    def add(name, options, script, **more):
        out.append(trace("own", name, options, script, **more))

    # In a row.
    for n in (1, 2, 3, 5, 8):
        failures = " ".join(f"F@{i}" for i in range(n - 1))
        add(f"{n} in a row open it", row(n), f"{failures} {'closed' if n > 1 else ''} F@{n} open n={n} R@{n + 1} r=4")
        add(f"a success before the last of {n} keeps it closed", row(n + 1), f"F@0 {failures} S@20 closed n=0 F@21 n=1")
    add("ignored calls break no row", row(2), "F@0 I@1 closed n=1 F@2 open")
    add("ignored calls that count as successes do", row(2, ignored="success"), "F@0 I@1 n=0 F@2 closed n=1 F@3 open")
    add("a withdrawn call counts as nothing even then", row(2, ignored="success"), "F@0 W@1 n=1 F@2 open")
    # The open time.
    add("the exact end probes", row(1), "F@0 R@4.999999 r=0.000001 @5 half-open S@5 closed")
    add("exclusive: the exact end is rejected", row(1, reopens="exclusive"), "F@0 R@5 open @5.000001 half-open S@5.000001 closed")
    add("on call: the state stays open until a call", row(1, evaluated="on_call"), "F@0 @5 open @1000 open S@1000 closed")
    add("growing doubles it at each opening",
        {"trip": [rule("failures_in_a_row", failures=1)], "open_for": {"first": 1.0, "longest": 4.0, "factor": 2.0}},
        "F@0 R@0.5 r=0.5 F@1 open R@2 r=1 F@3 R@6.5 r=0.5 F@7 R@10.9 S@11 closed F@12 R@12.5 r=0.5 S@13 closed")
    add("since the call's start", row(1, since="call_start"), "a+@0 a=F@3 open R@4.9 S@5 closed")
    add("since the verdict", row(1), "a+@0 a=F@3 open R@5 R@7.9 S@8 closed")
    add("a long call that began before and fails during open changes nothing", row(1), "a+@0 F@1 open a=F@3 open n=1 S@6 closed")
    # Half-open.
    add("one probe at a time", row(1), "F@0 a+@5 half-open R@5 R@6 a=S@7 closed")
    add("a failed probe opens for the whole time again", row(1), "F@0 a+@5 a=F@7 open R@11.9 r=0.1 S@12 closed")
    add("an ignored probe decides nothing and frees its slot", row(1), "F@0 I@5 half-open I@6 half-open S@7 closed")
    add("a withdrawn probe decides nothing and frees its slot", row(1, ignored="success"), "F@0 W@5 half-open S@6 closed")
    add("three permits need three successes", row(1, half_open={"permits": 3}), "F@0 S@5 S@5 half-open S@5 closed")
    add("three permits, one failure opens", row(1, half_open={"permits": 3}), "F@0 S@5 S@5 F@5 open")
    add("two successes of one permit at a time", row(1, half_open={"permits": 1, "successes": 2}), "F@0 S@5 half-open a+@5 R@5 a=S@6 closed")
    add("two of three", row(1, half_open={"permits": 3, "successes": 2, "of": 3}), "F@0 F@5 half-open S@5 half-open S@5 closed")
    add("two of three, two failures", row(1, half_open={"permits": 3, "successes": 2, "of": 3}), "F@0 F@5 half-open S@5 half-open F@5 open")
    add("no more probes than verdicts that decide", row(1, half_open={"permits": 3, "successes": 3}), "F@0 S@5 a+@5 b+@5 R@5 a=S@6 b=S@6 closed")
    add("everyone may probe", row(1, half_open={"permits": "everyone"}), "F@0 a+@5 b+@5 c+@5 b=S@6 closed a=F@7 closed")
    add("everyone may probe and one failure opens", row(1, half_open={"permits": "everyone"}), "F@0 a+@5 b+@5 a=F@6 open b=S@7 open")
    add("a probe that never reports expires", row(1, half_open={"permits": 1, "longest_wait": 3.0}), "F@0 a+@5 R@7.9 @8 open R@12.9 S@13 closed a=F@14 closed n=0")
    add("no longest wait waits for ever", row(1, half_open={"permits": 1, "longest_wait": 0.0}), "F@0 a+@5 R@100000 half-open a=S@100001 closed")
    add("a late verdict of the closed era closes nothing", row(1), "old+@0 F@1 open p+@6 old=S@7 half-open R@7 p=S@8 closed")
    add("a late failure of the closed era opens nothing", row(2), "old+@0 F@1 F@1 open S@6 closed old=F@7 closed n=0")
    add("a probe's verdict after it closed counts as nothing", row(1, half_open={"permits": 2, "successes": 1, "of": 2}),
        "F@0 a+@5 b+@5 a=S@6 closed b=F@7 closed n=0")
    # Within a time.
    add("three within ten seconds", within(3, 10.0), "F@0 F@5 closed F@9.9 open")
    add("the window is open at its old end", within(3, 10.0), "F@0 F@5 F@10 closed n=2")
    add("successes between do not matter", within(3, 10.0), "F@0 S@1 F@2 S@3 F@4 open")
    add("it slides", within(2, 5.0), "F@0 F@5 closed F@9 open")
    add("closing forgets the window", within(2, 100.0), "F@0 F@1 open S@6 closed F@7 closed n=1 F@8 open")
    # Ratios over time.
    add("not before the least calls", ratio(0.5, 10.0, 4), "F@0 F@0 F@0 closed F@0 open")
    add("exactly the ratio", ratio(0.25, 10.0, 4), "S@0 S@0 S@0 closed F@0 open")
    add("a hair below the ratio", ratio(0.25, 10.0, 5), "S@0 S@0 S@0 S@0 F@0 closed F@0 open")
    add("a success may be the call that completes the least", ratio(0.5, 10.0, 4), "F@0 F@0 F@0 S@0 open")
    add("100 %", ratio(1.0, 10.0, 3), "F@0 F@0 S@0 F@0 F@0 F@0 closed")
    add("100 % of three", ratio(1.0, 10.0, 3), "F@0 F@1 F@2 open")
    add("the window empties in an idle gap", ratio(0.5, 5.0, 5), "F@0 F@1 F@2 F@3 closed n=4 F@3603 closed n=1")
    add("old successes leave", ratio(0.5, 10.0, 4), "S@0 S@0 S@0 S@0 F@5 F@5 F@5 closed F@11 open")
    add("old failures leave", ratio(0.5, 10.0, 4), "F@0 F@0 F@0 S@11 S@11 S@11 S@11 closed n=0")
    add("more than, not at least", ratio(0.5, 10.0, 2, compare="more_than"), "F@0 S@0 closed F@0 open")
    add("ignored calls are not in the ratio", ratio(0.5, 10.0, 4), "F@0 I@0 I@0 I@0 F@0 S@0 closed S@0 open")
    # Ratios and counts over calls.
    add("three of the last five", of_last(3, 5), "F@0 F@0 S@0 S@0 closed F@0 open")
    add("the sixth forgets the first", of_last(3, 5), "F@0 F@0 S@0 S@0 S@0 F@0 closed n=2")
    add("half of the last four, all of them", ratio_of_last(0.5, 4), "F@0 F@0 F@0 closed S@0 open")
    add("half of the last four, from two on", ratio_of_last(0.5, 4, 2), "F@0 closed F@0 open")
    add("more than half of the last four", ratio_of_last(0.5, 4, 0, "more_than"), "F@0 F@0 S@0 S@0 closed F@0 closed")
    add("nothing is forgotten by time alone", of_last(2, 3), "F@0 F@86400 open")
    # Slow calls.
    add("a call of exactly the limit is not slow", slow(0.5, 1.0, 1), "a+@0 a=S@1 closed")
    add("a call over the limit is", slow(0.5, 1.0, 1), "a+@0 a=S@1.000001 open")
    add("a slow failure is slow", slow(0.5, 1.0, 2), "a+@0 a=F@2 S@2 open")
    add("quick failures are not slow", slow(0.5, 1.0, 2), "F@0 F@0 F@0 closed")
    # Any of several.
    several = {"trip": [rule("failures_in_a_row", failures=3), rule("failure_ratio", ratio=0.5, within=10.0, min_calls=6)], "open_for": 5.0}
    add("the row trips first", several, "F@0 F@0 F@0 open")
    add("the ratio trips though no row does", several, "F@0 F@0 S@0 F@0 S@0 closed S@0 open")
    # The ramp.
    ramp = row(1, half_open={"ramp": 10.0, "ramp_ratio": 0.5, "ramp_min_calls": 2})
    add("the ramp admits nobody at its first instant", ramp, "F@0 R@5 half-open", draw=0.0)
    add("a high draw is admitted late", ramp, "F@0 R@5 R@9 S@14.9 half-open", draw=0.9)
    add("a middle draw from the middle on", ramp, "F@0 R@5 R@10.8 S@10.9 half-open", draw=0.5)
    add("the ramp ends closed", ramp, "F@0 R@5 @14.999999 half-open @15 closed S@15", draw=0.5)
    add("failures on the ramp open again", ramp, "F@0 R@5 F@9 half-open F@9 open R@13.9", draw=0.1)
    add("few failures on the ramp do not", ramp, "F@0 R@5 S@9 S@9 F@9 half-open @15 closed", draw=0.1)
    # Buckets.
    buckets = {"trip": [rule("failing_buckets", ratio=0.5, within=10.0)], "open_for": 10.0}
    add("one call for each bucket is enough", buckets, " ".join(f"F@{t}" for t in range(9)) + " closed F@9 open")
    add("nine bad buckets are not", buckets, " ".join(f"F@{t}" for t in range(8)) + " S@8 F@9 closed")
    add("after a silence one failure is not", buckets, " ".join(f"F@{t}" for t in range(9)) + " F@1000 closed")
    # Closed for a while at least.
    add("does not trip right after it closed", row(1, closed_at_least=10.0), "F@0 S@5 closed F@6 closed F@14.999 closed F@15 open")
    return out
