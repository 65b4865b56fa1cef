import pytest

from cracktrader.exchange.call import HostPaused, Priority, ResendRefused


def test_cancels_go_first_and_downloads_last():
    assert sorted(Priority) == [
        Priority.CANCEL,
        Priority.CREATE,
        Priority.PRIVATE,
        Priority.PUBLIC,
        Priority.DOWNLOAD,
    ]


@pytest.mark.parametrize("priority", Priority)
def test_only_creates_and_cancels_trade(priority, make_call):
    trades = priority in {Priority.CANCEL, Priority.CREATE}
    assert priority.is_trading is trades
    assert make_call(priority).is_trading is trades


def test_a_trading_request_leaves_once_per_arming(make_call):
    call = make_call(Priority.CREATE)
    call.arm()
    call.leave()
    with pytest.raises(ResendRefused, match="twice"):
        call.leave()
    assert call.sent == 1
    call.arm()
    call.leave()
    assert call.sent == 2


def test_a_read_may_leave_as_often_as_it_likes(make_call):
    call = make_call()
    call.leave()
    call.leave()
    assert call.sent == 2


def test_what_could_not_leave_was_not_sent(make_call):
    call = make_call()
    call.leave()
    call.stay()
    assert call.sent == 0


def test_a_reply_is_forgotten_when_the_next_request_leaves(make_call):
    call = make_call()
    call.answered(200, {})
    assert (call.status, call.is_json) == (200, True)
    call.answered(200, None)
    assert not call.is_json
    call.leave()
    assert call.status is None


def test_a_pause_says_which_host_and_how_long():
    assert str(HostPaused("api.x.com", 61.25)) == "api.x.com asked for a pause of 61.2 s more"
