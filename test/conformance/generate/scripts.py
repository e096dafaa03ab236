"""The calls that are recorded from the originals. Words: S succeeds, F fails, I raises what is not counted; @ seconds."""

PYBREAKER = [
    ("opens at the third failure and probes at the exact end", {"fail_max": 3, "reset_timeout": 15},
     "F@0 F@1 F@2 F@3 F@16.9 F@17 S@31.99 S@32"),
    ("closes after three good probes", {"fail_max": 3, "reset_timeout": 10, "success_threshold": 3},
     "F@0 F@0 F@0 S@10 S@10 F@10 F@19 S@20 S@20 S@20"),
    ("takes an excluded error for a success", {"fail_max": 5, "reset_timeout": 60}, "F@0 I@1 F@2 I@3"),
    ("trips at the first failure", {"fail_max": 1, "reset_timeout": 5}, "F@0 S@4.999 S@5 F@6 S@11"),
    ("a good probe tells half-open, then closed", {"fail_max": 1, "reset_timeout": 5}, "F@0 S@5"),
    ("a bad probe tells half-open, then open", {"fail_max": 1, "reset_timeout": 5}, "F@0 F@5"),
    ("forgets failures at any success", {"fail_max": 3, "reset_timeout": 5}, "F@0 F@1 S@2 F@3 F@4 S@5 F@6 F@7 F@8 S@9"),
    ("an excluded error closes it as a probe", {"fail_max": 2, "reset_timeout": 5}, "F@0 F@0 I@5 F@6 F@7"),
    ("stays open without a call", {"fail_max": 1, "reset_timeout": 5}, "F@0 S@4 S@100"),
    ("reopens again and again", {"fail_max": 2, "reset_timeout": 3}, "F@0 F@1 F@4 F@7 F@9.9 F@10 S@13"),
]
FABFUEL = [
    ("reads half-open at the exact end", {"failure_threshold": 3, "recovery_timeout": 1},
     "S@0 F@0 F@0 F@0 S@0.1 S@0.99 F@1 S@1.5 S@2"),
    ("five failures, then a bad and a good probe", {"failure_threshold": 5, "recovery_timeout": 10},
     "F@0 F@1 F@2 F@3 F@4 S@5 S@13.99 F@14 S@15 S@23.9 S@24"),
    ("takes an unexpected exception for a success", {"failure_threshold": 2, "recovery_timeout": 10}, "F@0 I@1 F@2 I@3 F@4 F@5 S@6"),
    ("an unexpected exception closes it as a probe", {"failure_threshold": 1, "recovery_timeout": 2}, "F@0 I@2 S@3"),
    ("trips at the first failure", {"failure_threshold": 1, "recovery_timeout": 1}, "F@0 F@0.5 F@1 F@1.5 S@2"),
]
# Two calls in each second: with one, aiomisc never trips, which ours does not repeat.
AIOMISC = [
    ("ten bad buckets break it, and it recovers by the ramp", {"error_ratio": 0.5, "response_time": 10}, 0.5,
     " ".join([f"S@{t}" for t in range(1, 11)] + [f"F@{t}" for t in range(11, 21)] + [f"S@{t}" for t in range(20, 30)]
              + ["S@30", "S@31", "S@34", "S@36", "S@38", "S@40", "S@41"])),
    ("a failure on the ramp breaks it again", {"error_ratio": 0.5, "response_time": 10}, 0.1,
     " ".join([f"F@{t}" for t in range(1, 11)] + ["S@10", "S@20", "F@26", "S@26", "S@35.9", "S@36"])),
    ("recovers in its own time", {"error_ratio": 0.5, "response_time": 10, "broken_time": 2, "recovery_time": 4}, 0.5,
     " ".join([f"F@{t}" for t in range(1, 11)] + ["S@10", "S@11.9", "S@12", "S@13", "S@14.4", "S@16", "F@17", "S@18"])),
    ("an exception that is not listed is no failure", {"error_ratio": 0.5, "response_time": 10}, 0.5,
     " ".join(f"I@{t} I@{t}.5" for t in range(0, 11))),
    ("good buckets in between keep it passing", {"error_ratio": 0.5, "response_time": 10}, 0.5,
     " ".join(f"{'S' if t % 7 == 0 else 'F'}@{t} S@{t}.9" if t % 7 == 0 else f"F@{t} F@{t}.9" for t in range(0, 30))),
    ("a bucket at exactly the ratio is bad", {"error_ratio": 0.5, "response_time": 10}, 0.5,
     " ".join(f"S@{t} F@{t}.5" for t in range(0, 10)) + " S@9.6 S@9.7"),
]
