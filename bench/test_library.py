import json
import tempfile
from pathlib import Path
from unittest import TestCase

from bench.library import comparison, report
from bench.library.groups import BY_KEY, GROUPS
from bench.library.programs import Pace, Program, ProgramFailed, parse_jmh, parse_lines


def rounds(*pairs):
    """Rounds of gobreaker beside weir, as (weir, gobreaker)."""
    found = []
    for ours, theirs in pairs:
        cases = {"row/weir-context": ours, "row/gobreaker": theirs}
        found.append({"cases": {"1": cases, "2": {}}, "foreign": {"weir, 1 thread": 0.02}})
    return found


def document(measured, **other):
    made = {
        "when": "today",
        "quick": False,
        "machine": {"CPU": "one"},
        "versions": {"Go": "1"},
        "own": "a table",
        "groups": comparison.results(measured),
        "left_out": [],
        "rounds": measured,
    }
    return made | other


def jmh(unit):
    metric = {"score": 9.5, "scoreUnit": unit}
    return json.dumps([{"benchmark": "weir.Peer.closed_r4jFree", "primaryMetric": metric}])


class Reading(TestCase):
    def test_a_line_for_each_case(self):
        text = '{"case": "closed/gobreaker", "ns": 12.5}\n{"case": "alone/go", "ns": 1}\n'
        self.assertEqual(parse_lines(text), {"closed/gobreaker": 12.5, "alone/go": 1.0})

    def test_of_jmh_the_score_by_the_methods_name(self):
        self.assertEqual(parse_jmh(jmh("ns/op")), {"closed/r4jFree": 9.5})

    def test_another_unit_is_refused(self):
        with self.assertRaises(ProgramFailed):
            parse_jmh(jmh("us/op"))


class Comparing(TestCase):
    def test_ratios_are_formed_within_each_round(self):
        # By the medians it were 20/40.
        result = comparison.group_result(BY_KEY["row"], 1, rounds((10, 100), (20, 40), (30, 30)))
        self.assertEqual(result["rows"]["gobreaker"]["ns"], 40)
        self.assertEqual(result["rows"]["gobreaker"]["ratio"], 0.5)
        self.assertEqual(result["rows"]["weir-context"]["low"], 10)
        self.assertNotIn("ratio", result["rows"]["weir-context"])

    def test_what_lacks_a_round_is_left_out(self):
        measured = rounds((10, 100), (20, 40))
        del measured[1]["cases"]["1"]["row/gobreaker"]
        self.assertNotIn("gobreaker", comparison.group_result(BY_KEY["row"], 1, measured)["rows"])

    def test_a_group_without_figures_is_left_out(self):
        self.assertIsNone(comparison.group_result(BY_KEY["row"], 2, rounds((10, 100))))

    def test_each_group_compares_with_one_of_its_own(self):
        for group in GROUPS:
            self.assertIn(group.ours, ["", *group.contenders], group.key)

    def test_a_program_that_breaks_costs_the_others_nothing(self):
        def breaks(threads, pace, cores):
            raise ProgramFailed("no such luck")

        fine = Program("a", lambda: True, lambda *_: {"alone/cpp": 1.0}, dict, "a")
        bad = Program("b", lambda: True, breaks, dict, "b")
        entry, broken = comparison.measure_round([bad, fine], Pace(0.1, 1), [0])
        self.assertEqual(entry["cases"]["1"], {"alone/cpp": 1.0})
        self.assertEqual(broken, {"b": "no such luck"})

    def test_the_order_turns(self):
        self.assertEqual(comparison.turned(["a", "b", "c"], 1), ["b", "c", "a"])
        self.assertEqual(comparison.turned([], 1), [])


class Reporting(TestCase):
    def test_where_another_is_faster_is_said(self):
        self.assertEqual(report.slower_than(document(rounds((10, 40)))["groups"]), [])
        slower = report.slower_than(document(rounds((40, 10)))["groups"])
        self.assertEqual(len(slower), 1)
        self.assertIn("gobreaker: Execute takes 25% of weir's time", slower[0])
        slower = report.slower_than(document(rounds((10, 9), (10, 11), (10, 12)))["groups"])
        self.assertIn("as far as the rounds tell", slower[0])

    def test_the_page_is_written_between_its_marks(self):
        with tempfile.TemporaryDirectory() as folder:
            page = Path(folder) / "page.md"
            page.write_text("before\n<!-- results:begin -->\nold\n<!-- results:end -->\nafter\n")
            report.write_docs(document(rounds((10, 40))), page)
            text = page.read_text()
        self.assertTrue(text.startswith("before\n") and text.endswith("after\n"))
        self.assertNotIn("old", text)
        self.assertIn("gobreaker: Execute", text)

    def test_a_look_is_not_for_the_page(self):
        many = rounds(*[(10, 40)] * 5)
        self.assertIsNone(report.unfit_for_docs(document(many)))
        self.assertIn("quick", report.unfit_for_docs(document(many, quick=True)))
        self.assertIn("rounds", report.unfit_for_docs(document(many[:4])))
        self.assertIn("lacks Go", report.unfit_for_docs(document(many, left_out=["Go"])))
