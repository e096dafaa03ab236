"""./run prove [--quick] [NUMBER…]: tries what is claimed of services that come and go, and prints what
came of it. Exits with 1 where something did not hold."""

import sys

from prove import proofs

QUICK = {"comes_and_goes": {"seconds": 18, "rate": 500}, "rolling_restart": {"seconds": 8, "rate": 500},
         "registry_gone": {"seconds": 5, "rate": 200}, "no_storm": {"seconds": 6, "rate": 300, "well": 1},
         "slow_one": {"seconds": 6, "rate": 300}, "a_thousand": {"many": 300, "rate": 300, "seconds": 1}}


def main(arguments):
    quick = "--quick" in arguments
    chosen = [int(a) for a in arguments if a.isdigit()] or range(1, len(proofs.ALL) + 1)
    held = True
    for number in chosen:
        proof = proofs.ALL[number - 1]
        done = proof(**(QUICK[proof.__name__] if quick else {}))
        print(done.text(), flush=True)
        held = held and done.held
    print("\nall of it held" if held else "\nnot all of it held")
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
