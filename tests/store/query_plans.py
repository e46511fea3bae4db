"""No statement reads a whole table of readings where it should look rows up.

The statements are taken out of the sources. Those that must read everything
are listed here with the reason.
"""
import glob
import os
import re
import sqlite3

from store_tools import expect

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))

# Tables that grow with the readings.
LARGE = {"chunk", "chunk_data", "delta", "rollup", "reject"}

# Statements that read all there is: what they match, and why.
ALL_OF_IT = [
    (r"FROM chunk ORDER BY number$", "check reads everything"),
    (r"FROM chunk a JOIN chunk b ON b.device = a.device AND", "check compares"),
    (r"WHERE number NOT IN \(SELECT number FROM chunk\)$", "check"),
    (r"FROM delta$", "check, info and salvage read all late readings"),
    (r"raw, checksum FROM reject$", "check reads everything"),
    (r"FROM reject ORDER BY file, line$", "a report lists all rejects"),
    (r"FROM reject GROUP BY file\) r ON", "check counts all rejects"),
    (r"^SELECT count\(\*\) FROM reject$", "salvage counts all"),
    (r"FROM reject GROUP BY file, reason HAVING", "check counts all rejects"),
    (r"^SELECT count\(\*\) FROM chunk$", "threads for a report"),
    (r"^SELECT sum\(n_readings\) FROM chunk$", "threads for a long report"),
    (r"^SELECT ifnull\(sum\(length\(", "info measures all"),
    (r"GROUP BY (c\.)?device$", "info is about all devices"),
]


def cases(_tier):
    return ["all"]


def texts_of(source):
    """String literals of C, neighbours joined, comments and names left out."""
    source = re.sub(r"/\*.*?\*/", " ", source, flags=re.S)
    source = re.sub(r"\\\n", "\n", source)
    defined = {name: "".join(re.findall(r'"((?:[^"\\]|\\.)*)"', body))
               for name, body in re.findall(
                   r'#define (\w+)\s+((?:"(?:[^"\\]|\\.)*"\s*)+)', source)}
    token = re.compile(r'"((?:[^"\\]|\\.)*)"|(\w+)|(\s+)|(.)', re.S)
    text, found = None, []
    for quoted, name, space, other in token.findall(source):
        if quoted or (not name and not space and not other):
            text = (text or "") + quoted
        elif name in defined:
            text = (text or "") + defined[name]
        elif not space:
            if text:
                found.append(text.replace('\\"', '"'))
            text = None
    return found


def statements():
    for path in sorted(glob.glob(f"{ROOT}/src/store/*.c")
                       + glob.glob(f"{ROOT}/src/run/*.c")):
        # those of an old format read tables that this one does not have
        if path.endswith(("tables.c", "upgrade_format1.c")):
            continue
        with open(path, encoding="utf-8") as file:
            for text in texts_of(file.read()):
                if re.match(r"(SELECT|DELETE|UPDATE|INSERT)\b", text) and \
                        "%" not in text:
                    yield os.path.basename(path), text


def problems_of(db, text):
    try:
        plan = [row[3] for row in db.execute("EXPLAIN QUERY PLAN " + text,
                                             [1] * 20)]
    except sqlite3.ProgrammingError as error:
        n = re.search(r"uses (\d+)", str(error))
        plan = [row[3] for row in db.execute("EXPLAIN QUERY PLAN " + text,
                                             [1] * int(n.group(1)))]
    names = dict((alias, table) for table, alias in re.findall(
        r"\b(?:FROM|JOIN) (\w+) (?:AS )?([a-z])\b", text))
    for step in plan:
        scanned = re.match(r"SCAN (?:TABLE )?(\w+)", step)
        if scanned and names.get(scanned.group(1),
                                 scanned.group(1)) in LARGE:
            yield step


def run_case(program, _case, folder, _tier):
    path = os.path.join(folder, "home.db")
    with open(os.path.join(folder, "a.csv"), "w", encoding="ascii") as out:
        out.write("timestamp,device_id,power\n2023-10-01 00:00:00,a,1\n")
    program.imports(path, out.name)
    found = [(name, text) for name, text in statements()]
    expect(len(found) > 25, "too few statements found:", len(found))
    wrong = []
    with sqlite3.connect(path) as db:
        for name, text in found:
            try:
                steps = list(problems_of(db, text))
            except sqlite3.OperationalError as error:
                if "no such table" not in str(error):
                    continue  # a part of a statement, completed elsewhere
                wrong.append(f"{name}: {error}: {text[:120]}")
                continue
            if steps and not any(re.search(matches, text)
                                 for matches, _why in ALL_OF_IT):
                wrong.append(f"{name}: {steps}: {text[:160]}")
    return "\n".join(wrong) or None
