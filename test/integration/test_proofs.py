"""What `./run prove` tries, at a smaller rate and for a shorter time; among other tests it is given
room (`SLOWER`) in the times that it must keep."""

import pytest
from prove import proofs
from support.weir_process import SLOWER

pytestmark = pytest.mark.longest(240)


def holds(proof):
    print(proof.text())
    assert proof.held, proof.text()


def test_instances_come_and_go_without_a_failure():
    holds(proofs.comes_and_goes(seconds=15, rate=150, slower=SLOWER))


def test_a_rolling_restart_fails_nothing():
    holds(proofs.rolling_restart(seconds=6, rate=150))


def test_consul_gone_or_played_by_an_impostor_fails_nothing():
    holds(proofs.registry_gone(seconds=3, rate=100, slower=SLOWER))


def test_a_service_that_fails_wholly_meets_no_storm():
    holds(proofs.no_storm(seconds=4, rate=150, well=1))
