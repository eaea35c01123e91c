#!/usr/bin/env python3
"""The colours of the reports: text of each tone on each ground that it stands on has a contrast of at
least 4.5 to 1 (WCAG 2.1, 1.4.3), in the light and in the dark page. Ends with 1 if one has not."""
import pathlib
import re
import sys

CSS = pathlib.Path(__file__).resolve().parents[2] / "reports/assets/page.css"
LEAST = 4.5
GROUNDS = ["page", "paper", "soft"]
INKS = {
    "ink": GROUNDS + ["tls-soft", "warn-soft", "fail-soft"],
    "quiet": GROUNDS + ["tls-soft", "warn-soft", "fail-soft"],
    "link": GROUNDS,
    "pass": GROUNDS + ["pass-soft", "tls-soft"],
    "fail": GROUNDS + ["fail-soft", "tls-soft"],
    "warn": GROUNDS + ["warn-soft", "tls-soft"],
    "stop": GROUNDS + ["stop-soft"],
    "tls": GROUNDS + ["tls-soft"],
}


def luminance(colour):
    digits = colour if len(colour) == 6 else "".join(2 * digit for digit in colour)
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in (int(digits[i:i + 2], 16) / 255 for i in (0, 2, 4)))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def main():
    breaches = 0
    palettes = [block for block in re.findall(r"color-scheme: \w+;[^}]*", CSS.read_text()) if "--ink" in block]
    if len(palettes) != 3:
        sys.exit(f"{CSS}: {len(palettes)} sets of colours; light, dark and dark by the browser's wish are expected")
    for number, palette in enumerate(palettes):
        colours = dict(re.findall(r"--([a-z-]+): #([0-9a-f]{3,6});", palette))
        for ink, grounds in INKS.items():
            for ground in grounds:
                found = contrast(colours[ink], colours[ground])
                if found < LEAST:
                    print(f"reports/assets/page.css: colours {number + 1}: --{ink} on --{ground} has a contrast of "
                          f"{found:.2f}; at least {LEAST} is needed")
                    breaches += 1
    return 1 if breaches else 0


if __name__ == "__main__":
    sys.exit(main())
