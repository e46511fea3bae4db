"""Checks the answer of a contender before its time counts.

wattle's own JSON is the measure: counts must be equal, means agree to one part
in 1e9, first and last instants be the same. Every other run of wattle on the
same readings must give the very same bytes.
"""

import hashlib
import json
import math

RELATIVE = 1e-9
ABSOLUTE = 1e-12


class WrongAnswer(Exception):
    """An answer differs from wattle's; the words tell where."""


def read_json(file_name):
    with open(file_name, encoding="utf-8") as file:
        try:
            return json.load(file)
        except ValueError as error:
            raise WrongAnswer(f"not JSON: {error}") from error


def hash_of(file_name):
    mark = hashlib.sha256()
    with open(file_name, "rb") as file:
        while block := file.read(1 << 20):
            mark.update(block)
    return mark.hexdigest()


class Reference:
    """wattle's answer about one data set."""

    def __init__(self, file_name, readings):
        answer = read_json(file_name)
        self.hash = hash_of(file_name)
        self.total = answer["readings"]
        self.mean_power_w = answer["reading_mean_w"]
        self.efficiency = answer["efficiency"]
        self.pooled_monthly_cost = answer["pooled_monthly_cost"]
        self.devices = {device["device_id"]: device
                        for device in answer["per_device"]}
        expect("readings", answer["readings"], readings)
        expect("rejects", answer["rejects"]["total"], 0)
        expect("duplicates", answer["duplicates"], 0)


def expect(what, value, wanted):
    if value != wanted:
        raise WrongAnswer(f"{what}: {value!r} instead of {wanted!r}")


def expect_close(what, value, wanted):
    if not math.isclose(value, wanted, rel_tol=RELATIVE, abs_tol=ABSOLUTE):
        raise WrongAnswer(f"{what}: {value!r} instead of {wanted!r}")


def check_device(name, device, wanted):
    """What the monitor calls mean power is that of the readings, and its cost of
    a month follows from it."""
    expect_close(f"{name} mean_power_w", device["mean_power_w"],
                 wanted["reading_mean_w"])
    expect_close(f"{name} efficiency", device["efficiency"],
                 wanted["efficiency"])
    expect_close(f"{name} monthly_cost", device["monthly_cost"],
                 wanted["reading_mean_w"] / 1000 * 720 * 0.15)


def check_wattle(file_name, reference):
    """The bytes of another run of wattle."""
    expect("bytes of the answer", hash_of(file_name), reference.hash)
    return {}


def check_before(file_name, reference):
    """The answer of the Python monitor."""
    answer = read_json(file_name)
    expect("readings", answer["readings"], reference.total)
    expect_close("mean_power_w", answer["mean_power_w"],
                 reference.mean_power_w)
    expect_close("pooled_monthly_cost", answer["pooled_monthly_cost"],
                 reference.pooled_monthly_cost)
    expect("devices", sorted(answer["per_device"]), sorted(reference.devices))
    for name, device in answer["per_device"].items():
        wanted = reference.devices[name]
        expect(f"{name} readings", device["readings"], wanted["readings"])
        check_device(name, device, wanted)
    return {key: answer[key] for key in ("load_s", "analytics_s")}


def check_ladder(file_name, reference):
    """The answer of a rung of bench/ladder: all that the monitor tells, and
    instants and energy besides."""
    answer = read_json(file_name)
    expect("readings", answer["readings"], reference.total)
    for key in ("mean_power_w", "pooled_monthly_cost"):
        expect_close(key, answer[key], getattr(reference, key))
    expect("devices", sorted(answer["per_device"]), sorted(reference.devices))
    for name, device in answer["per_device"].items():
        wanted = reference.devices[name]
        for key in ("readings", "first", "last"):
            expect(f"{name} {key}", device[key], wanted[key])
        check_device(name, device, wanted)
        expect_close(f"{name} energy_kwh", device["energy_kwh"],
                     wanted["energy_kwh"])
    return {key: answer[key] for key in ("load_s", "analytics_s", "memos")
            if key in answer}


def check_peer(file_name, reference):
    """The answer of a peer."""
    answer = read_json(file_name)
    expect("total", answer["total"], reference.total)
    expect_close("mean_power_w", answer["mean_power_w"],
                 reference.mean_power_w)
    expect_close("efficiency", answer["efficiency"], reference.efficiency)
    expect("devices", sorted(answer["per_device"]), sorted(reference.devices))
    for name, values in answer["per_device"].items():
        count, mean_power_w, efficiency, first, last = values
        wanted = reference.devices[name]
        expect(f"{name} readings", count, wanted["readings"])
        expect_close(f"{name} mean_power_w", mean_power_w,
                     wanted["reading_mean_w"])
        expect_close(f"{name} efficiency", efficiency, wanted["efficiency"])
        expect(f"{name} first", first, wanted["first"])
        expect(f"{name} last", last, wanted["last"])
    return {key: answer[key] for key in ("load_s", "analytics_s", "version")
            if answer.get(key) is not None}


def check_total(file_name, reference):
    """The answer of the floor, which only counts."""
    expect("total", read_json(file_name)["total"], reference.total)
    return {}
