import random

import async_kill9
import kill9
import pytest


@pytest.mark.timeout(180)
def test_nothing_acknowledged_is_lost_in_5_kills():
    seed = random.SystemRandom().randrange(2**32)
    assert kill9.main(rounds=5, connections=32, seed=seed, quiet=True) == [], f"seed {seed}"


@pytest.mark.timeout(240)
def test_every_accepted_event_runs_over_4_kills():
    seed = random.SystemRandom().randrange(2**32)
    assert async_kill9.main(kills=4, seed=seed, quiet=True) == [], f"seed {seed}"
