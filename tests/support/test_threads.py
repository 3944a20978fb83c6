"""Public calls run on one BLAS thread, and give the pools back."""

import numpy as np
import scipy.linalg  # noqa: F401 - its pool is one of those looked at
from threadpoolctl import threadpool_info, threadpool_limits

import copos
from copos.support.threads import on_one_blas_thread, one_blas_thread


def pools():
    return [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]


def test_only_the_outermost_block_sets_and_lifts_the_limit():
    with threadpool_limits(2):
        before = pools()
        with one_blas_thread():
            with one_blas_thread():
                assert set(pools()) == {1}
            assert set(pools()) == {1}
        assert pools() == before


def test_the_limit_is_lifted_after_an_error():
    @on_one_blas_thread
    def fail():
        raise KeyError

    with threadpool_limits(2):
        before = pools()
        try:
            fail()
        except KeyError:
            pass
        assert pools() == before


def test_a_bracket_is_solved_and_proved_on_one_thread():
    seen = []

    def recover(moments):
        seen.append(pools())
        point = np.array([1.0, 0.0])
        return copos.program.Recovered(point, 1.0, point)

    program = copos.CompletelyPositiveProgram(
        copos.NonNegative(2), np.eye(2), [(np.ones((2, 2)), 1.0)], recover=recover
    )
    with threadpool_limits(2):
        copos.bracket(program)
    assert seen
    assert set(seen[0]) == {1}
