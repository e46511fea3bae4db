#!/usr/bin/env python3
"""Takes a picture of the profile page.

    make profile-screenshot
    python3 bench/picture_dashboard.py --dark --width 390 --out narrow.png
"""

import argparse
import os
import sys
import tempfile

from dashboard import browser


def main():
    parser = argparse.ArgumentParser(
        description="Take a picture of the profile page.")
    parser.add_argument("--page", default="build/profile/index.html",
                        metavar="FILE")
    parser.add_argument("--out", default="docs/images/profile.png",
                        metavar="FILE")
    parser.add_argument("--width", type=int, default=1280, metavar="PIXELS")
    parser.add_argument("--height", type=int, metavar="PIXELS",
                        help="cut below this (default: the whole page)")
    parser.add_argument("--dark", action="store_true")
    options = parser.parse_args()
    why = browser.missing()
    if why:
        sys.exit(f"picture_dashboard: {why}; needed: {browser.PACKAGES}")
    page = os.path.abspath(options.page)
    if not os.path.exists(page):
        sys.exit(f"picture_dashboard: {options.page} is not there; "
                 "make profile writes it")
    os.makedirs(os.path.dirname(os.path.abspath(options.out)), exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, \
            browser.opened(options.width, 900, folder) as driver:
        browser.set_size(driver, options.width, 900)
        browser.set_colours(driver, "dark" if options.dark else "light")
        driver.get("file://" + page)
        browser.picture(driver, options.out, options.height)
    print(f"{options.out} ({os.path.getsize(options.out) / 1e3:.0f} kB)")


if __name__ == "__main__":
    main()
