#!/usr/bin/env python3
"""Checks the oracle itself against small cases computed by hand.

    python3 selftest.py
"""

import gzip
import math
import os
import shutil
import subprocess
import tempfile
import unittest

import casegen
import compare
import oracle
import query_oracle
import zones

VIP = "timestamp,device_id,voltage,current,power_factor\n"
POWER = "timestamp,device_id,power\n"
VALUE = "timestamp,device_id,value\n"


class OracleTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="oracle-test-")
        self.addCleanup(shutil.rmtree, self.folder)

    def write(self, data, name="a.csv"):
        path = os.path.join(self.folder, name)
        with open(path, "wb") as out:
            out.write(data.encode() if isinstance(data, str) else data)
        return path

    def result(self, data, **options):
        return oracle.run([self.write(data)], oracle.Options(**options))

    def report(self, data, **options):
        return self.result(data, **options).report

    def reasons(self, data, **options):
        """The (line, reason) of every reject."""
        return [(line, reason) for _file, line, reason, _raw in self.result(data, **options).rejects]


class Formulas(OracleTest):
    def test_trapezoid(self):
        # 100 W rising to 300 W in half an hour: 200 W * 0.5 h = 0.1 kWh;
        # then 300 W falling to 0 W in a quarter: 150 W * 0.25 h = 0.0375 kWh.
        report = self.report(POWER + "2023-10-01 00:00:00,a,100\n"
                                     "2023-10-01 00:30:00,a,300\n"
                                     "2023-10-01 00:45:00,a,0\n")
        self.assertEqual(report["energy_kwh"], 0.1375)
        self.assertEqual(report["by_hour"][0]["energy_kwh"], 0.1375)
        self.assertEqual(report["by_day"], [{"day": "2023-10-01", "energy_kwh": 0.1375}])
        # 137.5 Wh in three quarters of an hour; three readings.
        self.assertEqual(report["mean_power_w"], 137.5 / 0.75)
        self.assertEqual(report["reading_mean_w"], 400 / 3)
        self.assertEqual((report["min_power_w"], report["max_power_w"]), (0.0, 300.0))
        # 0.1375 kWh * 0.15, of 0.75 h; and 133.33 W * 720 h * 0.15 = 14.4.
        self.assertEqual(report["cost"], 0.020625)
        self.assertAlmostEqual(report["monthly_cost"], 19.8, delta=1e-13)
        self.assertEqual(report["pooled_monthly_cost"], 14.4)
        self.assertEqual((report["first"], report["last"]), ("2023-10-01T00:00:00Z", "2023-10-01T00:45:00Z"))
        self.assertIsNone(report["efficiency"])
        self.assertEqual(report["by_location"], [])

    def test_split_at_hour_and_midnight(self):
        # From 23:45 to 00:15 the power rises from 100 W to 200 W, 150 W at
        # midnight: 125 W * 0.25 h before and 175 W * 0.25 h after it.
        report = self.report(POWER + "2023-12-31 23:45:00,a,100\n2024-01-01 00:15:00,a,200\n")
        self.assertEqual(report["by_hour"][23], {"hour": 23, "reading_mean_w": 100.0, "energy_kwh": 0.03125})
        self.assertEqual(report["by_hour"][0], {"hour": 0, "reading_mean_w": 200.0, "energy_kwh": 0.04375})
        self.assertEqual(report["by_hour"][12], {"hour": 12, "reading_mean_w": None, "energy_kwh": 0.0})
        self.assertEqual(report["by_day"], [{"day": "2023-12-31", "energy_kwh": 0.03125},
                                            {"day": "2024-01-01", "energy_kwh": 0.04375}])
        self.assertEqual(report["energy_kwh"], 0.075)

    def test_step_over_a_day_without_readings(self):
        # 1000 W for 36 hours: the middle day has energy and no reading.
        report = self.report(POWER + "2023-01-01 18:00,a,1000\n2023-01-03 06:00,a,1000\n", max_gap="2d")
        self.assertEqual(report["by_day"], [{"day": "2023-01-01", "energy_kwh": 6.0},
                                            {"day": "2023-01-02", "energy_kwh": 24.0},
                                            {"day": "2023-01-03", "energy_kwh": 6.0}])
        self.assertEqual(report["by_hour"][6]["energy_kwh"], 1.0)
        self.assertEqual(report["by_hour"][18]["energy_kwh"], 2.0)

    def test_gap(self):
        # The second step is one hour exactly (no gap), the third 1 ms longer.
        report = self.report(POWER + "2023-10-01 00:00:00,a,60\n"
                                     "2023-10-01 00:30:00,a,60\n"
                                     "2023-10-01 01:30:00,a,60\n"
                                     "2023-10-01 02:30:00.001,a,60\n")
        self.assertEqual(report["energy_kwh"], 0.09)
        self.assertEqual(report["gaps"], 1)
        self.assertEqual(report["gap_hours"], 3600001 / 3600000)
        self.assertEqual(report["max_gap_hours"], 1.0)
        self.assertEqual(report["last"], "2023-10-01T02:30:00.001Z")
        self.assertEqual(self.report(POWER + "0,a,1\n90,a,1\n181,a,1\n", max_gap="90s")["gaps"], 1)

    def test_duplicate(self):
        # The later line wins, also when it says the time in another way.
        report = self.report(POWER + "2023-10-01 00:00:00,a,100\n"
                                     "2023-10-01 00:15:00,a,100\n"
                                     "2023-10-01T02:00:00+02:00,a,300\n"
                                     "2023-10-01 00:00:00,b,500\n")
        self.assertEqual((report["lines"], report["readings"], report["duplicates"]), (4, 3, 1))
        self.assertEqual(report["per_device"][0]["reading_mean_w"], 200.0)
        self.assertEqual(report["energy_kwh"], 0.05)

    def test_voltage_current_factor(self):
        report = self.report(VIP + "2023-10-01 00:00,a,230,2,0.5\n2023-10-01 00:30,b,100,0,-1\n")
        first, second = report["per_device"]
        self.assertEqual(first["reading_mean_w"], 230.0)
        self.assertIsNone(first["mean_power_w"])
        # 0.5 * exp(-4 * 0.25 * 0.75) / (1 + ln 3)
        self.assertAlmostEqual(first["efficiency"], 0.5 * math.exp(-0.75) / (1 + math.log(3)), delta=1e-15)
        # pf^2 = 1: the exponent is 0, and ln(1 + 0) = 0.
        self.assertEqual(second["efficiency"], -1.0)
        self.assertEqual(second["reading_mean_w"], 0.0)
        self.assertEqual(report["min_power_w"], 0.0)
        self.assertAlmostEqual(report["efficiency"], (first["efficiency"] - 1) / 2, delta=1e-15)
        self.assertEqual(report["reading_mean_w"], 115.0)
        self.assertAlmostEqual(report["pooled_monthly_cost"], 12.42, delta=1e-13)

    def test_exact_product(self):
        report = self.report(VIP + "0,a,0.000000001,0.000000001,0.000000001\n")
        self.assertEqual(report["reading_mean_w"], 1e-27)

    def test_power_with_other_columns(self):
        # A missing factor is only absent; a bad one is still a reject.
        report = self.report("timestamp,device_id,power,current,pf\n0,a,7,1,?\n60,a,7,,0.5\n120,a,7,0,1\n180,a,7,0,2\n")
        self.assertEqual(report["readings"], 3)
        self.assertEqual(report["efficiency"], 1.0)
        self.assertEqual(report["rejects"]["by_reason"], {"range": 1})

    def test_value_kinds(self):
        rows = VALUE + "2023-10-01 00:00,a,1.5\n2023-10-01 00:30,a,2.5\n2023-10-01 01:30,a,4\n2023-10-01 09:30,a,2\n"
        self.assertEqual(self.report(rows)["reading_mean_w"], 2.5)
        self.assertEqual(self.report(rows, value="power-kw")["reading_mean_w"], 2500.0)
        report = self.report(rows, value="energy-kwh")
        # 10 kWh in half hours, the shortest step of all; 2.5 h without the gap from two to half past nine.
        self.assertEqual(report["energy_kwh"], 10.0)
        self.assertEqual(report["mean_power_w"], 10000 / 2.5)
        self.assertIsNone(report["reading_mean_w"])
        self.assertEqual((report["min_power_w"], report["max_power_w"]), (None, None))
        self.assertEqual((report["gaps"], report["gap_hours"]), (1, 7.5))
        self.assertEqual(report["by_hour"][0], {"hour": 0, "reading_mean_w": None, "energy_kwh": 4.0})
        self.assertEqual(report["by_hour"][9]["energy_kwh"], 2.0)
        self.assertEqual(report["by_day"], [{"day": "2023-10-01", "energy_kwh": 10.0}])
        self.assertEqual(self.report(rows, value="energy-wh")["energy_kwh"], 0.01)

    def test_counters(self):
        def kwh(*heights):
            rows = "timestamp,device_id,energy_total_wh\n"
            rows += "".join("%d,a,%s\n" % (3600 * hour, height) for hour, height in enumerate(heights))
            report = self.report(rows)
            return report["energy_kwh"], {entry["kind"]: entry["value"] for entry in report["findings"]
                                          if entry["kind"] != "silent"}

        self.assertEqual(kwh(1000, 1500, 2000), (1.0, {}))
        self.assertEqual(kwh(1000, 0, 2000), (1.0, {"counter_glitch": 1.0}))
        self.assertEqual(kwh(1000, 9000, 2000), (1.0, {"counter_spike": 1.0}))
        self.assertEqual(kwh(1000, 2000, 10, 20, 30, 40), (1.04, {"counter_reset": 1.0}))
        self.assertEqual(kwh(3000, 4000, 2000, 2100, 2200, 2300), (1.3, {"meter_change": 1.0}))
        self.assertEqual(kwh(1000, 2000, 2000, 2000, 2000, 1990, 1995, 1996, 1997, 2100), (1.1, {"counter_dip": 1.0}))

    def test_kinds_count_once(self):
        rows = ("timestamp,device_id,power,energy_wh,span_s,energy_total_wh\n"
                "0,a,3000,500,1800,\n1800,a,3000,,,\n3600,a,3000,,,7000\n7200,a,3000,9999,3600,7100\n")
        self.assertEqual(self.report(rows)["energy_kwh"], 12.099)
        rows = "timestamp,device_id,energy_wh,span_s\n0,a,4000,14400\n3600,a,100,3600\n"
        self.assertEqual(self.report(rows)["energy_kwh"], 3.1)

    def test_hold(self):
        rows = POWER + "0,a,0\n3000,a,2000\n3300,a,0\n180000,a,0\n"
        report = self.report(rows, interpolation="hold")
        self.assertAlmostEqual(report["energy_kwh"], 2 / 12)
        self.assertEqual(report["gaps"], 1)

    def test_energy_without_steps(self):
        report = self.report(VALUE + "0,a,1\n0,b,6\n1800,b,6\n", value="energy-wh")
        first, second = report["per_device"]
        self.assertIsNone(first["mean_power_w"])
        self.assertIsNone(first["monthly_cost"])
        # 12 Wh in two intervals of 0.5 h
        self.assertEqual(second["mean_power_w"], 12.0)
        self.assertEqual(report["mean_power_w"], 12.0)
        self.assertEqual(report["monthly_cost"], second["monthly_cost"])

    def test_home_mean_and_costs(self):
        report = self.report(POWER + "0,a,1000\n60,a,1000\n120,a,1000\n0,b,2000\n60,b,2000\n",
                             rate="0.5", budget="1079.9")
        self.assertEqual(report["mean_power_w"], 3000.0)
        self.assertEqual(report["reading_mean_w"], 1400.0)
        # (1 kW + 2 kW) * 720 * 0.5, and 1.4 kW * 720 * 0.5.
        self.assertEqual(report["monthly_cost"], 1080.0)
        self.assertEqual(report["pooled_monthly_cost"], 504.0)
        self.assertEqual(report["budget"], {"limit": 1079.9, "exceeded": True})

    def test_returned(self):
        # From 100 W to -300 W in an hour: zero after a quarter. 100 W * 0.25 h
        # / 2 = 12.5 Wh are imported, 300 W * 0.75 h / 2 = 112.5 Wh returned.
        report = self.report(POWER + "2023-10-01 00:00,a,100\n2023-10-01 01:00,a,-300\n",
                             rate="0.4", return_rate="0.1")
        self.assertEqual(report["imported_kwh"], 0.0125)
        self.assertEqual(report["returned_kwh"], 0.1125)
        self.assertEqual(report["energy_kwh"], -0.1)
        self.assertEqual(report["cost"], -0.00625)
        self.assertEqual(report["monthly_cost"], -4.5)

    def test_range_cuts_steps(self):
        # 0 W to 600 W in half an hour; the last ten minutes of it, from 400 W
        # to 600 W, and the five minutes behind, at 600 W.
        rows = POWER + "2023-10-01 00:00,a,0\n2023-10-01 00:30,a,600\n2023-10-01 01:00,a,600\n"
        report = self.report(rows, since="2023-10-01T00:20", until="2023-10-01T00:35")
        self.assertEqual(report["readings"], 1)
        self.assertAlmostEqual(report["energy_kwh"], (500 / 6 + 600 / 12) / 1000, delta=1e-15)
        self.assertAlmostEqual(report["mean_power_w"], (500 * 10 + 600 * 5) / 15, delta=1e-12)
        # Between two readings there is energy, too.
        report = self.report(rows, since="2023-10-01T00:10", until="2023-10-01T00:20")
        self.assertEqual((report["readings"], report["devices"]), (0, 1))
        self.assertEqual(report["energy_kwh"], 0.05)
        self.assertIsNone(report["first"])

    def test_no_readings(self):
        report = self.report(POWER)
        for key in ("mean_power_w", "reading_mean_w", "min_power_w", "max_power_w", "efficiency", "first", "last", "budget",
                    "monthly_cost", "pooled_monthly_cost"):
            self.assertIsNone(report[key])
        for key in ("lines", "readings", "devices", "energy_kwh", "cost", "gaps", "gap_hours"):
            self.assertEqual(report[key], 0)
        self.assertEqual((report["by_day"], report["per_device"], len(report["by_hour"])), ([], [], 24))

    def test_devices_and_locations(self):
        self.write("device_id,name,location,power_rating_watts,is_active\n"
                   'a,"Oven, big",Kitchen,2000,true\nb,Lamp,attic,,true\nc,Fan,Kitchen,50,false\n', "devices.csv")
        report = self.report(POWER + "0,c,100\n0,b,10\n0,a,1000\n0,d,1\n")
        self.assertEqual([entry["device_id"] for entry in report["per_device"]], ["a", "b", "c", "d"])
        first, second, third, fourth = report["per_device"]
        self.assertEqual((first["name"], first["location"], first["rated_w"], first["peak_over_rating"]),
                         ("Oven, big", "Kitchen", 2000.0, 0.5))
        self.assertEqual((second["rated_w"], second["peak_over_rating"]), (None, None))
        self.assertEqual(third["peak_over_rating"], 2.0)
        self.assertEqual((fourth["name"], fourth["location"]), (None, None))
        self.assertEqual([(entry["location"], entry["devices"]) for entry in report["by_location"]],
                         [("Kitchen", 2), ("attic", 1), (None, 1)])
        self.assertEqual(report["by_location"][0]["reading_mean_w"], 550.0)
        other = self.write("device_id,name,location\na,Other,\n", "meta.csv")
        report = self.report(POWER + "0,a,1000\n", devices=other)
        self.assertEqual((report["per_device"][0]["name"], report["by_location"]), ("Other", []))

    def test_filters(self):
        rows = (POWER + "2023-10-01 00:00,k1,1\n2023-10-02 00:00,k1,2\n2023-10-03 00:00,k1,3\n"
                        "2023-10-02 00:00,l1,4\nx,k1,1\n")
        report = self.report(rows, since="2023-10-02", until="2023-10-03 00:00:00Z", device=["k*"])
        self.assertEqual((report["lines"], report["readings"], report["filtered"]), (2, 1, 3))
        self.assertEqual(report["reading_mean_w"], 2.0)
        self.assertEqual(report["rejects"]["total"], 1)
        self.assertEqual(self.report(rows, device=["l?", "K*"])["readings"], 1)


class Zones(OracleTest):
    def instants(self, tz, *rows):
        """The readings of one device in UTC, as minutes behind midnight."""
        data = POWER + "".join("%s,a,1\n" % row for row in rows)
        got = oracle.collect([self.write(data)], oracle.Options(tz=tz))
        midnight = oracle.days_of_date(2025, 10, 26) * oracle.DAY_MS
        return [(ms - midnight) // 60000 for ms in got.readings[b"a"]]

    def autumn(self, *clock):
        return self.instants("Europe/Brussels", *["2025-10-26 " + text for text in clock])

    def test_repeated_hour(self):
        # In summer time 02:00 is 00:00 UTC, in winter 01:00.
        self.assertEqual(self.autumn("01:30", "02:00", "02:30", "02:00", "02:30", "03:00"),
                         [-30, 0, 30, 60, 90, 120])
        self.assertEqual(self.autumn("03:00", "02:30", "02:00", "02:30", "02:00", "01:30"),
                         [120, 90, 60, 30, 0, -30])
        self.assertEqual(self.autumn("01:00", "02:00", "02:00", "03:00"), [-60, 0, 60, 120])
        self.assertEqual(self.autumn("03:30", "02:30", "02:30", "01:30"), [150, 90, 30, -30])
        # A repetition, as rows are half an hour apart.
        self.assertEqual(self.autumn("01:30", "02:00", "02:00", "02:30"), [-30, 0, 30])
        self.assertEqual(self.autumn("02:30", "02:00"), [30, 60])
        # Rows with an offset, and rejected ones, tell nothing.
        self.assertEqual(self.autumn("02:30", "02:00Z", "02:10+02:00", "02:40"), [30, 120, 10, 40])
        self.assertEqual(self.autumn("02:30", "02:10,a,x\n2025-10-26 02:40"), [30, 40])

    def test_half_an_hour(self):
        # At two o'clock of +11:00 it is half past one again, with +10:30.
        rows = ["2025-04-06 01:30", "2025-04-06 01:45", "2025-04-06 01:30", "2025-04-06 01:45"]
        days = oracle.days_of_date(2025, 4, 5) - oracle.days_of_date(2025, 10, 26)
        self.assertEqual(self.instants("Australia/Lord_Howe", *rows),
                         [days * 1440 + 14 * 60 + minutes for minutes in (30, 45, 60, 75)])

    def test_skipped_times(self):
        rows = POWER + "2025-03-30 01:59:59.999,a,1\n2025-03-30 02:00,a,1\n2025-03-30 02:59,a,1\n2025-03-30 03:00,a,1\n"
        result = self.result(rows, tz="Europe/Brussels")
        self.assertEqual([line for _file, line, _reason, _raw in result.rejects], [3, 4])
        self.assertEqual((result.report["first"], result.report["last"]),
                         ("2025-03-30T01:59:59.999+01:00", "2025-03-30T03:00:00+02:00"))
        self.assertEqual(self.result(POWER + "2011-12-30 12:00,a,1\n", tz="Pacific/Apia").report["rejects"]["total"], 1)

    def test_hours_and_days(self):
        # 1000 W from 23:30 to 00:30 in Nepal, which is 5:45 ahead.
        report = self.report(POWER + "2025-01-01 17:45Z,a,1000\n2025-01-01 18:45Z,a,1000\n", tz="Asia/Kathmandu")
        self.assertEqual((report["by_hour"][23]["energy_kwh"], report["by_hour"][0]["energy_kwh"]), (0.5, 0.5))
        self.assertEqual([entry["day"] for entry in report["by_day"]], ["2025-01-01", "2025-01-02"])
        # A day of 25 hours, with two hours at two o'clock; the range is local.
        rows = POWER + "2025-10-25 12:00Z,a,1000\n2025-10-27 12:00Z,a,1000\n"
        report = self.report(rows, tz="Europe/Brussels", max_gap="3d", day="2025-10-26")
        self.assertEqual(report["by_day"], [{"day": "2025-10-26", "energy_kwh": 25.0}])
        self.assertEqual([report["by_hour"][hour]["energy_kwh"] for hour in (1, 2, 3)], [1.0, 2.0, 1.0])
        # Just after midnight the clock of 2010 was put back to 23:01 in Newfoundland: midnight has been.
        report = self.report(POWER + "2010-11-07 02:30:30Z,a,1\n2010-11-07 03:00Z,a,1\n", tz="America/St_Johns")
        self.assertEqual((report["first"], report["last"]), ("2010-11-07T00:00:30-02:30", "2010-11-06T23:30:00-03:30"))
        self.assertEqual([entry["day"] for entry in report["by_day"]], ["2010-11-07"])

    def test_offsets_as_text(self):
        ms = oracle.parse_time(b"1950-01-01 00:00Z")[0]
        self.assertEqual(oracle.show_time(ms, zones.zone_named("Africa/Monrovia")), "1949-12-31T23:15:30-00:44:30")
        self.assertEqual(oracle.parse_time(b"1949-12-31T23:15:30-00:44:30"), (ms, False))
        self.assertEqual(oracle.show_time(ms, zones.zone_named("Europe/London")), "1950-01-01T00:00:00+00:00")

    def test_limits(self):
        brussels = zones.zone_named("Europe/Brussels")
        first = oracle.limit_time("2025-10-26T00:30Z")
        self.assertEqual(oracle.limit_time("2025-10-26 02:30", brussels), first)
        self.assertEqual(oracle.limit_time("2025-03-30 02:30", brussels), oracle.limit_time("2025-03-30 03:00", brussels))
        self.assertEqual(oracle.limit_time("2011-12-30", zones.zone_named("Pacific/Apia")),
                         oracle.limit_time("2011-12-30T10:00Z"))

    def test_spans_of_a_query(self):
        def starts(span_ms, begin, end, name="Europe/Brussels"):
            rule = query_oracle.Rule(span_ms, zone=zones.zone_named(name))
            ms, end = oracle.limit_time(begin), oracle.limit_time(end)
            found = []
            while ms < end:
                found.append(oracle.show_time(rule.start_of(ms), rule.zone)[11:16])
                self.assertEqual(rule.start_of(rule.end_of(rule.start_of(ms)) - 1), rule.start_of(ms))
                ms = rule.end_of(rule.start_of(ms))
            return found

        hour = oracle.HOUR_MS
        night = "2025-10-25T22:00Z", "2025-10-26T03:00Z"
        self.assertEqual(starts(hour, *night), ["00:00", "01:00", "02:00", "02:00", "03:00"])
        self.assertEqual(starts(2 * hour, *night), ["00:00", "02:00"])
        self.assertEqual(starts(hour * 3 // 4, *night), ["00:00", "00:45", "01:30", "02:15", "02:00", "02:15", "03:00", "03:45"])
        self.assertEqual(starts(2 * hour, "2025-03-29T23:00Z", "2025-03-30T03:00Z"), ["00:00", "03:00", "04:00"])
        self.assertEqual(starts(hour, "2025-04-05T13:00Z", "2025-04-05T16:00Z", "Australia/Lord_Howe"),
                         ["00:00", "01:00", "01:30", "02:00"])


class Rejects(OracleTest):
    def test_each_reason(self):
        result = self.result(VIP + "2023-10-01 00:00,a,230,1,1\n"
                                   "2023-10-01 00:01,a,230,1\n"
                                   "2023-10-01 00:01,a,230,1,1,1\n"
                                   "null,a,230,1,1\n"
                                   "2023-02-29 00:00,a,230,1,1\n"
                                   "2023-10-01 00:01, ,230,1,1\n"
                                   "2023-10-01 00:01,a,230,N/A,1\n"
                                   "2023-10-01 00:01,a,.5,1,1\n"
                                   "2023-10-01 00:01,a,230,1,1.1\n"
                                   '2023-10-01 00:01,a,"230,1,1\nnext,line\n')
        self.assertEqual([(line, reason) for _file, line, reason, _raw in result.rejects],
                         [(3, "fields"), (4, "fields"), (5, "missing"), (6, "timestamp"), (7, "device"),
                          (8, "missing"), (9, "number"), (10, "range"), (11, "quote")])
        report = result.report
        self.assertEqual((report["lines"], report["readings"]), (10, 1))
        self.assertEqual(report["rejects"]["total"], 9)
        self.assertEqual(report["rejects"]["by_reason"],
                         {"fields": 2, "missing": 2, "timestamp": 1, "device": 1, "number": 1, "range": 1, "quote": 1})
        self.assertEqual(report["rejects"]["first"][4],
                         {"file": os.path.join(self.folder, "a.csv"), "line": 7, "reason": "device"})
        self.assertEqual(len(report["rejects"]["first"]), 5)
        self.assertEqual(result.rejects[-1][3], b'2023-10-01 00:01,a,"230,1,1\nnext,line\n')

    def test_first_reason_wins(self):
        self.assertEqual(self.reasons(VIP + "x,,-1,x,2\n"), [(2, "timestamp")])
        self.assertEqual(self.reasons(VIP + "0,,-1,x,2\n"), [(2, "device")])
        self.assertEqual(self.reasons(VIP + "0,a,-1,x,2\n"), [(2, "range")])
        self.assertEqual(self.reasons(VIP + "0,a,1,x,2\n"), [(2, "number")])
        self.assertEqual(self.reasons(VIP + "?,a,1,x\n"), [(2, "fields")])
        self.assertEqual(self.reasons("power,pf,timestamp,device\n?,2,0,a\n?,,0,a\n"), [(2, "range"), (3, "missing")])

    def test_devices(self):
        rows = VIP + "0,%s,1,1,1\n0,%s,1,1,1\n0,null,1,1,1\n" % ("d" * 255, "d" * 256)
        self.assertEqual(self.reasons(rows), [(3, "device")])
        late_nul = VIP + "\n" * 70000 + "0,a\0b,1,1,1\n"
        self.assertEqual(self.reasons(late_nul), [(70002, "device")])

    def test_unused_columns(self):
        self.assertEqual(self.reasons("timestamp,device,value,power\n0,a,x,1\n"), [])
        self.assertEqual(self.reasons("timestamp,device,voltage,value\n0,a,x,1\n"), [])

    def test_numbers(self):
        def check(text, role="power"):
            try:
                return oracle.parse_number(text, role)
            except oracle.Reject as reject:
                return reject.args[0]

        for text in (b"", b"?", b"NULL", b"NaN", b"none", b"N/A", b"na", b"Unknown", b"unavailable"):
            self.assertEqual(check(text), "missing")
        for text in (b".5", b"5.", b"1e", b"+", b"1 2", b"0x1", b"inf", b"1.5.", b"1\n", b"0" * 401):
            self.assertEqual(check(text), "number")
        self.assertEqual(check(b"0" * 400), (0, False))
        self.assertEqual(check(b"+1.5E-1"), (150000000, False))
        self.assertEqual(check(b"-2e+3"), (-2 * 10**12, False))
        self.assertEqual(check(b"-0", "voltage"), (0, False))
        self.assertEqual(check(b"0.0000000005"), (0, True))
        self.assertEqual(check(b"0.0000000015"), (2, True))
        self.assertEqual(check(b"-0.0000000025"), (-2, True))
        self.assertEqual(check(b"0.00000000050000000001"), (1, True))
        self.assertEqual(check(b"1.5000000000"), (1500000000, False))
        self.assertEqual(check(b"1e-999999999999"), (0, True))
        self.assertEqual(check(b"1e999999999999"), "range")
        self.assertEqual(check(b"0e999999999999"), (0, False))
        self.assertEqual(check(b"1000000000"), (10**18, False))
        self.assertEqual(check(b"1000000000.0000000000001"), "range")
        self.assertEqual(check(b"999999999.9999999999"), (10**18, True))
        self.assertEqual(check(b"-1e-99999", "current"), "range")
        self.assertEqual(check(b"-1e-99999", "pf"), (0, True))
        self.assertEqual(check(b"-1.0000000001", "pf"), "range")
        self.assertEqual(check(b"-1.0000000000", "pf"), (-10**9, False))

    def test_rounded(self):
        report = self.report(VIP + "0,a,1.0000000001,1.0000000001,0.5\n0,a,1.0000000001,1,1\n"
                                   "60,b,1.0000000001,1,1\n0,a,1.0000000001,1,x\n", device=["a"])
        self.assertEqual((report["rounded"], report["filtered"], report["duplicates"]), (3, 1, 1))

    def test_times(self):
        noon = 1696161600000
        for text, ms in ((b"2023-10-01 12:00", noon), (b"2023-10-01T12:00:00Z", noon),
                         (b"2023-10-01T14:30:00.1239+02:30", noon + 123), (b"2023-10-01 11:00-01", noon),
                         (b"2023-10-01 12:00:01.5+0000", noon + 1500), (b"1696161600", noon),
                         (b"1696161600.0019", noon + 1), (b"1696161600000", noon), (b"1696161600000.9", noon),
                         (b"99999999999", 99999999999000), (b"100000000000", 100000000000), (b"0", 0),
                         (b"1970-01-01 00:00+00:01", -60000), (b"1969-12-31 23:59:59.999", -1),
                         (b"0000-03-01 00:00", -62162035200000), (b"9999-12-31 23:59:59", 253402300799000),
                         (b"20231301", 20231301000), (b"2023010108", 2023010108000), (b"20231001.0", 20231001000),
                         (b"202301012400", 202301012400), (b"900101010101", 900101010101)):
            self.assertEqual(oracle.parse_time(text)[0], ms, text)
        for text in (b"20231001", b"20240229", b"19000101", b"21001231", b"2023-02-29 00:00", b"2023-10-01",
                     b"18991231", b"00010101", b"202301010800", b"20230101080000", b"20230101080000.25",
                     b"9999123123", b"2023-10-01 24:00", b"2023-10-01 00:60", b"2023-10-01 00:00:60", b"2023-10-01 00:00:00.",
                     b"2023-10-01 00:00.5", b"2023-10-01t00:00", b"2023-10-01T00:00z", b"2023-10-01 00:00 Z",
                     b"2023-10-01 00:00+24", b"2023-10-01 00:00+00:60", b"2023-10-01 00:00+1", b"-1", b"1.", b"1e3",
                     b"1234567890123456", b"2023-10-01 00:00\n"):
            self.assertIsNone(oracle.parse_time(text), text)
        self.assertEqual(oracle.show_time(noon + 7), "2023-10-01T12:00:00.007Z")
        self.assertEqual(oracle.show_time(-1), "1969-12-31T23:59:59.999Z")
        self.assertEqual(oracle.show_time(-62162035200000), "0000-03-01T00:00:00Z")


class Reading(OracleTest):
    def split(self, data):
        return list(oracle.records(data))

    def test_line_ends(self):
        self.assertEqual(self.split(b"a,b\r\n\r\r\n\n \nc\rd,e\r\r\nf\r"),
                         [(1, b"a,b", [b"a", b"b"]), (4, b" ", [b" "]), (5, b"c\rd,e", [b"c\rd", b"e"]),
                          (6, b"f", [b"f"])])

    def test_cr_ends(self):
        def mended(data):
            text, counts_cr = oracle.mend_line_ends(data)
            return [(line, fields) for line, _raw, fields in oracle.records(text, counts_cr)]

        self.assertEqual(mended(b'a,b\r1,"x\ry"\r\r2,z"\r3'),
                         [(1, [b"a", b"b"]), (2, [b"1", b"x\ry"]), (5, [b"2", b'z"']), (6, [b"3"])])
        self.assertEqual(mended(b"a,b\r1,2\n3,4\n5,6\n"),
                         [(1, [b"a", b"b"]), (2, [b"1", b"2"]), (3, [b"3", b"4"]), (4, [b"5", b"6"])])
        self.assertEqual(mended(b'a,"b\rc"\r\n1,2\r3\n4,5\n6,7\n'),
                         [(1, [b"a", b"b\rc"]), (2, [b"1", b"2\r3"]), (3, [b"4", b"5"]), (4, [b"6", b"7"])])

    def test_quotes(self):
        self.assertEqual(self.split(b'"a,""b"" \r\n",x"y,"q"r"s\r\r\nnext\n'),
                         [(1, b'"a,""b"" \r\n",x"y,"q"r"s', [b'a,"b" \r\n', b'x"y', b'qr"s']), (3, b"next", [b"next"])])
        self.assertEqual(self.split(b' "a"\n""\n"x"\r'),
                         [(1, b' "a"', [b' "a"']), (2, b'""', [b""]), (3, b'"x"', [b"x"])])
        self.assertEqual(self.split(b'1\n2,"""\n\r\n'), [(1, b"1", [b"1"]), (2, b'2,"""\n\r\n', None)])

    def test_header(self):
        report = self.report(b"\xef\xbb\xbf\r\n\n PF ,Amps,\"Volts\",x,ENTITY_ID,Date,time\n1,1,5,,a,0,bad\n")
        self.assertEqual((report["readings"], report["reading_mean_w"]), (1, 5.0))

    def test_skipped_files(self):
        good = self.write(POWER + "0,a,1\n", "good.csv")
        bad = [self.write(b"", "1.csv"), self.write(b"time,power\n", "2.csv"),
               self.write(POWER.encode() + b"0,a\0,1\n", "3.csv"),
               self.write("timestamp,device,voltage,current\n", "4.csv")]
        options = oracle.Options(strict=True)
        result = oracle.run(bad + [good], options)
        self.assertEqual([entry["file"] for entry in result.report["skipped_files"]], bad)
        self.assertEqual((result.exit_code, result.report["readings"]), (1, 1))
        self.assertEqual(oracle.run([good], options).exit_code, 0)
        with self.assertRaises(oracle.UsageError):
            oracle.run(bad, options)

    def test_folder_and_compressed(self):
        self.write(gzip.compress((POWER + "0,a,1\n60,a,5\n").encode()), "b.csv.gz")
        self.write(POWER + "60,a,2\n", "B.csv")
        self.write(POWER + "0,a,9\n", "b.txt")
        self.write("device_id,name\na,Name\n", "devices.csv")
        plain = self.write(POWER + "120,a,3\n", "c.csv")
        subprocess.run(["zstd", "-q", "--rm", plain], check=True)
        report = oracle.compute([self.folder], {})
        self.assertEqual((report["lines"], report["readings"], report["duplicates"]), (4, 3, 1))
        # B.csv comes before b.csv.gz, so 5 W replaces 2 W: mean of 1, 5 and 3.
        self.assertEqual(report["reading_mean_w"], 3.0)
        self.assertEqual(report["per_device"][0]["name"], "Name")

    def test_rejects_file(self):
        result = self.result(POWER + 'x,"a, ""b""",1\r\n\n0,a\n')
        out = os.path.join(self.folder, "rejects.out")
        oracle.write_rejects(out, result.rejects)
        with open(out, "rb") as stream:
            rows = [fields for _line, _raw, fields in oracle.records(stream.read())]
        path = os.path.join(self.folder, "a.csv").encode()
        self.assertEqual(rows, [[b"file", b"line", b"reason", b"raw"],
                                [path, b"2", b"timestamp", b'x,"a, ""b""",1'], [path, b"4", b"fields", b"0,a"]])


class Helpers(unittest.TestCase):
    def test_fraction_sum(self):
        total = oracle.FractionSum()
        for denominator in (2, 3, 6, 7, 2):
            total.add(1, denominator)
        self.assertEqual(total.total(), oracle.Fraction(1, 2) * 2 + oracle.Fraction(1, 3) + oracle.Fraction(1, 6)
                         + oracle.Fraction(1, 7))

    def test_compare(self):
        left = {"lines": 1, "mean": 1.0, "first": None, "per_device": [{"device_id": "DEV0003", "energy_kwh": 1.5}],
                "rejects": {"by_reason": {"range": 1}}}
        right = {"lines": 1, "mean": 1, "first": None, "more": 7,
                 "per_device": [{"device_id": "DEV0003", "energy_kwh": 1.6}], "rejects": {"by_reason": {"range": 1}}}
        self.assertEqual(compare.compare(left, right), ["per_device[DEV0003].energy_kwh: expected 1.5, got 1.6"])
        right["per_device"][0]["energy_kwh"] = 1.5 * (1 + 5e-13)
        self.assertEqual(compare.compare(left, right), [])
        right["rejects"]["by_reason"]["number"] = 0
        right["lines"] = True
        right["first"] = "x"
        self.assertEqual(len(compare.compare(left, right)), 3)
        self.assertEqual(compare.compare({"by_day": [{"day": "a"}]}, {"by_day": []}),
                         ["by_day: expected 1 entries, got 0", "by_day[a]: missing"])

    def test_cases_repeat(self):
        listings = []
        for _ in range(2):
            folder = tempfile.mkdtemp(prefix="oracle-test-")
            case = casegen.make_case(12345, folder)
            listing = [word.replace(folder, "") for word in case["paths"] + case["args"]]
            for root, _folders, names in sorted(os.walk(folder)):
                for name in sorted(names):
                    with open(os.path.join(root, name), "rb") as stream:
                        listing.append((name, stream.read()))
            listings.append(listing)
            shutil.rmtree(folder)
        self.assertEqual(listings[0], listings[1])


if __name__ == "__main__":
    unittest.main()
