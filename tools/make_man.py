#!/usr/bin/env python3
"""Turns a document of docs/ into a manual page.

Usage: make_man.py DOCUMENT.md PAGE.SECTION OUTPUT

Knows the Markdown that the documents use: headings, paragraphs, lists, tables,
blocks of code, and code, bold, italics and links within a line. Anything else
is text.
"""
import os
import re
import sys

PAGES = {"input.md": "wattle-input(7)", "formulas.md": "wattle-formulas(7)",
         "database.md": "wattle-database(7)", "sql.md": "wattle-tables(7)",
         "format.md": "wattle-format(5)"}


def escape(text):
    return text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq")


def link(match):
    """The text of a link, and where it leads if that is another page."""
    target = os.path.basename(match[2].split("#")[0])
    page = PAGES.get(target)
    if page is None:
        return match[1]
    return page if match[1] == target else f"{match[1]}, see {page}"


def inline(text):
    """A line with its fonts; code is kept from everything else."""
    text = re.sub(r"!?\[([^]]*)\]\(([^)]*)\)", link, text)
    parts = re.split(r"(\*\*.+?\*\*|`[^`]*`)", text)
    for i, part in enumerate(parts):
        if i % 2:
            bold = part.strip("*").replace("`", "") if part[0] == "*" else \
                part[1:-1]
            parts[i] = "\\fB" + escape(bold) + "\\fR"
            continue
        part = escape(part)
        parts[i] = re.sub(r"\*(\S(?:.*?\S)?)\*", r"\\fI\1\\fR", part)
    return "".join(parts)


def line_of(text):
    """A line of text: a dot at its start would be a request."""
    text = inline(text)
    return "\\&" + text if text[:1] in (".", "'") else text


def code(lines):
    return [".PP", ".nf", ".RS 4", *(("\\&" if line[:1] in (".", "'") else "")
                                     + escape(line) for line in lines),
            ".RE", ".fi"]


def cells(row):
    row = row.strip().strip("|")
    return [cell.strip().replace("\\|", "|")
            for cell in re.split(r"(?<!\\)\|", row)]


def table(rows):
    """A table for tbl; long columns wrap."""
    body = [cells(row) for row in rows[:1] + rows[2:]]
    n = max(len(row) for row in body)
    widths = [max(len(row[i]) if i < len(row) else 0 for row in body)
              for i in range(n)]
    layout = " ".join("lx" if width == max(widths) and width > 30 and
                      i == widths.index(max(widths)) else "l"
                      for i, width in enumerate(widths))
    out = [".PP", ".TS", layout + "."]
    if not any(body[0]):
        body = body[1:]
    for row in body:
        out.append("\t".join(f"T{{\n{line_of(cell)}\nT}}" if len(cell) > 20
                             else inline(cell) for cell in row))
    return out + [".TE"]


def convert(lines):
    out, at, paragraph = [], 0, []

    def flush():
        if paragraph:
            out.extend([".PP", *map(line_of, paragraph)])
            paragraph.clear()

    while at < len(lines):
        line = lines[at]
        if line.startswith("```"):
            flush()
            end = next(i for i in range(at + 1, len(lines))
                       if lines[i].startswith("```"))
            out += code(lines[at + 1:end])
            at = end
        elif line.startswith("    ") and not paragraph:
            end = at
            while end < len(lines) and (lines[end].startswith("    ") or
                                        not lines[end]):
                end += 1
            out += code([text[4:] for text in lines[at:end]])
            at = end - 1
        elif line.startswith("#"):
            flush()
            level, title = line.split(" ", 1)
            title = inline(title).replace('"', "\\(dq")
            out.append(f'.SH "{title.upper()}"' if len(level) == 2 else
                       f'.SS "{title}"')
        elif line.startswith("|"):
            flush()
            end = at
            while end < len(lines) and lines[end].startswith("|"):
                end += 1
            out += table(lines[at:end])
            at = end - 1
        elif re.match(r"(- |\d+\. )", line):
            flush()
            mark, text = line.split(" ", 1)
            out.append(".IP \\(bu 2" if mark == "-" else f".IP {mark} 4")
            out.append(line_of(text))
            while at + 1 < len(lines) and lines[at + 1].startswith("  "):
                at += 1
                out.append(line_of(lines[at].strip()))
        elif not line.strip():
            flush()
        else:
            paragraph.append(line)
        at += 1
    flush()
    return out


def main():
    document, page, output = sys.argv[1:]
    name, section = page.rsplit(".", 1)
    with open(document, encoding="utf-8") as file:
        lines = file.read().splitlines()
    title = lines[0].lstrip("# ")
    body = convert(lines[1:])
    body = [line for i, line in enumerate(body)  # a heading begins one itself
            if line != ".PP" or not i or body[i - 1][:3] not in (".SH", ".SS")]
    text = ["'\\\" t", f'.TH "{name.upper()}" "{section}" "" "wattle" ""',
            ".ad l", ".SH NAME", f"{name} \\- {escape(title.lower())}",
            ".SH DESCRIPTION", *body, ".SH SEE ALSO",
            ".BR wattle (1)"]
    with open(output, "w", encoding="utf-8") as file:
        file.write("\n".join(text) + "\n")


if __name__ == "__main__":
    main()
