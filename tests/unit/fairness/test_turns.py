"""A worker's time goes round the offices by weight: whoever has work gets its share of any stretch of time."""

from hypothesis import given, settings
from hypothesis import strategies as st

from ptsp.jobs.turns import SLICE_S, Turns

MOST = 200
BITE_S = 0.02  # what a task costs at most here
offices = st.lists(
    st.tuples(st.integers(1, 10), st.floats(0.0005, BITE_S)), min_size=2, max_size=6
)  # weight, seconds a task


def played(weights_and_costs, rounds, *, idle=frozenset()):
    """Seconds each office got by round, where all but the `idle` always have work."""
    turns, now = Turns(), 0.0
    weights = {office: weight for office, (weight, _) in enumerate(weights_and_costs)}
    spent = []
    for number in range(rounds):
        working = {one: weight for one, weight in weights.items() if one not in idle or number % 7 == 0}
        row = dict.fromkeys(weights, 0.0)
        for office, limit in turns.round_of(working, now, most=MOST):
            assert 1 <= limit <= MOST
            tasks = limit if office not in idle else min(limit, 1)
            seconds = tasks * weights_and_costs[office][1]
            turns.took(office, limit, tasks, seconds)
            row[office] = seconds
            now += seconds
        spent.append(row)
    return spent


@settings(max_examples=60, deadline=None)
@given(offices, st.integers(0, 60))
def test_each_gets_its_share_of_any_stretch_by_weight(weights_and_costs, start):
    spent = played(weights_and_costs, 160)[start + 40 :]  # after its costs are known
    total = sum(sum(row.values()) for row in spent)
    all_weights = sum(weight for weight, _ in weights_and_costs)
    for office, (weight, cost) in enumerate(weights_and_costs):
        got = sum(row[office] for row in spent)
        slack = 2 * (SLICE_S + cost)
        capped = MOST * cost * len(spent)  # it cannot be served more than it can take
        assert got >= min(total * weight / all_weights, capped) - slack - total * 0.02


@settings(max_examples=60, deadline=None)
@given(offices)
def test_nobody_starves_and_nobody_waits_longer_than_a_slice_of_each(weights_and_costs):
    spent = played(weights_and_costs, 300)
    for office, (weight, cost) in enumerate(weights_and_costs):
        gaps, gap = [], 0
        for row in spent:
            gap = 0 if row[office] else gap + 1
            gaps.append(gap)
        heaviest = max(weight for weight, _ in weights_and_costs)
        assert max(gaps[20:]) <= heaviest / weight * max(1, cost / SLICE_S) + 2
    for row in spent[20:]:
        assert all(seconds <= 2 * SLICE_S + BITE_S for seconds in row.values())


@settings(max_examples=30, deadline=None)
@given(offices)
def test_who_had_little_to_do_has_not_saved_up_for_a_long_bite(weights_and_costs):
    spent = played(weights_and_costs, 100, idle={0})
    assert all(row[0] <= BITE_S for row in spent)


def test_an_office_alone_takes_all_it_can_and_small_bites_while_another_was_there_lately():
    turns = Turns()
    assert turns.round_of({1: 1}, 0.0, most=MOST) == [(1, MOST)]
    turns.took(1, MOST, MOST, 1.0)
    ((_, alone),) = turns.round_of({1: 1}, 1.0, most=MOST)
    assert alone == MOST
    both = dict(turns.round_of({1: 1, 2: 1}, 2.0, most=MOST))
    assert both[1] == round(SLICE_S / 0.005)
    turns.took(1, both[1], both[1], SLICE_S)
    ((_, after),) = turns.round_of({1: 1}, 3.0, most=MOST)
    assert after < MOST
    ((_, later),) = turns.round_of({1: 1}, 60.0, most=MOST)
    assert later == MOST


@given(offices, st.data())
def test_whoever_is_left_has_a_turn_however_much_it_owes(weights_and_costs, data):
    turns = Turns()
    weights = {office: weight for office, (weight, _) in enumerate(weights_and_costs)}
    for _ in range(3):
        for office, limit in turns.round_of(weights, 0.0, most=MOST):
            turns.took(office, limit, limit, data.draw(st.floats(0, 100)))
    assert all(turns.round_of({office: weight}, 1.0, most=MOST) for office, weight in weights.items())


def test_a_weight_of_three_is_worth_three_times_the_time():
    spent = played([(3, 0.004), (1, 0.004)], 200)[50:]
    heavy, light = (sum(row[office] for row in spent) for office in (0, 1))
    assert 2.8 < heavy / light < 3.2
