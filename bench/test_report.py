from unittest import TestCase
from xml.etree import ElementTree

from bench import install, results
from bench.contenders.weir import says_open
from bench.generator import faults_of
from bench.report import files, svg, tables, text
from bench.rounds import Sample, run_rounds
from bench.suites import SUITES, named

TITLES = {"weir": "weir", "nginx": "nginx", "haproxy": "HAProxy"}
COST = {"weir": 8.4, "nginx": 11.3, "haproxy": 12.6, "floor": 7.0, "weir_pipelining": 5.0}


def proxy_result(disturbed=False, titles=None):
    titles = titles or TITLES
    calls = []

    def measure(name):
        calls.append(name)
        foreign = 0.4 if disturbed and len(calls) == 2 else 0.0
        return Sample(name, 300_000, 3.0, COST[name], 0.99, 500.0, 900.0, foreign)

    rounds = run_rounds(list(titles), 3, measure, 0.05, 9)
    return results.suite_result(named("proxy"), titles, rounds, {}, True, 9_000_000)


def document(**suites):
    machine = {"CPU": "a <fast> one", "kernel": "6", "system": "Debian"}
    options = {"rounds": 3, "tolerance": 0.05, "quick": False}
    return results.document(machine, {"weir": "0.1"}, options, "today", suites)


class Judging(TestCase):
    def target(self, made, suite, peer):
        return next(t for t in made["targets"] if (t["suite"], t["peer"]) == (suite, peer))

    def test_a_ratio_under_its_limit_meets_the_target(self):
        entry = self.target(document(proxy=proxy_result()), "proxy", "nginx")
        self.assertAlmostEqual(entry["ratio"], 8.4 / 11.3)
        self.assertTrue(entry["met"])

    def test_a_ratio_over_its_limit_does_not(self):
        slow = proxy_result()
        for each in slow["rounds"]:
            each["samples"]["weir"]["cpu_us"] = 11.0
        entry = self.target(document(proxy=slow), "proxy", "haproxy")
        self.assertFalse(entry["met"])

    def test_what_was_not_measured_is_neither_met_nor_missed(self):
        made = document(proxy=proxy_result(titles={"weir": "weir", "nginx": "nginx"}))
        self.assertNotIn("met", self.target(made, "proxy", "haproxy"))
        self.assertNotIn("met", self.target(made, "shop3", "undici"))

    def test_the_floor_is_told_beside_the_target_of_who_shares_no_connections(self):
        with_floor = proxy_result(titles={**TITLES, "floor": "floor", "weir_pipelining": "sharing"})
        made = document(proxy=with_floor)
        self.assertAlmostEqual(self.target(made, "proxy", "nginx")["floor"], 7.0 / 11.3)
        sharing = [t for t in made["targets"] if t.get("our_title") == "sharing"]
        self.assertTrue(sharing)
        self.assertFalse(any("floor" in each for each in sharing))
        self.assertIn("0.619", text.targets_table(made))
        self.assertNotIn("floor", self.target(document(proxy=proxy_result()), "proxy", "nginx"))

    def test_memory_is_that_of_the_worst_suite(self):
        heavy = proxy_result() | {"resident_bytes": 21_000_000}
        memory = document(proxy=proxy_result(), shop3=heavy)["memory"]
        self.assertEqual(memory["bytes"], 21_000_000)
        self.assertFalse(memory["met"])

    def test_every_target_names_a_contender_of_its_suite(self):
        for target in results.TARGETS:
            names = [each.name for each in named(target.suite).contenders()]
            self.assertIn(target.peer, names)
            self.assertIn("weir", names)


class Reports(TestCase):
    def test_discarded_rounds_are_printed_too(self):
        made = text.render(document(proxy=proxy_result(disturbed=True)))
        self.assertIn("round 1 put aside: others took 40.0% of a core during nginx", made)
        self.assertIn("medians of 3 rounds, 1 more put aside", made)

    def test_the_text_holds_every_figure_that_was_asked_for(self):
        made = text.render(document(proxy=proxy_result()))
        for word in ("requests/s", "p50", "p99", "CPU µs/request", "0.743", "≤ 0.95", "9.0 MB"):
            self.assertIn(word, made)

    def test_the_picture_is_well_formed_whatever_is_measured(self):
        for made in (document(), document(proxy=proxy_result())):
            ElementTree.fromstring(svg.render(made))

    def test_every_suite_has_its_short_name_in_the_picture(self):
        self.assertEqual(set(svg.SHORT), {suite.name for suite in SUITES})

    def test_results_go_between_the_markers_and_can_be_replaced(self):
        page = f"before\n{files.BEGIN}\n{files.END}\nafter\n"
        once = files.with_results(page, "one")
        self.assertEqual(once, f"before\n{files.BEGIN}\none\n{files.END}\nafter\n")
        self.assertEqual(files.with_results(once, "two"), once.replace("one", "two"))

    def test_a_page_without_markers_is_left_alone(self):
        self.assertRaises(ValueError, files.with_results, "no markers", "x")

    def test_columns_line_up(self):
        lines = tables.table(["a", "bb"], [["ccc", "1"], ["d", "22"]], right=(1,)).splitlines()
        self.assertEqual(len({len(line) for line in lines}), 1)
        self.assertEqual(lines[1], "| --- | -: |")


class Publishing(TestCase):
    def whole(self):
        return {suite.name: proxy_result() for suite in SUITES}

    def test_a_whole_result_may_be_published(self):
        self.assertEqual(results.unfit_for_docs(document(**self.whole()), least_rounds=3), "")

    def test_too_few_rounds_a_missing_suite_or_no_weir_are_no_result(self):
        self.assertIn("9 are needed", results.unfit_for_docs(document(**self.whole())))
        part = self.whole()
        del part["openloop"]
        self.assertIn("openloop", results.unfit_for_docs(document(**part), least_rounds=3))
        peers = self.whole() | {"shop3": proxy_result(titles={"nginx": "nginx"})}
        self.assertIn("weir", results.unfit_for_docs(document(**peers), least_rounds=3))

    def test_short_rounds_are_no_result(self):
        made = document(**self.whole())
        made["options"]["quick"] = True
        self.assertIn("--quick", results.unfit_for_docs(made, least_rounds=3))


class SmallThings(TestCase):
    def test_an_open_circuit_is_found_wherever_it_is_listed(self):
        self.assertTrue(says_open({"circuits": [{"name": "partner", "state": "open"}]}))
        self.assertTrue(says_open({"partner": {"state": "open"}}))
        self.assertFalse(says_open([{"name": "open", "state": "half-open"}]))

    def test_faults_of_a_measurement_are_told_in_words(self):
        clean = {"wrong_status": 0, "wrong_length": 0, "broken": 0, "unanswered": 0}
        self.assertEqual(faults_of(clean), "")
        self.assertIn("7 with a status other than 200", faults_of(clean | {"wrong_status": 7}))

    def test_older_nodes_get_the_undici_that_runs_on_them(self):
        self.assertEqual(install.undici_for("v18.19.0"), "undici@6")
        self.assertEqual(install.undici_for("v20.9.0"), "undici@6")
        self.assertEqual(install.undici_for("v20.20.2"), "undici@7")
        self.assertEqual(install.undici_for("v24.1.0"), "undici@7")
