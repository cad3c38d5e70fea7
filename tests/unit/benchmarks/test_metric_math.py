import pytest

from benchmarks.metric_math import Expression, UnsupportedExpressionError


@pytest.mark.parametrize(
    ("text", "values", "expected"),
    [
        ("m", {"m": 2.0}, 2.0),
        ("m", {"m": None}, None),
        ("FILL(m, 0) + 1", {"m": None}, 1.0),
        ("m + n", {"m": 1.0, "n": None}, None),
        ("MAX([m, 5 * FILL(n, 1)]) + 0 * m", {"m": 2.0, "n": None}, 5.0),
        ("MAX([m, 5 * FILL(n, 1)]) + 0 * m", {"m": None, "n": 1.0}, None),
        ("IF(m + n == 0, 1, 0)", {"m": 0.0, "n": 0.0}, 1.0),
        ("IF(m + n == 0, 1, 0)", {"m": 0.0, "n": None}, None),
        ("IF(m > 0 AND n > 0, 3, 4)", {"m": 1.0, "n": 0.0}, 4.0),
        ("IF(m > 0 || n > 0, 3, 4)", {"m": 1.0, "n": 0.0}, 3.0),
        ("m / n", {"m": 1.0, "n": 0.0}, None),
        ("SUM([m, n])", {"m": 1.0, "n": None}, 1.0),
    ],
)
def test_expressions(text, values, expected):
    assert Expression(text).evaluate(values) == expected


@pytest.mark.parametrize("text", ["RATE(m)", "MAX(m)", "m +", "m % n", "'text'", "m[0]"])
def test_what_is_not_modelled_is_refused_when_it_is_read(text):
    with pytest.raises(UnsupportedExpressionError):
        Expression(text)
