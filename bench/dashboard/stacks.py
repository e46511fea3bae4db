"""Call stacks of a program as a tree, from perf, callgrind or the sampler of
Python stacks.

A tree's node is [name, kind, value, children]; a value is samples, or
instructions. Kinds say where a function stands and choose its colour: a room of
wattle (input, simd, ...), "library", "kernel", "python", "stdlib", "other".
"""

import re

# A frame narrower than this share of all is left out of the tree.
LEAST_SHARE = 0.0005
MAX_DEPTH = 60


def plain_name(name):
    """Without what the compiler puts behind a name that it has split."""
    return re.sub(r"\.(constprop|isra|part|cold|lto_priv)(\.\d+)?", "", name)


# ---- perf ----

def parse_perf(text, kind_of):
    """Stacks of `perf script -F comm,ip,sym,dso`: [([frames], 1)], the root
    first; a frame is (name, kind). kind_of(name) knows wattle's functions."""
    found = []
    for sample in re.split(r"\n\s*\n", text.strip()):
        frames = []
        for line in sample.splitlines()[1:]:
            match = re.match(r"\s*[0-9a-f]+ (.*) \(([^()]*)\)$", line)
            if match:
                frames.append(perf_frame(match[1], match[2], kind_of))
        if frames:
            found.append((frames[::-1], 1))
    return found


def perf_frame(symbol, dso, kind_of):
    name = plain_name(symbol)
    if "kernel" in dso or dso.startswith("[guest"):
        return ("kernel" if name == "[unknown]" else name, "kernel")
    if re.search(r"\.so[.\d]*$", dso) or dso.startswith("["):
        library = re.sub(r".*/", "", dso)
        return (f"{library}" if name == "[unknown]" else name, "library")
    return (name, kind_of(name))


def room_of(path):
    """The room of a source file, such as "input"; None outside src/."""
    match = re.search(r"\bsrc/([a-z]+)/[^/]+$", path)
    return match[1] if match else None


def kind_of_file(path):
    """The room of a source file; what is not wattle's is a library's."""
    return room_of(path) or ("other" if path == "???" else "library")


def rooms_by_name(listing):
    """{function: room} from `nm -l`; a name that several rooms use is left
    out."""
    rooms = {}
    for line in listing.splitlines():
        match = re.match(r"[0-9a-f]+ [tTwW] (\S+)\t(.*):\d+$", line)
        room = room_of(match[2]) if match else None
        if room:
            rooms.setdefault(plain_name(match[1]), set()).add(room)
    return {name: room.pop() for name, room in rooms.items()
            if len(room) == 1}


# ---- callgrind ----

def parse_callgrind(text):
    """(own, calls) of a callgrind file written with --compress-strings=no and
    --compress-pos=no: own is {function: instructions}, calls is {caller:
    {callee: instructions with callees}}; a function is (name, source file)."""
    own, calls, file_name = {}, {}, ""
    here, callee_file, function, callee = "", None, None, None
    for line in text.splitlines():
        key, _, value = line.partition("=")
        if key in {"fl", "fi", "fe"}:  # fi, fe: in a function put into it
            here = value
            file_name = value if key == "fl" else file_name
        elif key == "fn":
            function = (function_name(value), file_name)
        elif key in {"cfi", "cfl"}:
            callee_file = value
        elif key == "cfn":
            callee = (function_name(value), callee_file or here)
        elif re.match(r"\d+ \d+$", line):
            cost = int(line.split()[1])
            if callee is None:
                own[function] = own.get(function, 0) + cost
            else:
                arcs = calls.setdefault(function, {})
                arcs[callee] = arcs.get(callee, 0) + cost
            callee = callee_file = None
    return own, calls


def function_name(text):
    """Without callgrind's mark of recursion, and the compiler's."""
    return plain_name(text.partition("'")[0])


def stacks_of_calls(own, calls):
    """Stacks from sums by caller and callee, for where perf cannot run. What
    a function spends is divided among its callers as its callees' sums say;
    recursion ends a stack."""
    whole = dict(own)
    for caller, arcs in calls.items():
        whole[caller] = whole.get(caller, 0) + sum(
            cost for callee, cost in arcs.items() if callee != caller)
    called = {callee for caller, arcs in calls.items() for callee in arcs
              if callee != caller}
    least = sum(own.values()) * LEAST_SHARE
    found = []

    def walk(function, share, path):
        cost = whole.get(function, 0) * share
        if cost < least or len(path) > MAX_DEPTH:
            return
        path = path + [function]
        left = cost
        for callee, arc in calls.get(function, {}).items():
            if callee not in path:
                part = share * arc / max(1, whole.get(callee, 0))
                walk(callee, min(1.0, part), path)
                left -= arc * share
        if left > 0:
            found.append(([(name, kind_of_file(file_name))
                           for name, file_name in path], round(left)))

    for function in whole:
        if function not in called:
            walk(function, 1.0, [])
    return found


# ---- trees ----

def tree(stacks, root_name):
    """One tree of all stacks, without frames too narrow to be seen."""
    root = [root_name, "root", 0, {}]
    for frames, value in stacks:
        root[2] += value
        node = root
        for name, kind in frames[:MAX_DEPTH]:
            node = node[3].setdefault((name, kind), [name, kind, 0, {}])
            node[2] += value
    least = root[2] * LEAST_SHARE

    def close(node):
        children = sorted((c for c in node[3].values() if c[2] >= least),
                          key=lambda c: -c[2])
        return [node[0], node[1], node[2], [close(c) for c in children]]

    return close(root)


def functions(stacks, n_kept):
    """What each function has by itself and with callees, the dearest first."""
    own, whole, kinds = {}, {}, {}
    total = sum(value for _, value in stacks) or 1
    for frames, value in stacks:
        name, kind = frames[-1]
        own[name] = own.get(name, 0) + value
        for name, kind in set(frames):
            whole[name] = whole.get(name, 0) + value
            kinds[name] = kind
    names = sorted(own, key=lambda name: -own[name])[:n_kept]
    return [{"name": name, "kind": kinds[name], "own": own[name],
             "whole": whole[name], "own_share": own[name] / total,
             "whole_share": whole[name] / total} for name in names]
