from unittest import TestCase

from bench.disturbance import TICKS, Snapshot, foreign_share, parse_proc_stat

STAT = """\
cpu  2638 0 2462 154434 353 0 56 11 0 0
cpu0 877 0 887 78189 7 0 4 2 0 0
cpu1 1760 0 1574 76244 345 0 51 9 0 0
intr 222793 0 0
ctxt 461795
"""


class ReadingProcStat(TestCase):
    def test_each_core_is_idle_while_it_waits_for_a_disk_too(self):
        idle = parse_proc_stat(STAT)
        self.assertEqual(idle, {0: (78189 + 7) / TICKS, 1: (76244 + 345) / TICKS})


class ForeignShare(TestCase):
    start = Snapshot(100.0, {0: 50.0, 1: 50.0}, {0: 1.0, 1: 1.0}, 40.0)

    def share(self, wall, idle, own, others=40.0, allowance=None):
        return foreign_share(self.start, Snapshot(wall, idle, own, others), allowance or {})

    def test_busy_time_that_is_all_ours_is_no_disturbance(self):
        self.assertEqual(self.share(103.0, {0: 50.0, 1: 51.0}, {0: 4.0, 1: 3.0}), 0.0)

    def test_time_neither_idle_nor_ours_is_foreign(self):
        self.assertAlmostEqual(self.share(103.0, {0: 50.0, 1: 51.0}, {0: 3.4, 1: 3.0}), 0.2)

    def test_the_worse_core_counts(self):
        self.assertAlmostEqual(self.share(102.0, {0: 51.0, 1: 50.0}, {0: 2.0, 1: 2.5}), 0.25)

    def test_what_other_processes_used_counts_wherever_they_ran(self):
        share = self.share(102.0, {0: 50.0, 1: 50.0}, {0: 3.0, 1: 3.0}, others=40.5)
        self.assertAlmostEqual(share, 0.25)

    def test_an_allowance_is_for_its_core_alone(self):
        end = (102.0, {0: 50.0, 1: 50.0}, {0: 2.9, 1: 2.7})
        self.assertAlmostEqual(self.share(*end), 0.15)
        self.assertAlmostEqual(self.share(*end, allowance={1: 0.12}), 0.05)

    def test_cores_we_do_not_use_may_be_busy(self):
        start = Snapshot(0.0, {0: 0.0, 1: 0.0, 2: 0.0}, {0: 0.0, 1: 0.0}, 0.0)
        end = Snapshot(1.0, {0: 1.0, 1: 1.0, 2: 0.0}, {0: 0.0, 1: 0.0}, 0.0)
        self.assertEqual(foreign_share(start, end, {}), 0.0)

    def test_rounding_and_ended_processes_never_make_it_negative(self):
        self.assertEqual(self.share(101.0, {0: 50.51, 1: 51.0}, {0: 1.5, 1: 1.0}, others=39.0), 0.0)

    def test_snapshots_out_of_order_are_refused(self):
        self.assertRaises(ValueError, foreign_share, self.start, self.start, {})
