"""A headless Chromium, for the page's test and its picture.

Needs the Debian packages chromium, chromium-driver and python3-selenium.
"""

import base64
import contextlib
import os
import shutil

PACKAGES = "chromium, chromium-driver, python3-selenium"


def missing():
    """What is not installed, as words; None when all is there."""
    try:
        import selenium  # noqa: F401
    except ImportError:
        return "python3-selenium is not installed"
    for name in ("chromium", "chromedriver"):
        if not shutil.which(name):
            return f"{name} is not installed"
    return None


@contextlib.contextmanager
def opened(width, height, folder):
    """A browser with a window of this size; its profile goes to a folder."""
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium")
    for word in ("--headless=new", "--disable-gpu", "--disable-dev-shm-usage",
                 "--hide-scrollbars", "--force-device-scale-factor=1",
                 "--disable-background-networking", "--no-first-run",
                 f"--user-data-dir={os.path.join(folder, 'chromium')}",
                 f"--window-size={width},{height}"):
        options.add_argument(word)
    # Chromium's sandbox works neither for root nor in many containers; what
    # is opened here is our own page.
    options.add_argument("--no-sandbox")
    options.set_capability("goog:loggingPrefs",
                           {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(
        options=options, service=Service(shutil.which("chromedriver"),
                                         log_path=os.devnull))
    try:
        yield driver
    finally:
        driver.quit()


def set_size(driver, width, height):
    """The size of the page's view, also below what a window can have."""
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
        "width": width, "height": height, "deviceScaleFactor": 1,
        "mobile": False})


def set_colours(driver, scheme):
    """Pretends that the system prefers "light" or "dark"."""
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [
        {"name": "prefers-color-scheme", "value": scheme},
        {"name": "prefers-reduced-motion", "value": "reduce"}]})


def picture(driver, file_name, height=None):
    """A PNG of the page from its top, of its whole height or less."""
    whole = driver.execute_script(
        "return document.documentElement.scrollHeight")
    width = driver.execute_script("return innerWidth")
    shot = driver.execute_cdp_cmd("Page.captureScreenshot", {
        "format": "png", "captureBeyondViewport": True,
        "clip": {"x": 0, "y": 0, "width": width, "scale": 1,
                 "height": min(whole, height or whole)}})
    with open(file_name, "wb") as file:
        file.write(base64.b64decode(shot["data"]))
