"""Kills as the chaos tests do, and cuts networks for seconds, up to a minute: workers go on as zombies, hosts split."""

import random
import time
from dataclasses import dataclass, field
from typing import Final

from tests.chaos.killer import Killer
from tests.scale.fleet import Fleet
from tests.scale.hosts import Heal, Host, cut, lose, unplug

KILLS: Final = {
    "child": 16,
    "backend": 6,
    "backend inside a transaction": 12,
    "uploads": 8,
    "light": 4,
    "web": 6,
    "database": 4,
    "host": 4,
    "everything": 1,
}
CUTS: Final = {
    "cut worker–database": 18,
    "cut web–database": 6,
    "cut web–storage": 6,
    "cut worker–storage": 4,
    "unplug worker": 8,
    "unplug web": 3,
    "unplug database": 2,
    "lose packets of worker": 4,
}
AT_ONCE: Final = 2
"""How many cuts may be open at a time."""
REST: Final = 20.0
ENDED: Final = "SELECT count(*) FROM uploads_uploadjob WHERE finished_at IS NOT NULL OR held_at IS NOT NULL"


@dataclass
class Disturber(Killer):
    """Strikes at a fleet. A cut is healed when its time is over, with others open beside it."""

    weights: dict[str, int] = field(default_factory=lambda: KILLS | CUTS)
    open: list[tuple[float, Heal]] = field(default_factory=list)
    ended: int = 0
    longest: float = 0.0
    cut_seconds: float = 0.0

    @property
    def fleet(self) -> Fleet:
        assert isinstance(self.product, Fleet)
        return self.product

    def strike(self) -> None:
        """Strike once something has ended since the last time: on a slow machine nothing would ever come up again."""
        deadline = time.monotonic() + REST
        while True:
            self._heal_due()
            self.fleet.keep_up()
            ended = self._ask(ENDED)
            if (ended and ended[0][0] > self.ended) or time.monotonic() > deadline:
                break
            time.sleep(0.2)
        self.ended = ended[0][0] if ended else self.ended
        super().strike()

    def relent(self) -> None:
        """Heal every cut; whatever was killed is started again."""
        while self.open:
            self.open.pop()[1]()
        self.fleet.keep_up()

    def close(self) -> None:
        self.relent()
        super().close()

    def _heal_due(self) -> None:
        now = time.monotonic()
        for entry in [entry for entry in self.open if entry[0] <= now]:
            self.open.remove(entry)
            entry[1]()

    def _kill(self, target: str, busy: list[tuple[object, ...]]) -> bool:
        if target in CUTS:
            return len(self.open) < AT_ONCE and self._cut(target)
        if target == "database":
            return self._kill_database()
        if target == "host":
            return self._kill_host()
        return super()._kill(target, busy)

    def _kill_database(self) -> bool:
        self._forget()
        self.fleet.cluster.kill()
        time.sleep(self.dice.uniform(0, 3))
        self.fleet.cluster.start()
        return True

    def _kill_host(self) -> bool:
        """Kill everything on one host at once; it is started again with the next strike."""
        name = self.dice.choice(sorted(self.fleet.running))
        self.fleet.running[name].kill()
        self.fleet.running[name].wait()
        return True

    def _cut(self, target: str) -> bool:
        seconds = _length(self.dice)
        self.open.append((time.monotonic() + seconds, self._begin(target)))
        self.cut_seconds += seconds
        self.longest = max(self.longest, seconds)
        return True

    def _begin(self, target: str) -> Heal:
        database = self.fleet.cluster.host
        storage = self.fleet.hosts.get("s3", database)
        worker, web = self._one("work"), self._one("web")
        match target:
            case "cut worker–database":
                return cut(worker, database)
            case "cut web–database":
                return cut(web, database)
            case "cut web–storage":
                return cut(web, storage)
            case "cut worker–storage":
                return cut(worker, storage)
            case "unplug worker":
                return unplug(worker)
            case "unplug web":
                return unplug(web)
            case "unplug database":
                self._forget()
                return unplug(database)
            case _:
                return lose(worker, self.dice.uniform(0.1, 0.5))

    def _one(self, role: str) -> Host:
        return self.dice.choice(self.fleet.named(role))


def _length(dice: random.Random) -> float:
    """Return for how long: mostly about as long as it takes to be declared dead, at times a minute."""
    return dice.choices([dice.uniform(1, 5), dice.uniform(5, 15), dice.uniform(15, 60)], [4, 4, 1])[0]
