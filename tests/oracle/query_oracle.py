"""What `wattle query` must answer, in exact fractions from plain readings.

Times are ms since 1970 UTC; what a clock shows is in ms as if it were UTC. A reading is a dict of values as Fractions in
their units (voltage, current, power_factor, power; energy, returned, total and
returned_total in Wh; span_ms), absent ones left out. Shares nothing with the program.
"""
from fractions import Fraction

import meter_oracle
import oracle
import zones

from oracle import efficiency_term, E_PLACES

HOUR_MS = 3600 * 1000
DAY_MS = 24 * HOUR_MS
FIGURES = ("energy_kwh", "imported_kwh", "returned_kwh", "cost", "mean_power_w", "reading_mean_w",
           "min_power_w", "max_power_w",
           "voltage_v", "current_a", "power_factor", "efficiency")
# Of raw rows, when the database has any of them.
METERS = {"returned": "energy_returned_wh", "total": "energy_total_wh",
          "returned_total": "energy_returned_total_wh"}

COLUMNS = {
    "energy": ("energy_kwh",),
    "power": ("mean_power_w", "min_power_w", "max_power_w"),
    "reading_mean": ("reading_mean_w",),
    "imported": ("imported_kwh",), "returned": ("returned_kwh",),
    "voltage": ("voltage_v",), "current": ("current_a",),
    "power_factor": ("power_factor",), "efficiency": ("efficiency",),
}


def power_of(reading):
    """In W; None for a reading that gives the energy of its interval."""
    if "power" in reading:
        return reading["power"]
    if all(name in reading for name in ("voltage", "current", "power_factor")):
        return (reading["voltage"] * reading["current"] *
                reading["power_factor"])
    return None


def mean(values):
    return Fraction(sum(values)) / len(values) if values else None


class Rule:
    """How time is cut: a span in ms, or months; neither is one bucket.

    Borders are times on the clock of a zone. Those of longer spans than an hour count from when the clock first
    reaches them. Of spans up to an hour, those that the clock shows twice are two, so that they end where it is
    changed.
    """

    def __init__(self, span_ms=None, months=None, zone=zones.UTC):
        self.span_ms, self.months, self.zone = span_ms, months, zone

    def is_one(self):
        return self.span_ms is None and self.months is None

    def is_short(self):
        return not self.months and self.span_ms <= HOUR_MS

    def border(self, local):
        """The last border up to a time on the clock."""
        if self.months:
            year, month, _day = oracle.date_of_days(local // DAY_MS)
            number = (year - 1970) * 12 + month - 1
            return self.month_start(number // self.months * self.months)
        origin = 0
        if self.span_ms % (7 * DAY_MS) == 0:
            origin = -3 * DAY_MS    # 1969-12-29, a Monday
        return (local - origin) // self.span_ms * self.span_ms + origin

    def next_border(self, border):
        if self.months:
            year, month, _day = oracle.date_of_days(border // DAY_MS)
            return self.month_start((year - 1970) * 12 + month - 1 + self.months)
        return border + self.span_ms

    @staticmethod
    def month_start(number):
        return oracle.days_of_date(1970 + number // 12, number % 12 + 1, 1) * DAY_MS

    def start_of(self, ms):
        if self.is_one():
            return None
        if not self.is_short():
            return self.zone.first_at(self.border(self.zone.reached(ms)))
        local = self.zone.local(ms)
        start = ms - (local - self.border(local))
        changes = self.zone.changes(start, ms)
        return changes[-1].at if changes else start

    def end_of(self, start):
        if self.is_one():
            return None
        if not self.is_short():
            return self.zone.first_at(self.next_border(self.border(self.zone.reached(start))))
        local = self.zone.local(start)
        return self.zone.next_change(start, start + self.next_border(self.border(local)) - local)


class Bucket:
    def __init__(self):
        self.times, self.powers = [], []
        self.watt_ms = Fraction(0)      # energy of steps
        self.returned_ms = Fraction(0)  # the part below zero, >= 0
        self.watt_hours = Fraction(0)   # energy given by readings
        self.covered_ms = 0             # time that the energy is of
        self.means = None               # of several devices: of each
        self.values = {"voltage": [], "current": [], "power_factor": []}
        self.terms = []

    def add(self, ms, reading):
        self.times.append(ms)
        power = power_of(reading)
        if power is not None:
            self.powers.append(power)
        else:
            self.watt_hours += reading.get("energy", 0)
        for name, values in self.values.items():
            if name in reading:
                values.append(reading[name])
        if "current" in reading and "power_factor" in reading:
            self.terms.append(efficiency_term(int(reading["current"] * 10**9),
                                              int(reading["power_factor"] * 10**9)))

    def energy_kwh(self):
        return self.watt_ms / 3600000 / 1000 + self.watt_hours / 1000

    def mean_w(self):
        """Energy over the time covered; the sum of those of several devices."""
        if self.means is not None:
            return sum(self.means) if self.means else None
        if not self.covered_ms:
            return None
        return self.energy_kwh() * 1000 * 3600000 / self.covered_ms

    def figures(self, rate, return_rate):
        energy = self.energy_kwh()
        returned = self.returned_ms / 3600000 / 1000
        cost = None
        if rate is not None:
            cost = (energy + returned) * rate - returned * return_rate
        return {
            "energy_kwh": energy,
            "imported_kwh": energy + returned,
            "returned_kwh": returned,
            "cost": cost,
            "mean_power_w": self.mean_w(),
            "reading_mean_w": mean(self.powers),
            "min_power_w": min(self.powers, default=None),
            "max_power_w": max(self.powers, default=None),
            "voltage_v": mean(self.values["voltage"]),
            "current_a": mean(self.values["current"]),
            "power_factor": mean(self.values["power_factor"]),
            "efficiency": (Fraction(sum(self.terms), len(self.terms) * 10**E_PLACES)
                           if self.terms else None),
        }


def below_zero(left, right, length):
    """Area of a line below zero, as a positive number."""
    if left >= 0 and right >= 0:
        return Fraction(0)
    if left <= 0 and right <= 0:
        return -(left + right) * length / 2
    low = min(left, right)
    return low * low * length / (2 * (abs(left) + abs(right)))


def add_step(buckets, rule, first, second, since, until, max_gap_ms):
    """The area under the line between two (ms, reading), bucket by bucket."""
    (t0, r0), (t1, r1) = first, second
    p0, p1 = power_of(r0), power_of(r1)
    if t1 - t0 > max_gap_ms or p0 is None or p1 is None:
        return
    begin = t0 if since is None else max(t0, since)
    end = t1 if until is None else min(t1, until)
    slope = (p1 - p0) / (t1 - t0)
    while begin < end:
        start = rule.start_of(begin)
        border = rule.end_of(start) if start is not None else None
        stop = end if border is None else min(end, border)
        middle = Fraction(begin + stop, 2) - t0
        bucket = buckets.setdefault(start, Bucket())
        bucket.watt_ms += (p0 + slope * middle) * (stop - begin)
        bucket.covered_ms += stop - begin
        bucket.returned_ms += below_zero(p0 + slope * (begin - t0),
                                         p0 + slope * (stop - t0), stop - begin)
        begin = stop


class Row:
    """A reading as the meter's oracle takes it."""

    def __init__(self, reading):
        self.power = power_of(reading)
        for name in ("energy", "returned", "total", "returned_total", "span_ms"):
            setattr(self, name, reading.get(name))


def metered_buckets(rows, rule, since, until, max_gap_ms, holds):
    """The energy of a device that has more than powers joined by lines."""
    meter = meter_oracle.Meter(rows, max_gap_ms, since, until, holds, 3600000)
    buckets = {}
    for flow, begin, end in meter.pieces:
        while True:
            start = rule.start_of(begin)
            border = rule.end_of(start) if start is not None else None
            stop = end if border is None else min(end, border)
            net, returned = flow.between(begin, stop)
            bucket = buckets.setdefault(start, Bucket())
            bucket.watt_ms += net
            bucket.returned_ms += returned
            begin = stop
            if begin >= end:
                break
    return buckets, meter


def buckets_of(readings, rule, since, until, max_gap_ms, has_energy, holds=False):
    """{start: Bucket} of one device's {ms: reading}."""
    buckets, meter = {}, None
    line = sorted(readings.items())
    rows = {ms: Row(reading) for ms, reading in line}
    if has_energy and (holds or any(map(meter_oracle.has_energies, rows.values()))):
        buckets, meter = metered_buckets(rows, rule, since, until, max_gap_ms, holds)
        line = [(ms, {name: value for name, value in reading.items() if name != "energy"}) for ms, reading in line]
        has_energy = False
    for first, second in zip(line, line[1:]) if has_energy else []:
        add_step(buckets, rule, first, second, since, until, max_gap_ms)
    for ms, reading in line:
        if (since is None or ms >= since) and (until is None or ms < until):
            buckets.setdefault(rule.start_of(ms), Bucket()).add(ms, reading)
    for start, bucket in buckets.items() if meter else ():
        bucket.covered_ms = (meter.covered_ms() if rule.end_of(start or 0) is None
                             else meter.covered_ms(start, rule.end_of(start)))
    return buckets


def joined(many):
    """The buckets of several devices together."""
    total = {}
    for buckets in many:
        for start, bucket in buckets.items():
            whole = total.setdefault(start, Bucket())
            whole.means = whole.means or []
            if bucket.mean_w() is not None:
                whole.means.append(bucket.mean_w())
            whole.times += bucket.times
            whole.powers += bucket.powers
            whole.watt_ms += bucket.watt_ms
            whole.returned_ms += bucket.returned_ms
            whole.watt_hours += bucket.watt_hours
            whole.terms += bucket.terms
            for name, values in whole.values.items():
                values += bucket.values[name]
    return total


def starts_with_holes(buckets, rule, since, until):
    """Every start from the range's begin, or the first bucket, to its end."""
    if rule.is_one():
        return [None]
    starts = sorted(buckets)
    first = rule.start_of(since) if since is not None else (starts or [None])[0]
    if first is None:
        return []
    found = []
    while ((until is not None and first < until) or
           (starts and first <= starts[-1])):
        found.append(first)
        first = rule.end_of(first)
    return found


def rows_of(buckets, rule, since, until, fill, rate, return_rate):
    """[(start, readings, figures)] in order."""
    if fill == "none":
        starts = sorted(buckets, key=lambda start: (start is not None, start))
    else:
        starts = starts_with_holes(buckets, rule, since, until)
    rows = []
    for start in starts:
        bucket = buckets.get(start)
        label = start
        if start is None:
            label = since
            if since is None and bucket is not None:
                label = min(bucket.times, default=None)
        if bucket is not None:
            rows.append((label, len(bucket.times), bucket.figures(rate, return_rate)))
        else:
            value = Fraction(0) if fill == "zero" else None
            rows.append((label, 0, dict.fromkeys(FIGURES, value)))
    return rows


def raw_rows(readings, since, until, rate):
    rows = []
    for ms, reading in sorted(readings.items()):
        if (since is not None and ms < since) or (until is not None and ms >= until):
            continue
        bucket = Bucket()
        bucket.add(ms, reading)
        figures = bucket.figures(rate, 0)
        figures["mean_power_w"] = power_of(reading)
        # its own energy, also beside a power
        energy = reading.get("energy")
        figures["energy_kwh"] = energy  # in Wh, as it came
        figures["cost"] = None if None in (energy, rate) else energy / 1000 * rate
        for role, name in METERS.items():
            figures[name] = reading.get(role)
        rows.append((ms, 1, figures))
    return rows
