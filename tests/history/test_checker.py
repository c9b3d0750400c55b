"""The checker finds the anomalies that it is there for, and lets good histories pass."""
import sys
import pathlib

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from checker import UNKNOWN, Operation, check  # noqa: E402


def append(start, end, **appends):
    return Operation(start, end, appends=appends, what="append")


def read(start, end, **reads):
    return Operation(start, end, reads=reads, what="read")


def test_a_sequential_history_is_good():
    history = [append(0, 1, x=1), read(2, 3, x=[1]), append(4, 5, x=2, y=3), read(6, 7, x=[1, 2], y=[3])]
    assert check(history, {"x": [1, 2], "y": [3]}) == []


def test_concurrent_operations_may_take_effect_in_any_order():
    history = [append(0, 10, x=1), append(0, 10, x=2), read(0, 10, x=[2]), read(0, 10, x=[])]
    assert check(history, {"x": [2, 1]}) == []


def test_a_lost_update():
    assert "lost" in check([append(0, 1, x=1), append(0, 1, x=2)], {"x": [2]})[0]


def test_an_unanswered_append_may_be_lost_or_come_late():
    assert check([append(0, UNKNOWN, x=1), read(5, 6, x=[])], {"x": []}) == []
    assert check([append(0, UNKNOWN, x=1), read(5, 6, x=[]), read(7, 8, x=[1])], {"x": [1]}) == []


def test_a_stale_read():
    assert "no order" in check([append(0, 1, x=1), read(2, 3, x=[])], {"x": [1]})[0]


def test_reads_that_go_backwards():
    assert "no order" in check([append(0, 9, x=1), read(1, 2, x=[1]), read(3, 4, x=[])], {"x": [1]})[0]


def test_a_fractured_read():
    history = [append(0, 1, x=1, y=2), read(0, 1, x=[1], y=[])]
    assert "no order" in check(history, {"x": [1], "y": [2]})[0]


def test_write_skew():
    one = Operation(0, 9, appends={"y": 1}, reads={"x": []}, what="t")
    two = Operation(0, 9, appends={"x": 2}, reads={"y": []}, what="t")
    assert "no order" in check([one, two], {"x": [2], "y": [1]})[0]


def test_a_value_that_appears_twice_or_from_nowhere():
    assert "twice" in check([append(0, 1, x=1)], {"x": [1, 1]})[0]
    assert "from nowhere" in check([], {"x": [7]})[0]
    assert "not a beginning" in check([append(0, 1, x=1), read(2, 3, x=[2])], {"x": [1]})[0]
