from __future__ import annotations

from bench.report.tables import number, ratio, table


def suite_table(suite: dict) -> str:
    head = ["", "requests/s", "p50 ms", "p99 ms", "CPU µs/request", "its core busy"]
    rows = []
    for each in suite["contenders"].values():
        if "cpu_us" in each:
            rows.append(
                [
                    each["title"],
                    number(each["per_second"]),
                    f"{each['p50_us'] / 1000:.2f}",
                    f"{each['p99_us'] / 1000:.2f}",
                    number(each["cpu_us"]),
                    f"{each['busy']:.0%}",
                ]
            )
        else:
            rows.append([each["title"], *["-"] * 5])
    return table(head, rows, right=(1, 2, 3, 4, 5))


def _discarded(suite: dict) -> list[str]:
    lines = []
    for each in suite["discarded"]:
        figures = ", ".join(
            f"{name} {number(sample[suite['shows']])} µs" for name, sample in each["samples"].items()
        )
        lines.append(f"round {each['number'] + 1} put aside: {each['put_aside']} ({figures})")
    return lines


def suite_notes(suite: dict) -> list[str]:
    kept, wanted = len(suite["rounds"]), suite["rounds_wanted"]
    notes = [f"medians of {kept} rounds, {len(suite['discarded'])} more put aside"]
    if kept < wanted:
        notes[0] += f"; {wanted} were wanted"
    if suite["contenders"]:
        same = "to the byte" if suite["identical_bytes"] else "as JSON"
        notes.append(f"the answers of all are equal {same}")
    if suite["resident_bytes"] is not None:
        notes.append(f"weir resident afterwards: {suite['resident_bytes'] / 1e6:.1f} MB")
    notes += [f"not measured: {reason}" for reason in suite["left_out"].values()]
    return notes + _discarded(suite)


def targets_table(document: dict) -> str:
    rows = []
    for each in document["targets"]:
        ours = each.get("our_title", "weir")
        beside = f"{each['metric']} against {each.get('peer_title', each['peer'])}"
        what = f"{each['what']}: {'' if ours == 'weir' else ours + ', '}{beside}"
        floor = ratio(each["floor"]) if "floor" in each else ""
        if "ratio" in each:
            measured = ratio(each["ratio"])
            spread = f"{ratio(each['low'])} – {ratio(each['high'])}"
            verdict = "yes" if each["met"] else "NO"
        else:
            measured, spread, verdict = "-", each["missing"], "not measured"
        rows.append([what, measured, spread, each["limit_words"], floor, verdict])
    memory = document["memory"]
    limit = f"≤ {memory['limit'] / 1e6:.0f} MB"
    what = "resident memory after the runs with 64 connections"
    if "bytes" in memory:
        verdict = "yes" if memory["met"] else "NO"
        rows.append([what, f"{memory['bytes'] / 1e6:.1f} MB", "", limit, "", verdict])
    else:
        rows.append([what, "-", memory["missing"], limit, "", "not measured"])
    head = ["weir against its targets", "ratio", "middle half", "target", "the floor's", "met"]
    return table(head, rows, right=(1,))


def machine_table(document: dict) -> str:
    rows = [[*pair] for pair in {**document["machine"], **document["versions"]}.items()]
    return table(["machine and versions", ""], rows)


def render(document: dict) -> str:
    options = document["options"]
    parts = [
        f"Measured {document['when']}, {options['rounds']} rounds, "
        f"tolerance for foreign load {options['tolerance']:.0%} of a core.",
        machine_table(document),
    ]
    for suite in document["suites"].values():
        notes = "\n".join(f"- {note}" for note in suite_notes(suite))
        parts.append(f"### {suite['title']}\n\n{suite_table(suite)}\n\n{notes}")
    parts.append("### Against the targets\n\n" + targets_table(document))
    return "\n\n".join(parts) + "\n"
