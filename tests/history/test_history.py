"""Histories of many clients over crashes are strictly serializable, and the checker would notice if they were not."""
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import conftest  # noqa: E402
import workload  # noqa: E402


@pytest.mark.parametrize("durability", ["relaxed", "sync"])
def test_history_is_serializable(tmp_path, durability):
    problems, operations = workload.run(tmp_path, clients=16, seconds=6, kills=3, seed=7, durability=durability)
    assert problems == []
    assert operations > 500


def test_a_server_without_latches_is_caught(tmp_path):
    problems, _ = workload.run(tmp_path, clients=16, seconds=3, kills=0, seed=7, binary=conftest.BRUME.with_name("brume-unlatched"))
    assert any(problem.startswith(("lost", "not a beginning", "no order")) for problem in problems), problems[:5]
