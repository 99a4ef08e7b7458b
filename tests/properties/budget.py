"""How far the properties are looked into: a small fixed budget, the same examples in every run.

`PROPERTY_EXAMPLES=2000` looks further, and each time elsewhere.
"""

import os

from hypothesis import HealthCheck, settings

EXAMPLES = int(os.environ.get("PROPERTY_EXAMPLES", "8"))

stories = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize="PROPERTY_EXAMPLES" not in os.environ,
    suppress_health_check=[HealthCheck.too_slow],
)
files = settings(stories, max_examples=3 * EXAMPLES)
