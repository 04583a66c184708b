"""How many examples a property is tried with (試験の深さ): a sample, or ten times as many.

`manage.py test --full` sets CONSORTIUM_TEST_FULL=1 and hands a seed to pytest; the sample is the
same on every machine. CONSORTIUM_TEST_SHALLOW=50 takes a fiftieth of it, for mutation testing
(docs/mutation.md), which runs the same tests thousands of times; no stage of manage.py knows it.
"""

import os

from hypothesis import HealthCheck, settings

FULL = os.environ.get("CONSORTIUM_TEST_FULL") == "1"
SHALLOW = int(os.environ.get("CONSORTIUM_TEST_SHALLOW", "1"))


def cases(sample: int) -> int:
    """Give so many cases, ten times as many in a full run."""
    return max(1, (sample * 10 if FULL else sample) // SHALLOW)


def examples(sample: int) -> settings:
    """Try so many examples, ten times as many in a full run."""
    return settings(
        max_examples=cases(sample),
        derandomize=not FULL,
        database=None,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    )
