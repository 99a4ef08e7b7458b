"""The addresses of PostgreSQL: what a URL says, and what is added to it."""

from orgsync.server.database import django_database, queue_connection


def test_broken_network_is_noticed_unless_the_address_says_otherwise() -> None:
    """The system's own patience with a silent network is a quarter of an hour, at times two hours."""
    plain = django_database("postgresql://orgsync@db/orgsync", application_name="web")
    patient = django_database("postgresql://db/orgsync?tcp_user_timeout=0&connect_timeout=60", application_name="web")

    assert (plain["OPTIONS"]["tcp_user_timeout"], plain["OPTIONS"]["connect_timeout"]) == (20_000, 5)
    assert (patient["OPTIONS"]["tcp_user_timeout"], patient["OPTIONS"]["connect_timeout"]) == ("0", "60")


def test_several_hosts_pass_through() -> None:
    """A primary and its stand-by stand in one address; the one that may be written to is taken."""
    both = django_database(
        "postgresql://orgsync@one:5432,two:5433/orgsync?target_session_attrs=read-write", application_name="web"
    )

    assert (both["HOST"], both["PORT"], both["OPTIONS"]["target_session_attrs"]) == (
        "one,two",
        "5432,5433",
        "read-write",
    )


def test_nothing_outlives_a_transaction_behind_a_pooler() -> None:
    """The next transaction may be on another session of the server, which knows neither cursor nor statement."""
    pooled = django_database("postgresql://pooler/orgsync", application_name="web", is_pooled=True)

    assert pooled["DISABLE_SERVER_SIDE_CURSORS"] is True
    assert queue_connection("postgresql://pooler/orgsync", application_name="worker")["prepare_threshold"] is None
