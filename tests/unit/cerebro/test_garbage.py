import gc

from cracktrader.cerebro.garbage import postponed


def test_full_collections_wait_until_the_last_run_is_over():
    before = gc.get_threshold()
    with postponed():
        assert gc.get_threshold()[:2] == before[:2]
        assert gc.get_threshold()[2] > 1000 * before[2]
        with postponed():
            pass
        assert gc.get_threshold()[2] > 1000 * before[2]
    assert gc.get_threshold() == before


def test_runs_that_end_in_another_order_restore_what_was():
    before = gc.get_threshold()
    one, other = postponed(), postponed()
    one.__enter__()
    other.__enter__()
    one.__exit__(None, None, None)
    other.__exit__(None, None, None)
    assert gc.get_threshold() == before
