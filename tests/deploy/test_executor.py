"""The executor on random graphs: every step once, in order, in parallel, and past failures."""

import os
import signal
import subprocess
import sys
import textwrap
import threading

from hypothesis import given
from hypothesis import strategies as st

from advent_cli.deploy.events import Event, Existing, Finished, Outcome, Started, Stopping, Waiting
from advent_cli.deploy.executor import Interrupt, Report, execute

Graph = dict[str, set[str]]


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    keys = [str(number) for number in range(draw(st.integers(0, 12)))]
    return {key: draw(st.sets(st.sampled_from(keys[:i]))) if i else set() for i, key in enumerate(keys)}


def upstream(graph: Graph, key: str) -> set[str]:
    return graph[key].union(*(upstream(graph, need) for need in graph[key])) if graph[key] else set()


@given(graphs(), st.sets(st.integers(0, 11).map(str), max_size=3), st.sets(st.integers(0, 11).map(str)))
def test_every_step_ends_once_after_its_needs_and_failures_skip_what_needs_them(
    graph: Graph, failing: set[str], hasty: set[str]
) -> None:
    """The hasty steps only need the existence of the others."""
    ended: list[str] = []
    exist: list[str] = []

    def work(key: str, report: Report) -> Outcome:
        assert graph[key] <= {*ended, *(exist if key in hasty else [])}
        report(Waiting(key, "at work"))
        if key in failing:
            raise ValueError(key)
        report(Existing(key))
        return Outcome.CREATED

    finished: dict[str, Finished] = {}
    for event in execute(graph, work, existing={key: needs for key, needs in graph.items() if key in hasty}):
        if isinstance(event, Existing):
            exist.append(event.key)
        if isinstance(event, Finished):
            assert event.key not in finished
            finished[event.key] = event
            ended.append(event.key)

    assert finished.keys() == graph.keys()
    for key, event in finished.items():
        broken = upstream(graph, key) & failing
        if broken:
            assert event.outcome is Outcome.SKIPPED
            assert event.reason in broken
        elif key in failing:
            assert event.outcome is Outcome.FAILED
            assert isinstance(event.error, ValueError)
        else:
            assert event.outcome is Outcome.CREATED


def test_independent_steps_run_in_parallel() -> None:
    together = threading.Barrier(8, timeout=10)

    def work(key: str, report: Report) -> Outcome:
        together.wait()
        return Outcome.CREATED

    graph: Graph = {str(number): set() for number in range(8)}
    assert all(event.outcome is Outcome.CREATED for event in execute(graph, work) if isinstance(event, Finished))


def test_a_step_starts_when_its_own_needs_are_done_not_those_of_its_level() -> None:
    second_began = threading.Event()

    def work(key: str, report: Report) -> Outcome:
        if key == "slow":
            assert second_began.wait(10), "the second step waited for a step it does not need"
        if key == "second":
            second_began.set()
        return Outcome.CREATED

    events = execute({"slow": set(), "first": set(), "second": {"first"}}, work)
    assert {event.outcome for event in events if isinstance(event, Finished)} == {Outcome.CREATED}


def test_a_step_that_needs_only_existence_starts_while_the_other_is_at_work_and_ends_as_it_does_by_itself() -> None:
    begun = {key: threading.Event() for key in ("function", "early", "late")}
    exists = threading.Event()

    def work(key: str, report: Report) -> Outcome:
        begun[key].set()
        if key == "early":
            assert exists.is_set()
        if key == "function":
            assert not begun["early"].wait(0.2), "it started although what it needs did not exist"
            exists.set()
            report(Existing(key))
            assert begun["early"].wait(10), "it waited for more than the existence"
            raise ValueError(key)
        return Outcome.CREATED

    graph: Graph = {"function": set(), "early": {"function"}, "late": {"function", "early"}}
    events = execute(graph, work, existing={"early": {"function"}})
    finished = {event.key: event for event in events if isinstance(event, Finished)}
    assert {key: event.outcome for key, event in finished.items()} == {
        "function": Outcome.FAILED,
        "early": Outcome.CREATED,
        "late": Outcome.SKIPPED,
    }
    assert finished["late"].reason == "function"


def test_a_waiting_event_comes_between_the_start_and_the_end_of_its_step() -> None:
    def work(key: str, report: Report) -> Outcome:
        report(Waiting(key, "IAM has not made the role known to Lambda yet"))
        return Outcome.CREATED

    kinds: list[type[Event]] = [type(event) for event in execute({"function": set()}, work)]
    assert kinds == [Started, Waiting, Finished]


def test_after_an_interrupt_running_steps_finish_and_no_new_step_starts() -> None:
    with Interrupt() as interrupt:

        def work(key: str, report: Report) -> Outcome:
            if key == "first":
                os.kill(os.getpid(), signal.SIGINT)
                while not interrupt.asked:
                    pass
            return Outcome.CREATED

        events = list(execute({"first": set(), "second": {"first"}}, work, interrupt))
    finished = {event.key: event for event in events if isinstance(event, Finished)}
    assert finished["first"].outcome is Outcome.CREATED
    assert (finished["second"].outcome, finished["second"].reason) == (Outcome.SKIPPED, "stopped")
    assert any(isinstance(event, Stopping) for event in events)


def test_a_second_interrupt_ends_the_process_at_once() -> None:
    program = """
        import os, signal, threading
        from advent_cli.deploy.executor import Interrupt, execute
        def work(key, notify):
            os.kill(os.getpid(), signal.SIGINT)
            os.kill(os.getpid(), signal.SIGTERM)
            threading.Event().wait()
        with Interrupt() as interrupt:
            list(execute({"for ever": set()}, work, interrupt))
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(program)], timeout=60)
    assert done.returncode == 130
