"""A second reading of docs/input.md, for tests: what lines a text has, which
of them are complete, and what each one means. Slow, and on its own: nothing
here asks the program.

Values are whole numbers of 1e-9, in a tuple (voltage, current, power factor,
power, energy) with None for what is not there.
"""
import re
from datetime import datetime, timedelta
from decimal import ROUND_HALF_EVEN, Context, Decimal

LF, CR, BOM = b"\n", b"\r", b"\xef\xbb\xbf"
REASONS = ("quote", "fields", "timestamp", "device", "missing", "number",
           "range")
NAMES = {
    "time": "timestamp time datetime date",
    "device": "device_id device id entity_id meter",
    "voltage": "voltage voltage_v volts",
    "current": "current amps current_a",
    "power_factor": "power_factor pf powerfactor",
    "power": "power power_w watts",
    "energy": "energy_wh",
    "value": "value",
}
ROLES = {name.encode(): role for role, names in NAMES.items()
         for name in names.split()}
ELECTRIC = ["voltage", "current", "power_factor"]
KEPT = ELECTRIC + ["power", "energy"]
NOTHING = {b"", b"?", b"null", b"nan", b"none", b"n/a", b"na", b"unknown",
           b"unavailable"}
LIMITS = {"voltage": (0, 10**9), "current": (0, 10**9),
          "power_factor": (-1, 1)}
NUMBER = re.compile(rb"[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")
TIME = re.compile(rb"(\d{4})-(\d\d)-(\d\d)[ T](\d\d):(\d\d)"
                  rb"(?::(\d\d)(?:\.(\d+))?)?"
                  rb"(Z|[+-]\d\d(?::?\d\d)?)?")
UNIX = re.compile(rb"(\d{1,15})(?:\.(\d+))?")
EXACT = Context(prec=1000, Emax=99999, Emin=-99999)


class Reject(Exception):
    """A data line that is no reading; the argument is the reason."""


# ------------------------------------------------------------------ lines

def record_at(text, pos, end):
    """(fields, where it stops) of the record at `pos`. It stops at its line
    end, or at the end of the text when it has none; fields are None when a
    quote is open there."""
    fields = []
    while True:
        field = b""
        if text[pos:pos + 1] == b'"':
            pos += 1
            while True:
                close = text.find(b'"', pos)
                if close < 0:
                    return None, len(text)
                field += text[pos:close]
                pos = close + 1
                if text[pos:pos + 1] != b'"':
                    break
                field += b'"'
                pos += 1
        rest = re.compile(rb"[^," + end + rb"]*").match(text, pos)
        fields.append(field + rest.group())
        pos = rest.end()
        if pos == len(text) or text[pos:pos + 1] == end:
            return fields, pos
        pos += 1


def skip_cr(text, pos):
    while text[pos:pos + 1] == CR:
        pos += 1
    return pos


def line_end(text, pos):
    """LF, or CR when the header line ends with CR alone; None when that
    cannot be told yet."""
    pos = re.compile(rb"(\r*\n)*").match(text, pos).end()
    at_cr = record_at(text, pos, CR)[1]
    at_lf = record_at(text, pos, LF)[1]
    if at_cr >= at_lf:
        return LF if at_lf < len(text) else None
    after = skip_cr(text, at_cr)
    if after == len(text):
        return None
    return LF if text[after:after + 1] == LF else CR


def start_of(text):
    return len(BOM) if text.startswith(BOM) else 0


def has_stray_ends(text):
    """Whether line ends are mixed in a way that leaves open what they are:
    CR alone between LF, outside quotes, or LF where lines end with CR."""
    pos = start_of(text)
    end = line_end(text, pos) or LF
    if end == CR:
        return LF in text
    while pos < len(text):
        stop = record_at(text, pos, LF)[1]
        at_cr = record_at(text, pos, CR)[1]
        if at_cr < stop and skip_cr(text, at_cr) != stop:
            return True
        pos = stop + 1
    return False


# ---------------------------------------------------------------- meaning

def blank_free(field):
    return field.strip(b" \t")


def columns_of(fields):
    """{role: position} and what is used of them, or None."""
    places = {}
    for i, name in enumerate(fields or []):
        role = ROLES.get(blank_free(name).lower())
        if role:
            places.setdefault(role, i)
    has_electric = all(role in places for role in ELECTRIC)
    if "time" not in places or "device" not in places:
        return None
    electric = [role for role in ELECTRIC if role in places]
    power = ["power"] if "power" in places else []
    if "energy" in places:
        used, needed = electric + power + ["energy"], None
    elif power:
        used, needed = electric + power, power
    elif has_electric:
        used, needed = ELECTRIC, ELECTRIC
    elif "value" in places:
        used, needed = ["value"], ["value"]
    else:
        return None
    return {"places": places, "used": used, "needed": needed,
            "count": len(fields)}


def time_of(field):
    """Milliseconds since 1970, or None."""
    match = TIME.fullmatch(field)
    if match:
        year, month, day, hour, minute = (int(match[i]) for i in range(1, 6))
        try:
            at = datetime(year, month, day, hour, minute, int(match[6] or 0))
        except ValueError:
            return None
        ms = (at - datetime(1970, 1, 1)) // timedelta(milliseconds=1)
        zone = (match[8] or b"Z").replace(b":", b"")
        if zone != b"Z":
            hours, minutes = int(zone[1:3]), int(zone[3:] or 0)
            if hours > 23 or minutes > 59:
                return None
            minutes += 60 * hours
            ms += minutes * (60000 if zone[:1] == b"-" else -60000)
        return ms + int(((match[7] or b"") + b"000")[:3])
    match = UNIX.fullmatch(field)
    if not match:
        return None
    if len(field) == 8 and 1900 <= int(field[:4]) <= 2100:
        try:
            datetime(int(field[:4]), int(field[4:6]), int(field[6:]))
            return None
        except ValueError:
            pass
    whole = int(match[1])
    if whole >= 10**11:
        return whole
    return 1000 * whole + int(((match[2] or b"") + b"000")[:3])


def nano_of(field, role):
    if len(field) > 400 or not NUMBER.fullmatch(field):
        raise Reject("number")
    value = Decimal(field.decode())
    low, high = LIMITS.get(role, (-10**9, 10**9))
    if not low <= value <= high:
        raise Reject("range")
    return int(value.scaleb(9, EXACT).to_integral_value(ROUND_HALF_EVEN,
                                                        EXACT))


def reading_of(fields, columns):
    """((device, ms), values) of a data line, or Reject."""
    if fields is None:
        raise Reject("quote")
    if len(fields) != columns["count"]:
        raise Reject("fields")

    def at(role):
        return blank_free(fields[columns["places"][role]])

    if at("time").lower() in NOTHING:
        raise Reject("missing")
    ms = time_of(at("time"))
    if ms is None:
        raise Reject("timestamp")
    device = at("device")
    if not 1 <= len(device) <= 255 or 0 in device:
        raise Reject("device")
    values = {}
    for role in columns["used"]:
        if at(role).lower() not in NOTHING:
            values[role] = nano_of(at(role), role)
        elif role in (columns["needed"] or []):
            raise Reject("missing")
    if columns["needed"] is None and not (
            "power" in values or "energy" in values or
            all(role in values for role in ELECTRIC)):
        raise Reject("missing")
    if "value" in values:
        values["power"] = values.pop("value")
    return (device, ms), tuple(values.get(role) for role in KEPT)


# ------------------------------------------------------------------ files

class Content:
    """What a file says. Its last line counts only when it is complete, or
    when the reading is final.

    columns: None as long as there is no usable header line
    lines: (start, line number, reading or None, reason, raw) of data lines
    read_to: where the complete lines end
    held: what is behind them
    """

    def __init__(self, text, final=False):
        self.text, self.columns, self.lines = text, None, []
        self.read_to = pos = start_of(text)
        end = line_end(text, pos) or LF
        has_header, number = False, 1
        while pos < len(text):
            fields, stop = record_at(text, pos, end)
            if stop == len(text) and not final:
                break
            last = stop
            while end == LF and fields and last > pos and \
                    text[last - 1:last] == CR:
                last -= 1
                fields[-1] = fields[-1][:-1]
            if last > pos and not has_header:
                has_header, self.columns = True, columns_of(fields)
                if not self.columns:
                    break
            elif last > pos:
                self.add(pos, number, fields, text[pos:last])
            number += text.count(end, pos, stop) + 1
            self.read_to = pos = min(stop + 1, len(text))
        self.held = text[self.read_to:]
        self.has_header = has_header and bool(self.columns)
        self.is_skipped = has_header and not self.columns

    def add(self, pos, number, fields, raw):
        reading = reason = None
        try:
            reading = reading_of(fields, self.columns)
        except Reject as reject:
            reason = str(reject)
        if reason == "quote":  # the text ends here, maybe with a line end
            raw = raw.rstrip(b"\r\n")
        self.lines.append((pos, number, reading, reason, raw))

    def rejects(self):
        """{(line, number of the reason, raw)}"""
        return {(number, REASONS.index(reason), raw)
                for _, number, _, reason, raw in self.lines if reason}

    def readings(self):
        return dict(line[2] for line in self.lines if line[2])


def exported(text):
    """{(device, ms): values} of what `wattle export` has written."""
    found, end, places = {}, LF, None
    pos = 0
    while pos < len(text):
        fields, stop = record_at(text, pos, end)
        if places is None:
            places = {ROLES[name]: i for i, name in enumerate(fields)}
        else:
            key = (fields[places["device"]], time_of(fields[places["time"]]))
            if key in found:
                raise ValueError(f"exported twice: {key}")
            found[key] = tuple(
                nano_of(fields[places[role]], role)
                if role in places and fields[places[role]] else None
                for role in KEPT)
        pos = stop + 1
    return found
