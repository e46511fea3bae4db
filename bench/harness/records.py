"""Results as JSON with one record a line: short enough to read, and a change
of one figure is a change of one line."""
import json

WIDTH = 240  # values up to this length are one line


def _lines(value, indent, out):
    """Appends the text of a value; its first line stands where we are."""
    text = json.dumps(value)
    if len(text) <= WIDTH or not isinstance(value, (dict, list)):
        out.append(text)
        return
    is_dict = isinstance(value, dict)
    out.append("{\n" if is_dict else "[\n")
    items = list(value.items() if is_dict else value)
    for i, item in enumerate(items):
        out.append(" " * (indent + 1))
        if is_dict:
            out.append(json.dumps(item[0]) + ": ")
            item = item[1]
        _lines(item, indent + 1, out)
        out.append(",\n" if i + 1 < len(items) else "\n")
    out.append(" " * indent + ("}" if is_dict else "]"))


def dump(results, file):
    out = []
    _lines(results, 0, out)
    file.write("".join(out) + "\n")
