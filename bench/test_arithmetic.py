from unittest import TestCase

from bench.arithmetic import cpu_per_request, median, paired_ratio, quantile


class Medians(TestCase):
    def test_the_median_of_an_odd_number_is_the_middle_one(self):
        self.assertEqual(median([9.0, 1.0, 5.0]), 5.0)

    def test_the_median_of_an_even_number_lies_between_the_middle_two(self):
        self.assertEqual(median([4.0, 1.0, 2.0, 9.0]), 3.0)

    def test_one_wild_value_does_not_move_the_median(self):
        self.assertEqual(median([1.0, 2.0, 3.0, 4.0, 1e9]), 3.0)

    def test_nothing_has_no_median(self):
        self.assertRaises(ValueError, median, [])

    def test_quantiles_interpolate_between_ranks(self):
        self.assertEqual(quantile([0.0, 10.0], 0.25), 2.5)
        self.assertEqual(quantile([1.0, 2.0, 3.0, 4.0, 5.0], 0.75), 4.0)
        self.assertEqual(quantile([7.0], 0.99), 7.0)


class PairedRatios(TestCase):
    def test_a_drift_that_both_share_leaves_the_ratio_alone(self):
        ratio = paired_ratio([1.0, 2.0, 3.0], [2.0, 4.0, 6.0])
        self.assertEqual((ratio.median, ratio.low, ratio.high), (0.5, 0.5, 0.5))

    def test_the_median_is_taken_of_the_ratios_and_not_the_ratio_of_medians(self):
        ours, theirs = [1.0, 2.0, 9.0], [1.0, 4.0, 3.0]
        self.assertEqual(paired_ratio(ours, theirs).median, 1.0)
        self.assertNotEqual(median(ours) / median(theirs), 1.0)

    def test_rounds_without_a_partner_are_refused(self):
        self.assertRaises(ValueError, paired_ratio, [1.0, 2.0], [1.0])

    def test_a_peer_that_cost_nothing_was_not_measured(self):
        self.assertRaises(ValueError, paired_ratio, [1.0], [0.0])


class CpuPerRequest(TestCase):
    def test_seconds_become_microseconds_for_each_request(self):
        self.assertEqual(cpu_per_request(3.0, 100_000), 30.0)

    def test_no_request_is_no_measurement(self):
        self.assertRaises(ValueError, cpu_per_request, 1.0, 0)
