"""The one place that knows which target does what."""

from orgsync.client.connection import Connection
from orgsync.client.order import Order
from orgsync.client.outcome import Outcome


def plan_order(order: Order) -> Outcome:
    """Say what the file would change at its target."""
    if order.connection.is_linkedin:
        from orgsync.client.targets.linkedin.push import plan_only as plan_linkedin  # noqa: PLC0415

        return plan_linkedin(order)
    from orgsync.client.targets.orgsync.push import plan_only as plan_server  # noqa: PLC0415

    return plan_server(order)


def push_order(order: Order) -> Outcome:
    """Send the file to its target."""
    if order.connection.is_linkedin:
        from orgsync.client.targets.linkedin.push import push as push_linkedin  # noqa: PLC0415

        return push_linkedin(order)
    from orgsync.client.targets.orgsync.push import push as push_server  # noqa: PLC0415

    return push_server(order)


def forget_push(connection: Connection) -> None:
    """Forget a push that has come to its end and that was noted elsewhere."""
    if connection.is_linkedin:
        from orgsync.client.targets.linkedin.sending import Sending  # noqa: PLC0415

        Sending(connection.store()).clear()
    else:
        from orgsync.client.push import forget  # noqa: PLC0415

        forget(str(connection.server), connection.token)
