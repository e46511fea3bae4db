"""Puts template, style, scripts and data into one file."""

import json
import os

HERE = os.path.dirname(os.path.abspath(__file__))
SCRIPTS = ["dom.js", "flame.js", "timeline.js", "charts.js", "main.js"]


def part(name):
    with open(os.path.join(HERE, name), encoding="utf-8") as file:
        return file.read()


def write(found, file_name):
    """The page about a profile; no part of it comes from elsewhere."""
    scripts = "\n".join(part(name) for name in SCRIPTS)
    data = json.dumps(found, separators=(",", ":")).replace("<", "\\u003c")
    text = part("page.html")
    for mark, content in [("/*STYLE*/", part("page.css")),
                          ("/*SCRIPT*/", f'(() => {{\n"use strict";\n'
                                         f"{scripts}\n}})();"),
                          ("/*DATA*/", data)]:
        before, after = text.split(mark)
        text = before + content + after
    with open(file_name, "w", encoding="utf-8") as file:
        file.write(text)
