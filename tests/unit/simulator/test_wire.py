from cracktrader.simulator.wire import Answer, Request


def test_a_request_needs_no_more_than_a_path():
    request = Request(method="GET", path="/api/v3/ping")
    assert (request.query, dict(request.headers)) == ("", {})


def test_an_answer_is_json_unless_told_otherwise():
    answer = Answer(status=200, body=b"{}")
    assert (answer.content_type, dict(answer.headers)) == ("application/json", {})
