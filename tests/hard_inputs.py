#!/usr/bin/env python3
"""Inputs that break programs: no crash, and a message or a counted reject.

Each case makes its files in a fresh folder, runs the program and looks at
exit status, JSON and messages.
"""
import gzip
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading

PROGRAM = None
HEADER = b"timestamp,device_id,power\n"
ROW = b"2023-10-01 08:00:00,a,1000\n"


def report(*arguments, code=0, **options):
    done = subprocess.run([PROGRAM, "report", "--json", "--no-progress",
                           *arguments], capture_output=True, timeout=300,
                          **options)
    assert done.returncode == code, (done.returncode, done.stderr[-3000:])
    text = done.stderr.decode(errors="replace")
    assert "runtime error" not in text and "Sanitizer" not in text, text
    return (json.loads(done.stdout) if done.stdout else None), text


def write(name, *parts):
    with open(name, "wb") as out:
        for part in parts:
            out.write(part)
    return name


def nul_bytes():
    """A NUL in the first 64 KiB is no text; a late one rejects its row."""
    write("early.csv", HEADER, b"2023-10-01 08:00:00,a\0b,1\n", ROW)
    answers, words = report("early.csv", code=2)
    assert "early.csv: is not text" in words
    many = b"".join(b"2023-10-01 08:%02d:%02d,a,1\n" % (i // 60 % 60, i % 60)
                    for i in range(3600))
    write("late.csv", HEADER, many, b"2023-10-01 09:00:00,a\0b,1\n",
          b"2023-10-01 09:00:01,a,1\0\n", ROW)
    answers, words = report("late.csv")
    assert answers["rejects"]["by_reason"] == {"device": 1, "number": 1}
    assert answers["lines"] == 3603


def huge_line():
    """100 MB without a newline is one reject; memory stays small."""
    with open("huge.csv", "wb") as out:
        out.write(HEADER + ROW)
        for _ in range(100):
            out.write(b"x" * 1000000)
        out.write(b"\n2023-10-01 08:30:00,a,1000\n")
    for reader in ("pread", "mmap"):
        answers, words = report("huge.csv", "--reader", reader,
                                "--rejects", "r.csv", "--timings")
        assert answers["rejects"]["by_reason"] == {"fields": 1}, answers
        assert answers["readings"] == 2
        assert answers["rejects"]["first"][0]["line"] == 3
        with open("r.csv", "rb") as file:
            assert len(file.read()) < 2000000
    with open("open.csv", "wb") as out:  # a quote that never closes
        out.write(HEADER + ROW + b'2023-10-01 09:00:00,"a,1\n')
        for _ in range(200000):
            out.write(ROW)
    answers, words = report("open.csv")
    assert answers["rejects"]["by_reason"] == {"quote": 1}
    assert (answers["lines"], answers["readings"]) == (2, 1)


def folder_named_csv():
    os.makedirs("data/x.csv")
    write("data/a.csv", HEADER, ROW)
    answers, words = report("data")
    assert answers["readings"] == 1
    assert answers["skipped_files"] == [
        {"file": "data/x.csv", "reason": "is a folder, not a file"}]
    assert "data/x.csv: is a folder" in words
    os.makedirs("empty")
    answers, words = report("empty", code=2)
    assert "empty: holds no *.csv" in words


def fifo():
    os.mkfifo("pipe")

    def feed():
        with open("pipe", "wb") as out:
            out.write(HEADER + ROW)
    feeder = threading.Thread(target=feed)
    feeder.start()
    answers, words = report("pipe")
    feeder.join()
    assert answers["readings"] == 1


def damaged_packed():
    text = HEADER + b"".join(b"2023-10-01 %02d:%02d:00,a,1\n" % (i // 60, i % 60)
                             for i in range(1440)) * 40
    packed = gzip.compress(text)
    write("cut.csv.gz", packed[:len(packed) // 2])
    write("good.csv", HEADER, ROW)
    answers, words = report("cut.csv.gz", "good.csv")
    assert answers["skipped_files"][0]["file"] == "cut.csv.gz"
    assert "damaged gzip data" in words
    write("noise.csv.gz", b"\x1f\x8b" + bytes(range(200)))
    answers, words = report("noise.csv.gz", "good.csv", "--strict", code=1)
    assert "noise.csv.gz: damaged gzip data" in words
    write("noise.csv.zst", b"\x28\xb5\x2f\xfd" + bytes(range(200)))
    answers, words = report("noise.csv.zst", code=2)
    assert "damaged zstd data" in words


def odd_heads():
    write("empty.csv")
    write("bom.csv", b"\xef\xbb\xbf")
    write("newlines.csv", b"\n\r\n\n")
    write("utf16.csv", HEADER.decode().encode("utf-16"))
    write("wide.csv", b"timestamp,device_id," + b"x," * 40000 + b"power\n")
    write("open.csv", b'timestamp,"device_id,power\n')
    names = sorted(n for n in os.listdir(".") if n.endswith(".csv"))
    write("good.csv", b"\xef\xbb\xbf\r\n\n", HEADER, b"\n\r\n", ROW)
    # only CR as line end: a reading, and one replaced by that of good.csv
    write("cr.csv", HEADER.replace(b"\n", b"\r"), ROW.replace(b"\n", b"\r"))
    answers, words = report(*names, "cr.csv", "good.csv")
    skipped = [s["file"] for s in answers["skipped_files"]]
    assert skipped == names, skipped
    assert answers["lines"] == 2 and answers["duplicates"] == 1
    assert "utf16.csv: is UTF-16" in words


def shrinking():
    """A file cut short while it is read: no crash, and it is said."""
    size = 40 << 20
    for reader in ("pread", "mmap", "uring"):
        with open("big.csv", "wb") as out:
            out.write(HEADER)
            block = b"".join(b"2023-10-01 %02d:%02d:%02d,a,1\n" %
                             (i // 3600, i // 60 % 60, i % 60)
                             for i in range(36000))
            while out.tell() < size:
                out.write(block)
        done = subprocess.Popen(
            [PROGRAM, "report", "--json", "--no-progress", "big.csv",
             "--reader", reader, "--threads", "1"],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        os.truncate("big.csv", 1 << 20)
        out, words = done.communicate(timeout=300)
        assert done.returncode in (0, 2), (reader, done.returncode, words)
        assert b"Sanitizer" not in words, words


def many_devices():
    with open("many.csv", "wb") as out:
        out.write(HEADER)
        for i in range(50000):
            out.write(b"2023-10-01 08:00:00,device-number-%09d,1\n" % i)
    answers, words = report("many.csv")
    assert answers["devices"] == 50000


def spilling():
    """Shuffled input, more than is sorted in memory, through the disk."""
    rows = [b"2023-10-%02d %02d:%02d:00,d%d,%d\n" %
            (d, h, m, dev, (d * 86400 + h * 3600 + m * 60 + dev) ** 2 % 999983)
            for d in range(1, 31) for h in range(24) for m in range(0, 60, 2)
            for dev in range(16)]
    step = 199933  # prime: a simple shuffle
    shuffled = [rows[i * step % len(rows)] for i in range(len(rows))]
    write("sorted.csv", HEADER, *rows)
    write("mixed.csv", HEADER, *shuffled)
    a, _ = report("sorted.csv")
    b, _ = report("mixed.csv", "--threads", "1")
    c, _ = report("mixed.csv", "mixed.csv", "--threads", "2")
    assert a == b
    assert c["duplicates"] == len(rows) and c["energy_kwh"] == a["energy_kwh"]
    no_space = dict(os.environ, TMPDIR="/no/such/folder")
    _, words = report("mixed.csv", "--threads", "1", code=2, env=no_space)
    assert "temporary file" in words
    with open("mixed.csv", "rb") as stream:
        d, _ = report("-", stdin=stream)
    assert d["energy_kwh"] == a["energy_kwh"]


def interrupted():
    """Ctrl-C leaves at once."""
    read, write_end = os.pipe()
    os.write(write_end, HEADER + ROW)
    done = subprocess.Popen(
        [PROGRAM, "report", "-"], stdin=read, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        # tests that run in the background have it ignored
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
    threading.Timer(0.7, lambda: done.send_signal(2)).start()
    done.communicate(timeout=20)
    os.close(write_end)
    os.close(read)
    assert done.returncode == 130, done.returncode


CASES = [nul_bytes, huge_line, folder_named_csv, fifo, damaged_packed,
         odd_heads, shrinking, many_devices, spilling, interrupted]


def main():
    global PROGRAM
    PROGRAM = os.path.abspath(sys.argv[1])
    failed = 0
    for i, case in enumerate(CASES, 1):
        if len(sys.argv) > 2 and sys.argv[2] not in case.__name__:
            continue
        with tempfile.TemporaryDirectory(prefix="wattle-hard-") as folder:
            os.chdir(folder)
            try:
                case()
                print(f"ok {i} - {case.__name__}", flush=True)
            except (AssertionError, subprocess.TimeoutExpired) as problem:
                print(f"not ok {i} - {case.__name__}: {problem}", flush=True)
                failed += 1
            os.chdir("/")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
