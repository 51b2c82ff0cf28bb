"""Deciding: equal means nothing to do, and each difference is named exactly."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advent_cli.deploy.decide import Action, Step, count_actions, decide, differences
from advent_cli.errors import AdventError, ForeignError

VALUES = st.booleans() | st.integers() | st.text(max_size=5)  # not None, which stands for a missing setting
SETTINGS = st.dictionaries(
    st.text("abc", min_size=1, max_size=2),
    VALUES | st.lists(VALUES, max_size=3) | st.dictionaries(st.text("abc", min_size=1, max_size=2), VALUES, max_size=3),
    max_size=4,
)


@pytest.mark.parametrize(
    ("want", "seen", "action"),
    [
        (None, None, Action.NOTHING),
        ({"a": 1}, None, Action.CREATE),
        (None, {"a": 1}, Action.DELETE),
        ({"a": 1}, {"a": 1}, Action.NOTHING),
        ({"a": 1}, {"a": 2}, Action.UPDATE),
        ({"a": 1}, AdventError("access denied"), Action.BLOCKED),
        (None, AdventError("access denied"), Action.BLOCKED),
        (None, ForeignError("table/x", "table x", "arn"), Action.BLOCKED),
    ],
)
def test_each_combination_of_want_and_seen_has_one_action(want: Any, seen: Any, action: Action) -> None:
    assert decide(want, seen) is action


@given(SETTINGS, SETTINGS)
def test_the_differences_are_complete_and_correct(want: dict[str, Any], now: dict[str, Any]) -> None:
    step = Step("kind/name", "kind name", want, now)
    assert bool(step.differences) == (want != now)
    for difference in step.differences:
        at_now, at_want = now, want
        for part in difference.setting.split("."):
            at_now, at_want = (at_now or {}).get(part), (at_want or {}).get(part)  # type: ignore[assignment]
        assert (at_now, at_want) == (difference.now, difference.want)
        assert at_now != at_want


def test_only_the_setting_that_differs_is_named() -> None:
    want = {"memory": 256, "environment": {"A": "1", "B": "2"}}
    now = {"memory": 256, "environment": {"A": "1", "B": "3", "C": "4"}}
    assert [(d.setting, d.now, d.want) for d in differences(want, now)] == [
        ("environment.B", "3", "2"),
        ("environment.C", "4", None),
    ]


def test_counts_leave_out_steps_with_nothing_to_do() -> None:
    steps = [
        Step("a/b", "a b", {"x": 1}, None),
        Step("a/c", "a c", {"x": 1}, {"x": 1}),
        Step("a/d", "a d", {}, {"x": 1}),
    ]
    assert {action: number for action, number in count_actions(steps).items() if number} == {
        Action.CREATE: 1,
        Action.UPDATE: 1,
    }
