"""What a device with energies of intervals or counters has used, in exact fractions.

Written from docs/formulas.md ("Energy of intervals", "Energy of counters", "Several kinds at once"), slowly and
with all readings at hand. Shares nothing with the program.

A row is any object with power (in some unit of power, or None), energy, returned, total and returned_total (in an
energy unit, or None), and span_ms (or None). Areas are in that unit of power times ms; `area_per_energy` is how
many of them an energy unit is, and `watts` how many units of power a W is.
"""
from collections import Counter
from fractions import Fraction

DAY_MS = 24 * 3600 * 1000
LAST_MS = 253402300799999   # of the year 9999
EVENTS = ("counter_spike", "counter_glitch", "counter_dip", "counter_reset", "meter_change")
COUNTERS, POWERS, APART = 0, 1000, 2000  # layers; intervals are between, by their length


class Flow:
    """Energy that flows from begin to end: evenly, or under a straight line between two powers."""

    def __init__(self, layer, begin, end, net=None, returned=None, line=None, is_estimated=False):
        self.layer, self.begin, self.end = layer, begin, end
        self.net, self.returned, self.line, self.is_estimated = net, returned, line, is_estimated

    def between(self, left, right):
        """(net, returned) of a part."""
        if self.line is None:
            if self.begin == self.end:
                return Fraction(self.net), Fraction(self.returned)
            share = Fraction(right - left, self.end - self.begin)
            return self.net * share, self.returned * share
        first, last = self.line
        slope = Fraction(last - first, self.end - self.begin)
        low, high = (first + slope * (at - self.begin) for at in (left, right))
        net = (low + high) * (right - left) / 2
        if low >= 0 and high >= 0:
            return net, Fraction(0)
        if low <= 0 and high <= 0:
            return net, -net
        bottom = min(low, high)
        return net, bottom * bottom * (right - left) / (2 * (abs(low) + abs(high)))


def has_energies(row):
    return any(value is not None for value in (row.energy, row.returned, row.total, row.returned_total))


def falls_back(height, value, ahead, too_much):
    """Whether a rise from height to value is a spike."""
    tenth = Fraction(value - height, 10)
    for _ms, later in ahead:
        if later > value + tenth:
            return False        # it goes on to rise
        if later < value:
            return later >= height - tenth and (later >= Fraction(value, 10) or too_much)
    return False


def recovers(last, at, value, ahead, most_per_ms):
    """Whether a fall from last to value is a glitch; with a limit, only when the climb back is faster."""
    low = value
    for ms, later in ahead:
        if later < low:
            return False
        low = later
        if later >= last:
            return most_per_ms is None or later - value > most_per_ms * (ms - at)
    return False


def counter_steps(readings, most_per_ms):
    """[(from, at, rise)], [(at, event)] of [(ms, value)] in order of time.

    A rise of more than most_per_ms is implausible.
    """
    steps, events = [], []
    height = last = since = before = None
    # A counter of each day: it falls to under a tenth, and rises plausibly from there.
    climbs = sum(b < Fraction(a, 10) and b <= c <= b + most_per_ms * (c_ms - b_ms)
                 for (_, a), (b_ms, b), (c_ms, c) in zip(readings, readings[1:], readings[2:]))
    in_dip, resets = False, climbs if climbs >= 3 else 0
    for index, (at, value) in enumerate(readings):
        ahead = readings[index + 1:index + 4]
        if height is None:
            height, last, since = value, value, at
            continue
        if value >= height:
            rise = value - height
            too_much = rise > most_per_ms * (at - since)
            if falls_back(height, value, ahead, too_much):
                events.append((at, "counter_spike"))
                continue
            if too_much and before is not None and value >= before:
                steps.append((since, at, value - before))
                before = None
            elif too_much and height == 0:
                events.append((at, "meter_change"))
                steps.append((since, at, 0))
            else:
                steps.append((since, at, rise))
            height, in_dip = value, False
        elif value < last and recovers(last, at, value, ahead, most_per_ms if (
                resets and value < Fraction(height, 2)) else None):
            events.append((at, "counter_glitch"))
            continue
        elif value < Fraction(height, 10) or (resets and value < Fraction(height, 2)):
            events.append((at, "counter_reset"))
            steps.append((since, at, max(value, 0)))
            before, height, in_dip = height, value, False
            resets += 1
        elif Fraction(height - value) < Fraction(height, 10):
            if not in_dip:
                events.append((at, "counter_dip"))
            steps.append((since, at, 0))
            in_dip = True
        else:
            events.append((at, "meter_change"))
            steps.append((since, at, 0))
            height, in_dip = value, False
        since, last = at, value
    return steps, events


def commonest_step(times):
    steps = Counter(b - a for a, b in zip(times, times[1:]))
    return min(steps, key=lambda step: (-steps[step], step)) if steps else 0


def unite(stretches):
    """Stretches (begin, end) -> disjoint ones, in order."""
    out = []
    for begin, end in sorted(stretches):
        if out and begin <= out[-1][1]:
            out[-1] = (out[-1][0], max(out[-1][1], end))
        else:
            out.append((begin, end))
    return out


def without(begin, end, stretches):
    """What disjoint stretches leave of [begin, end)."""
    at = begin
    for left, right in stretches:
        if right <= at:
            continue
        if left >= end:
            break
        if left > at:
            yield at, left
        at = max(at, right)
    if at < end:
        yield at, end


class Meter:
    def __init__(self, rows, max_gap_ms, since, until, holds, area_per_energy, watts=1):
        self.rows = dict(sorted(rows.items()))
        self.max_gap_ms = max_gap_ms
        self.since = since if since is not None else -10**18
        self.until = until if until is not None else 10**18
        self.flows, self.covers = [], {}
        self.events = Counter()
        for_intervals = [ms for ms, row in self.rows.items() if self.is_interval(row) and row.span_ms is None]
        self.usual_ms, self.unit, self.watts = commonest_step(for_intervals), area_per_energy, watts
        self.add_intervals(self.usual_ms, area_per_energy)
        self.add_counters(area_per_energy)
        self.add_powers(holds)
        self.pieces = list(self.cut_flows())
        self.covered = self.all_covered()

    @staticmethod
    def is_interval(row):
        return row.energy is not None or row.returned is not None

    def cover(self, layer, begin, end):
        self.covers.setdefault(layer, []).append((begin, end))

    def add_intervals(self, usual_ms, unit):
        for ms, row in self.rows.items():
            if not self.is_interval(row):
                continue
            length = usual_ms if row.span_ms is None else row.span_ms
            end = min(ms + length, LAST_MS + 1)
            layer = max(end - ms, 1).bit_length()
            net, returned = (row.energy or 0), (row.returned or 0)
            self.flows.append(Flow(layer, ms, end, (net - returned) * unit,
                                   (returned + max(-net, 0)) * unit))
            self.cover(layer, ms, end)

    def add_counters(self, unit):
        for name, sign in (("total", 1), ("returned_total", -1)):
            readings = [(ms, getattr(row, name)) for ms, row in self.rows.items() if getattr(row, name) is not None]
            if not readings:
                continue
            layer = APART if self.returns_apart() else COUNTERS
            self.cover(layer, readings[0][0], readings[-1][0])
            steps, events = counter_steps(readings, Fraction(100000 * self.watts, unit))
            for start, at, rise in steps:
                self.flows.append(Flow(COUNTERS, start, at, sign * rise * unit, rise * unit if sign < 0 else 0,
                                       is_estimated=at - start > self.max_gap_ms))
            self.events.update(event for at, event in events if self.since <= at < self.until)

    def returns_apart(self):
        """A counter of returned energy alone, beside powers or energies none of which is returned."""
        rows = self.rows.values()
        if any(row.total is not None for row in rows):
            return False
        powers = [row.power for row in rows if row.power is not None]
        energies = [row.energy for row in rows if row.energy is not None]
        if any(row.returned is not None for row in rows):
            return False
        return bool(powers or energies) and min(powers + energies) >= 0

    def add_powers(self, holds):
        powers = [(ms, row.power) for ms, row in self.rows.items() if row.power is not None]
        for (start, first), (end, last) in zip(powers, powers[1:]):
            if holds:
                end, last = min(end, start + max(DAY_MS, self.max_gap_ms)), first
            elif end - start > self.max_gap_ms:
                continue
            self.flows.append(Flow(POWERS, start, end, line=(first, last)))
            self.cover(POWERS, start, end)
        for ms, _power in powers:
            self.cover(POWERS, ms, ms)

    def cut_flows(self):
        """(flow, begin, end): what no better layer covers, in the range."""
        united = {layer: unite(stretches) for layer, stretches in self.covers.items()}
        better = {}
        for layer in united:
            better[layer] = unite(s for other in united if other < layer for s in united[other] if s[0] < s[1])
        for flow in self.flows:
            if flow.begin == flow.end:
                is_better = any(begin <= flow.begin < end for begin, end in better[flow.layer])
                if self.since <= flow.begin < self.until and not is_better:
                    yield flow, flow.begin, flow.end
                continue
            for begin, end in without(flow.begin, flow.end, better[flow.layer]):
                begin, end = max(begin, self.since), min(end, self.until)
                if begin < end:
                    yield flow, begin, end

    def all_covered(self):
        """The time that some layer covers; holes up to the largest gap belong to it."""
        inside = []
        for layer, stretches in self.covers.items():
            is_closed = layer in (COUNTERS, POWERS, APART)
            for begin, end in unite(stretches):
                reaches = end > self.since or (end == self.since and (is_closed or begin == end))
                if begin < self.until and reaches:
                    inside.append((max(begin, self.since), min(end, self.until)))
        out = []
        for begin, end in unite(inside):
            if out and begin - out[-1][1] <= self.max_gap_ms:
                out[-1] = (out[-1][0], end)
            else:
                out.append((begin, end))
        return out

    def covered_ms(self, begin=-10**18, end=10**18):
        return sum(max(0, min(right, end) - max(left, begin)) for left, right in self.covered)

    def is_rising(self):
        unit = [(row.energy or 0) - (row.returned or 0) for row in self.rows.values() if self.is_interval(row)]
        pairs = list(zip(unit, unit[1:]))
        rises, falls = sum(a < b for a, b in pairs), sum(a > b for a, b in pairs)
        if len(unit) < 3 or 2 * rises < len(unit):
            return False
        if len(unit) >= 24:
            return 20 * falls <= rises
        # More than 25 kW over the usual step is no house.
        most = Fraction(25000 * self.watts * self.usual_ms) / self.unit
        return falls == 0 and self.usual_ms > 0 and unit[0] > most
