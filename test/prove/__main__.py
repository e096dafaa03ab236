"""./run prove [--quick] [NUMBER…]: tries what is claimed of services that come and go, and prints what
came of it. Exits with 1 where something did not hold."""

import argparse
import sys

from prove import proofs

QUICK = {"comes_and_goes": {"seconds": 18, "rate": 500}, "rolling_restart": {"seconds": 8, "rate": 500},
         "registry_gone": {"seconds": 5, "rate": 200}, "no_storm": {"seconds": 6, "rate": 300, "well": 1},
         "slow_one": {"seconds": 6, "rate": 300}, "a_thousand": {"many": 300, "rate": 300, "seconds": 1}}


def chosen_from(words):
    parser = argparse.ArgumentParser(prog="./run prove", description="Tries what is claimed of services that come and go.")
    parser.add_argument("numbers", nargs="*", type=int, metavar="NUMBER", help=f"of a proof, 1 to {len(proofs.ALL)}; all, if none is given")
    parser.add_argument("--quick", action="store_true", help="for a shorter time, at a smaller rate")
    chosen = parser.parse_args(words)
    for number in chosen.numbers:
        if not 1 <= number <= len(proofs.ALL):
            parser.error(f"there is no proof {number}: 1 to {len(proofs.ALL)}")
    return chosen


def main(words):
    chosen = chosen_from(words)
    held = True
    for number in chosen.numbers or range(1, len(proofs.ALL) + 1):
        proof = proofs.ALL[number - 1]
        done = proof(**(QUICK[proof.__name__] if chosen.quick else {}))
        print(done.text(), flush=True)
        held = held and done.held
    print("\nall of it held" if held else "\nnot all of it held")
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
