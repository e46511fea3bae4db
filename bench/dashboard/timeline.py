"""A trace of wattle, as small as the page needs it."""

STAGES = ["open", "read", "split", "decode", "look up", "totals", "merge",
          "make", "pack", "write", "print"]


def from_trace(trace):
    """Threads with their stages ([begin, duration, stage] end to end, in us)
    and spans ([begin, duration, name]); memory as [us, bytes]."""
    threads = {}
    for event in trace["traceEvents"]:
        if event["name"] == "thread_name":
            threads[event["tid"]] = {"name": event["args"]["name"],
                                     "stages": [], "spans": []}
    memory, end_us = [], 0
    for event in trace["traceEvents"]:
        if event["ph"] == "C":
            memory.append([event["ts"], event["args"]["resident_bytes"]])
        if event["ph"] != "X":
            continue
        end_us = max(end_us, event["ts"] + event["dur"])
        thread = threads[event["tid"]]
        if event["cat"] == "stage" or event["name"] == "print":
            thread["stages"] += [round(event["ts"], 1),
                                 round(event["dur"], 1),
                                 STAGES.index(event["name"])]
        elif event["cat"] == "span":
            number = event.get("args", {}).get("number")
            name = event["name"] + (f" {number}" if number else "")
            thread["spans"].append([round(event["ts"], 1),
                                    round(event["dur"], 1), name])
    return {"stages": STAGES, "end_us": end_us, "memory": memory,
            "threads": [threads[tid] for tid in sorted(threads)],
            "joined_blocks": trace["otherData"]["joined_blocks"],
            "dropped_spans": trace["otherData"]["dropped_spans"]}
