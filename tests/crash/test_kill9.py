import random

import kill9
import pytest


@pytest.mark.timeout(180)
def test_nothing_acknowledged_is_lost_in_5_kills():
    seed = random.SystemRandom().randrange(2**32)
    assert kill9.main(rounds=5, connections=32, seed=seed, quiet=True) == [], f"seed {seed}"
