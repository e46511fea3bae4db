"""Time zones for the oracle, from Python's zoneinfo.

Times are ms: instants since 1970 UTC, and clock times as if they were UTC. Shares nothing with the program but
the IANA database of the system.

A clock that is put back shows times twice, so a day or a span cannot be told by what the clock shows alone. A
border counts from when the clock first reaches it: `reached` is the latest time that has been on the clock.
"""
import bisect
import datetime
import functools
import zoneinfo

HOUR_MS = 3600 * 1000
DAY_MS = 24 * HOUR_MS
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
MS = datetime.timedelta(milliseconds=1)
# What Python's dates can hold in any zone. Offsets do not change beyond.
FIRST_MS = (datetime.datetime(1, 1, 3, tzinfo=datetime.timezone.utc) - EPOCH) // MS
LAST_MS = (datetime.datetime(9999, 12, 29, tzinfo=datetime.timezone.utc) - EPOCH) // MS
STEP_MS = DAY_MS            # changes of a zone are further apart
PERIOD_MS = 400 * DAY_MS    # for which changes are looked up at a time


class Change:
    """The clocks are changed at an instant, from one offset to another."""

    def __init__(self, at, before, after):
        self.at, self.before, self.after = at, before, after

    def skips(self, local):
        return self.at + self.before <= local < self.at + self.after


class Zone:
    def __init__(self, name):
        self.name = name
        self.info = zoneinfo.ZoneInfo(name)
        self.periods = {}

    def look_up(self, ms):
        """The offset as zoneinfo has it."""
        ms = min(max(ms, FIRST_MS), LAST_MS)
        date = EPOCH + datetime.timedelta(seconds=ms // 1000)
        return date.astimezone(self.info).utcoffset() // MS

    def period(self, number):
        """(offset at its begin, [Change], [their instants]) of a period."""
        if number not in self.periods:
            begin = number * PERIOD_MS
            first = offset = self.look_up(begin)
            changes = []
            for ms in range(begin + STEP_MS, begin + PERIOD_MS + 1, STEP_MS):
                after = self.look_up(ms)
                if after != offset:
                    changes.append(Change(self.instant_of(ms - STEP_MS, ms), offset, after))
                    offset = after
            self.periods[number] = first, changes, [change.at for change in changes]
        return self.periods[number]

    def instant_of(self, low, high):
        """When the offset becomes that of high; it is another one at low."""
        offset = self.look_up(high)
        while high - low > 1000:
            middle = (low + high) // 2000 * 1000
            if self.look_up(middle) == offset:
                high = middle
            else:
                low = middle
        return high

    def offset(self, ms):
        first, changes, instants = self.period(ms // PERIOD_MS)
        index = bisect.bisect_right(instants, ms)
        return changes[index - 1].after if index else first

    def changes(self, begin, end):
        """Those in [begin, end], in order."""
        return [change for number in range(begin // PERIOD_MS - 1, end // PERIOD_MS + 1)
                for change in self.period(number)[1] if begin <= change.at <= end]

    def local(self, ms):
        """What the clock shows."""
        return ms + self.offset(ms)

    def instants(self, local):
        """When the clock shows a time: once, twice, or never."""
        around = self.changes(local - 2 * DAY_MS, local + 2 * DAY_MS)
        offsets = {self.offset(local - 2 * DAY_MS)} | {change.after for change in around}
        return sorted(local - offset for offset in offsets if self.offset(local - offset) == offset)

    def next_change(self, ms, end):
        """The first change behind an instant, or end."""
        found = self.changes(ms + 1, end)
        return found[0].at if found else end

    def hour_end(self, ms):
        """When the clock's hour ends: the next full hour, or a change before it."""
        end = ms + HOUR_MS - self.local(ms) % HOUR_MS
        return self.next_change(ms, end)

    def reached(self, ms):
        """The latest time that the clock has shown until now."""
        shown = [change.at + change.before - 1 for change in self.changes(ms - 2 * DAY_MS, ms)]
        return max(shown + [self.local(ms)])

    def first_at(self, local):
        """The instant when the clock first is at a time, or past it."""
        around = self.changes(local - 2 * DAY_MS, local + 2 * DAY_MS)
        return min(self.instants(local) + [change.at for change in around if change.skips(local)])

    def day(self, ms):
        """Days since 1970-01-01. A day has begun when its midnight was reached."""
        return self.reached(ms) // DAY_MS

    def is_changed(self, local_day):
        """Whether clocks are changed on a day, or on the day before or behind it."""
        begin, end = (local_day - 1) * DAY_MS, (local_day + 2) * DAY_MS
        return any(change.at + min(change.before, change.after) < end and
                   change.at + max(change.before, change.after) > begin
                   for change in self.changes(begin - 2 * DAY_MS, end + 2 * DAY_MS))

    def suffix(self, ms):
        """The offset as text."""
        seconds = self.offset(ms) // 1000
        sign, seconds = ("-" if seconds < 0 else "+"), abs(seconds)
        out = "%s%02d:%02d" % (sign, seconds // 3600, seconds // 60 % 60)
        return out + (":%02d" % (seconds % 60) if seconds % 60 else "")


class Fixed:
    """A zone whose clocks are never changed."""

    def __init__(self, name, offset_ms=0):
        self.name, self.offset_ms = name, offset_ms

    def offset(self, _ms):
        return self.offset_ms

    def changes(self, _begin, _end):
        return []

    def local(self, ms):
        return ms + self.offset_ms

    def instants(self, local):
        return [local - self.offset_ms]

    def next_change(self, _ms, end):
        return end

    def hour_end(self, ms):
        return (self.local(ms) // HOUR_MS + 1) * HOUR_MS - self.offset_ms

    def reached(self, ms):
        return self.local(ms)

    def first_at(self, local):
        return local - self.offset_ms

    def day(self, ms):
        return self.local(ms) // DAY_MS

    def is_changed(self, _local_day):
        return False

    def suffix(self, _ms):
        return "Z"


UTC = Fixed("UTC")


@functools.lru_cache(maxsize=None)
def zone_named(name):
    return UTC if name == "UTC" else Zone(name)


class LocalRow:
    """The row of a device that tells which time the next one means."""

    def __init__(self, local, step, is_second, is_backward):
        self.local, self.step = local, step     # the step to it, or None
        self.is_second, self.is_backward = is_second, is_backward


class LocalClock:
    """Tells repeated times apart, from the order of the rows of one file.

    Only rows without an offset count, and only those of days on which clocks are changed.
    """

    def __init__(self, zone):
        self.zone = zone
        self.rows = {}          # device -> LocalRow

    def resolve(self, device, local):
        """The instant of the next row of a device."""
        instants = self.zone.instants(local)
        if not self.zone.is_changed(local // DAY_MS):
            return instants[0]
        last = self.rows.get(device)
        is_second = is_backward = False
        step = None
        if last is not None:
            step = abs(local - last.local)
            is_backward = local < last.local
            if len(instants) == 2:
                is_second, is_backward = self.which(last, local, instants)
        self.rows[device] = LocalRow(local, step, is_second, is_backward)
        return instants[-1] if is_second else instants[0]

    def which(self, last, local, instants):
        """(whether it is the second time around, whether the rows go backward)."""
        put_back = instants[1] - instants[0]
        if local == last.local:
            is_other = last.step is None or last.step >= put_back
            return last.is_second != is_other, last.is_backward
        before = self.zone.instants(last.local)
        is_inside = len(before) == 2 and self.zone.next_change(before[0], before[1]) == self.zone.next_change(
            instants[0], instants[1])
        if not is_inside:
            return local < last.local, local < last.local
        if last.is_backward:
            return last.is_second and local < last.local, True
        return last.is_second or local < last.local, False
