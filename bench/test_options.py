from __future__ import annotations

import contextlib
import io
import unittest

from bench import options


def refused(*words: str) -> str:
    told = io.StringIO()
    with contextlib.redirect_stderr(told):
        try:
            options.parse(list(words))
        except SystemExit as end:
            return told.getvalue() if end.code == 2 else ""
    return ""


class Options(unittest.TestCase):
    def test_a_contender_that_does_not_exist_was_skipped_in_silence(self):
        self.assertIn("there are weir, ", refused("--skip", "aiohtp"))
        self.assertEqual(options.parse(["--skip", "aiohttp"]).skip, ["aiohttp"])

    def test_wrong_numbers_are_refused(self):
        for words in (("--rounds", "0"), ("--tolerance", "0"), ("--only", "shop")):
            self.assertIn("./run bench", refused(*words))


if __name__ == "__main__":
    unittest.main()
