import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from unittest import TestCase

from bench.procs import TICKS, Supervisor, parse_stat

LINE = "4711 (odd) name (x) S 1 4711 4700 0 -1 4194304 9 0 0 0 250 50 30 7 20 0 1 0 777 0 0"


class ReadingAStatLine(TestCase):
    def test_a_name_may_hold_spaces_and_parentheses(self):
        stat = parse_stat(LINE)
        self.assertEqual((stat.pid, stat.name, stat.session), (4711, "odd) name (x", 4700))

    def test_user_and_system_time_are_added(self):
        self.assertEqual(parse_stat(LINE).cpu_seconds, 300 / TICKS)

    def test_what_ended_children_used_is_kept_apart(self):
        self.assertEqual(parse_stat(LINE).collected_seconds, 37 / TICKS)


class Supervising(TestCase):
    def setUp(self):
        self.core = sorted(os.sched_getaffinity(0))[0]
        self.supervisor = Supervisor(self.core)
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.addCleanup(self.supervisor.stop_all)

    def start(self, code):
        command = [sys.executable, "-c", code]
        return self.supervisor.start(command, self.core, Path(self.folder.name, "log"), piped=True)

    def test_what_is_started_is_pinned_and_in_a_session_of_its_own(self):
        process = self.start("import os; print(os.sched_getaffinity(0), os.getsid(0)); input()")
        self.assertEqual(process.popen.stdout.readline(), f"{{{self.core}}} {process.pid}\n")

    def test_the_cpu_of_children_counts(self):
        process = self.start(
            "import os, time\n"
            "if os.fork() == 0:\n"
            "  while time.process_time() < 0.2: pass\n"
            "  print('spent', flush=True)\n"
            "input()"
        )
        process.popen.stdout.readline()
        self.assertGreaterEqual(process.cpu_seconds(), 0.15)
        self.assertGreaterEqual(self.supervisor.snapshot().own[self.core], 0.15)

    def test_a_short_lived_stranger_is_seen_by_what_it_left_to_its_parent(self):
        before = self.supervisor.snapshot()
        burn = "import time\nwhile time.process_time() < 0.2: pass"
        stranger = subprocess.Popen(
            ["sh", "-c", f"{sys.executable} -c '{burn}'; read done"], stdin=subprocess.PIPE
        )
        self.addCleanup(stranger.communicate)
        until = time.monotonic() + 20
        while self.supervisor.snapshot().others - before.others < 0.15:
            self.assertLess(time.monotonic(), until)
            time.sleep(0.05)

    def test_stopping_ends_children_that_ignore_the_signal(self):
        process = self.start(
            "import os, signal, time\n"
            "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
            "os.fork(); print('up', flush=True); time.sleep(60)"
        )
        process.popen.stdout.readline()
        process.popen.stdout.readline()
        began = time.monotonic()
        self.supervisor.stop(process, patience=0.2)
        self.assertEqual(process.members(), [])
        self.assertLess(time.monotonic() - began, 5)
