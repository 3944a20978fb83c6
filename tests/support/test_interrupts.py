"""Ctrl-C and time limits arrive, whatever Python is doing."""

import _thread
import signal
import sys
import time
import weakref

import pytest

from copos.support.interrupts import OutOfTime, not_dropped, within


class Finalised:
    """Work at the end of an object, where Python drops every exception."""

    def __init__(self, work):
        self.work = work

    def __del__(self):
        self.work()


def at_work(seconds=5):
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        time.sleep(0.001)


def in_a_finaliser(work):
    Finalised(work)


def in_the_callback_of_a_weak_reference(work):
    thing = Finalised(lambda: None)
    kept = weakref.ref(thing, lambda _: work())
    del thing
    assert kept() is None


@pytest.mark.parametrize("place", [in_a_finaliser, in_the_callback_of_a_weak_reference])
def test_ctrl_c_is_not_dropped(place):
    before = sys.unraisablehook, signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt), not_dropped():
        place(lambda: [_thread.interrupt_main(), at_work(0.01)])
        at_work()
    assert before == (sys.unraisablehook, signal.getsignal(signal.SIGINT))


@pytest.mark.parametrize("place", [in_a_finaliser, in_the_callback_of_a_weak_reference])
def test_a_time_limit_is_not_dropped(place):
    begin = time.perf_counter()
    with pytest.raises(OutOfTime), within(0.05):
        place(lambda: time.sleep(0.2))
        at_work()
    assert time.perf_counter() - begin < 4


def test_other_exceptions_are_reported_as_before(monkeypatch):
    seen = []
    monkeypatch.setattr(sys, "unraisablehook", seen.append)
    with not_dropped():
        in_a_finaliser(lambda: 1 / 0)
    assert [lost.exc_type for lost in seen] == [ZeroDivisionError]
