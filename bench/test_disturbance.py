from unittest import TestCase

from bench.disturbance import TICKS, CoreTimes, Snapshot, foreign_share, parse_proc_stat

STAT = """\
cpu  2638 0 2462 154434 353 0 56 11 0 0
cpu0 877 0 887 78189 7 0 4 2 0 0
cpu1 1760 0 1574 76244 345 0 51 9 0 0
intr 222793 0 0
ctxt 461795
"""


def snapshot(wall, idle, own):
    return Snapshot(wall, {core: CoreTimes(value) for core, value in idle.items()}, own)


class ReadingProcStat(TestCase):
    def test_each_core_is_idle_while_it_waits_for_a_disk_too(self):
        cores = parse_proc_stat(STAT)
        self.assertEqual(sorted(cores), [0, 1])
        self.assertEqual(cores[0].idle, (78189 + 7) / TICKS)
        self.assertEqual(cores[1].idle, (76244 + 345) / TICKS)


class ForeignShare(TestCase):
    start = snapshot(100.0, {0: 50.0, 1: 50.0}, {0: 1.0, 1: 1.0})

    def test_busy_time_that_is_all_ours_is_no_disturbance(self):
        end = snapshot(103.0, {0: 50.0, 1: 51.0}, {0: 4.0, 1: 3.0})
        self.assertEqual(foreign_share(self.start, end), 0.0)

    def test_time_neither_idle_nor_ours_is_foreign(self):
        end = snapshot(103.0, {0: 50.0, 1: 51.0}, {0: 3.4, 1: 3.0})
        self.assertAlmostEqual(foreign_share(self.start, end), 0.2)

    def test_the_worse_core_counts(self):
        end = snapshot(102.0, {0: 51.0, 1: 50.0}, {0: 2.0, 1: 2.5})
        self.assertAlmostEqual(foreign_share(self.start, end), 0.25)

    def test_cores_we_do_not_use_may_be_busy(self):
        start = snapshot(0.0, {0: 0.0, 1: 0.0, 2: 0.0}, {0: 0.0, 1: 0.0})
        end = snapshot(1.0, {0: 1.0, 1: 1.0, 2: 0.0}, {0: 0.0, 1: 0.0})
        self.assertEqual(foreign_share(start, end), 0.0)

    def test_rounding_of_the_counters_never_makes_it_negative(self):
        end = snapshot(101.0, {0: 50.51, 1: 51.0}, {0: 1.5, 1: 1.0})
        self.assertEqual(foreign_share(self.start, end), 0.0)

    def test_snapshots_out_of_order_are_refused(self):
        self.assertRaises(ValueError, foreign_share, self.start, self.start)
