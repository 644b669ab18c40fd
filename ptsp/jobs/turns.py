"""Whose turn it is: a worker's time is shared among the offices by weight. Pure: moments are given, in seconds.

Deficit round robin. The currency is the worker's own time, not the number of tasks: an office whose tasks cost ten
times as much gets a tenth of them for the same weight.
"""

from collections.abc import Mapping

SLICE_S = 0.05  # of the heaviest office in a round: so long another's small bundle may wait for it
QUIET_S = 5.0  # so long after another office had work, bites stay small: its next step is on its way
EXPECTED_S = 0.004  # of a task of an office that was not seen yet
MOST_OWED_S = 1.0  # what stood still for a minute is no fault of its office
SMOOTH = 0.3  # how much the last bite says of what the next one costs


class Turns:
    """Of one worker. `round_of` gives the turns of a round; each is paid for by `took`."""

    def __init__(self) -> None:
        self._credit: dict[int, float] = {}
        self._cost: dict[int, float] = {}
        self._seen: dict[int, float] = {}
        self.is_alone = False  # no other office had work lately

    def round_of(self, weights: Mapping[int, int], now: float, *, most: int) -> list[tuple[int, int]]:
        """Office and most tasks of its turn, for all that have work, in the order given.

        An office alone takes all it can: `most`. One whose credit does not make up a task yet waits for a later round.
        """
        self._seen = {office: at for office, at in self._seen.items() if now - at < QUIET_S}
        self._seen |= dict.fromkeys(weights, now)
        self.is_alone = len(self._seen) == 1
        if self.is_alone:
            return [(office, most) for office in weights]
        turns: list[tuple[int, int]] = []
        while weights and not turns:  # time is never left unused while anybody has work
            turns = self._paid(weights, most)
        return turns

    def _paid(self, weights: Mapping[int, int], most: int) -> list[tuple[int, int]]:
        heaviest = max(weights.values())
        turns = []
        for office, weight in weights.items():
            cost = self._cost.get(office, EXPECTED_S)
            credit = self._credit.get(office, 0.0) + SLICE_S * weight / heaviest
            self._credit[office] = min(credit, SLICE_S + cost)  # nobody saves up for a long bite
            limit = min(most, int(self._credit[office] / cost))
            if limit > 0:
                turns.append((office, limit))
        return turns

    def took(self, office: int, limit: int, tasks: int, seconds: float) -> None:
        """A turn is over. Who had no more to do saves nothing for later; who took too long owes it."""
        if tasks:
            cost = seconds / tasks
            before = self._cost.get(office, cost)
            self._cost[office] = min(max(before + SMOOTH * (cost - before), 1e-6), SLICE_S)
        self.charge(office, seconds)
        if tasks < limit:
            self._credit[office] = min(self._credit.get(office, 0.0), 0.0)

    def charge(self, office: int, seconds: float) -> None:
        """What an office costs besides its turns: answers of its agencies that came in meanwhile."""
        if not self.is_alone:  # nobody loses anything by it
            self._credit[office] = max(self._credit.get(office, 0.0) - seconds, -MOST_OWED_S)
