"""The one place that knows which target does what."""

from collections.abc import Callable

from orgsync.client.order import Order
from orgsync.client.outcome import Outcome


def plan_order(order: Order) -> Outcome:
    """Say what the file would change at its target."""
    if order.connection.is_linkedin:
        from orgsync.client.targets.linkedin.push import plan_only as plan_linkedin  # noqa: PLC0415

        return plan_linkedin(order)
    from orgsync.client.targets.orgsync.push import plan_only as plan_server  # noqa: PLC0415

    return plan_server(order)


def push_order(order: Order, on_step: Callable[[str], None] = lambda _step: None) -> Outcome:
    """Send the file to its target; `on_step` hears of plan, push and results before each begins."""
    if order.connection.is_linkedin:
        from orgsync.client.targets.linkedin.push import push as push_linkedin  # noqa: PLC0415

        return push_linkedin(order, on_step)
    from orgsync.client.targets.orgsync.push import push as push_server  # noqa: PLC0415

    return push_server(order, on_step)
