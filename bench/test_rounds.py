from unittest import TestCase

from bench.rounds import Sample, order_of, run_rounds


def sample(name, foreign=0.0, faults=""):
    return Sample(name, 1000, 1.0, 10.0, 1.0, 100.0, 200.0, foreign, faults)


class Rounds(TestCase):
    def setUp(self):
        self.asked = []

    def measure(self, disturbed=()):
        """Calls counted from 0; those in `disturbed` are."""

        def one(name):
            at = len(self.asked)
            self.asked.append(name)
            return sample(name, 0.5 if at in disturbed else 0.01)

        return one

    def test_the_order_turns_so_that_nobody_is_always_first(self):
        self.assertEqual(order_of("abc", 0), ["a", "b", "c"])
        self.assertEqual(order_of("abc", 1), ["b", "c", "a"])
        self.assertEqual(order_of("abc", 5), ["c", "a", "b"])

    def test_every_contender_is_measured_once_in_each_round(self):
        rounds = run_rounds("abc", 3, self.measure(), 0.05, 9)
        self.assertEqual("".join(self.asked), "abcbcacab")
        self.assertTrue(rounds.complete)
        self.assertEqual(rounds.discarded, [])

    def test_a_disturbed_round_is_put_aside_and_repeated(self):
        rounds = run_rounds("ab", 2, self.measure(disturbed=[1]), 0.05, 6)
        self.assertEqual([each.number for each in rounds.kept], [1, 2])
        self.assertEqual([each.number for each in rounds.discarded], [0])
        self.assertEqual(rounds.discarded[0].put_aside, "others took 50.0% of a core during b")
        self.assertFalse(rounds.discarded[0].fault)

    def test_a_round_with_wrong_answers_is_put_aside_and_marked(self):
        rounds = run_rounds("a", 1, lambda name: sample(name, faults="7 wrongly"), 0.05, 2)
        self.assertEqual([each.put_aside for each in rounds.discarded], ["a answered 7 wrongly"] * 2)
        self.assertTrue(all(each.fault for each in rounds.discarded))

    def test_wrong_answers_under_foreign_load_are_no_fault(self):
        rounds = run_rounds("a", 1, lambda name: sample(name, 0.5, "7 wrongly"), 0.05, 1)
        self.assertFalse(rounds.discarded[0].fault)

    def test_a_disturbed_round_ends_at_once(self):
        run_rounds("abc", 1, self.measure(disturbed=[0]), 0.05, 2)
        self.assertEqual("".join(self.asked), "a" + "bca")

    def test_tries_are_bounded_where_it_never_gets_quiet(self):
        rounds = run_rounds("ab", 3, self.measure(disturbed=range(100)), 0.05, 5)
        self.assertFalse(rounds.complete)
        self.assertEqual(len(rounds.discarded), 5)

    def test_only_kept_rounds_give_values(self):
        rounds = run_rounds("ab", 2, self.measure(disturbed=[0]), 0.05, 6)
        self.assertEqual(rounds.values("a", "cpu_us"), [10.0, 10.0])

    def test_each_round_is_announced_kept_or_not(self):
        seen = []
        run_rounds("ab", 2, self.measure(disturbed=[0]), 0.05, 6, seen.append)
        self.assertEqual([bool(each.put_aside) for each in seen], [True, False, False])
