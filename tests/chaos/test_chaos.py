"""The real product under kill -9: a short storm with a fixed seed; `make chaos` runs long ones."""

import pytest

from tests.chaos.storm import rage


def test_nothing_is_lost_or_done_twice(tmp_path_factory: pytest.TempPathFactory) -> None:
    """
    Whatever is killed: every accepted upload ends, has one set of effects, one result, one mail, one audit trail.
    """
    folder = tmp_path_factory.mktemp("chaos")
    # The database's own account must be able to pass.
    for place in (folder, folder.parent, folder.parent.parent):
        place.chmod(0o711)

    report = rage(folder, kills=6, seed=20260302, seconds=20, say=lambda _line: None)

    assert report.wrongs == []
    assert report.kills
    assert report.endings.get("DONE")
