"""What comes out: a table, JSON, a picture.

results: {kind: {program: {column: [CPU seconds, ...]}}}. The first column is compared with each of the others: a ratio is the other's
seconds by its own, so that more is better; for the column "native" it is the other way round: how many times slower it is.

SPDX-License-Identifier: MIT
"""

import json
import math
import statistics
from xml.sax.saxutils import escape


NATIVE = "native"


def geometric_mean(values):
    return math.exp(statistics.fmean(math.log(value) for value in values)) if values else math.nan


def title(base, other):
    return f"{base}/{NATIVE}" if other == NATIVE else f"{other}/{base}"


def ratios(samples, base, other):
    """(ratio of the medians, least, most); least and most are of the runs next to each other."""
    above, below = (samples[base], samples[other]) if other == NATIVE else (samples[other], samples[base])
    pairs = [a / b for a, b in zip(above, below)]
    return statistics.median(above) / statistics.median(below), min(pairs), max(pairs)


def groups_of(programs, rows, base):
    """{group: names of programs that ran on `base`}, in the order of the programs."""
    groups = {}
    for program in programs:
        if base in rows.get(program.name, {}):
            groups.setdefault(program.group, []).append(program.name)
    return groups


def table(programs, results, columns):
    """Lines of text. columns: labels, the first is what the others are compared with."""
    base, *others = columns
    width = max([22, *(len(title(base, label)) + 2 for label in others)])
    lines = []
    for kind, rows in results.items():
        lines.append(f"{kind:22}{base + ' s':>12}" + "".join(f"{title(base, label):>{width}}" for label in others))
        for group, names in groups_of(programs, rows, base).items():
            for name in names:
                samples = rows[name]
                line = f"  {name:20}{statistics.median(samples[base]):12.3f}"
                for label in others:
                    text = "-"
                    if samples.get(label):
                        ratio, least, most = ratios(samples, base, label)
                        text = f"{ratio:.2f} ({least:.2f}-{most:.2f})"
                    line += f"{text:>{width}}"
                lines.append(line)
            line = f"{group:34}"
            for label in others:
                means = [ratios(rows[name], base, label)[0] for name in names if rows[name].get(label)]
                text = f"{geometric_mean(means):.2f}" if means else "-"
                line += f"{text:>{width}}"
            lines += [line, ""]
    return lines


def summary(programs, results, columns):
    """{kind: {group: {column: geometric mean of the ratios to the first column}}}"""
    base, *others = columns
    return {kind: {group: {label: geometric_mean([ratios(rows[name], base, label)[0] for name in names if rows[name].get(label)])
                           for label in others if any(rows[name].get(label) for name in names)}
                   for group, names in groups_of(programs, rows, base).items()}
            for kind, rows in results.items()}


def write_json(path, programs, results, columns, facts):
    with open(path, "w", encoding="utf-8") as f:
        json.dump({**facts, "columns": columns, "seconds": results, "geometric_means": summary(programs, results, columns)}, f,
                  indent=1)
        f.write("\n")


COLOURS = ("#1f6fb4", "#e0862d", "#4a9d5b", "#a04ba8", "#8a8a8a")
LEFT, BAR, ROW, SCALE, LEAST = 150, 10, 5, 150, 0.3  # pixels; SCALE: for a factor of ten, from LEAST on


def picture(programs, results, columns):
    """SVG: a bar for each program and column, on a logarithmic scale."""
    base, *others = columns
    parts, y = [], 40

    def x_of(ratio):
        return LEFT + SCALE * math.log10(min(max(ratio, LEAST), 300) / LEAST)

    def text(x, at, words, more=""):
        parts.append(f'<text x="{x:.0f}" y="{at:.0f}" {more}>{escape(words)}</text>')

    for n, label in enumerate(others):
        parts.append(f'<rect x="{LEFT + 170 * n}" y="12" width="10" height="10" fill="{COLOURS[n % len(COLOURS)]}"/>')
        text(LEFT + 170 * n + 15, 21, title(base, label))
    for kind, rows in results.items():
        for group, names in groups_of(programs, rows, base).items():
            y += 16
            text(8, y, f"{group} ({kind})", 'font-weight="bold"')
            y += 6
            for name in names:
                text(16, y + BAR - 1, name)
                for n, label in enumerate(others):
                    if rows[name].get(label):
                        ratio, least, most = ratios(rows[name], base, label)
                        start, end = sorted((x_of(1), x_of(ratio)))
                        parts.append(f'<rect x="{start:.1f}" y="{y}" width="{end - start:.1f}" height="{BAR}" '
                                     f'fill="{COLOURS[n % len(COLOURS)]}"/>')
                        parts.append(f'<path d="M{x_of(least):.1f} {y + BAR / 2}H{x_of(most):.1f}" stroke="black"/>')
                        text(x_of(300) + 8, y + BAR - 1, f"{ratio:.2f}")
                    y += BAR + 1
                y += ROW
    grid = []
    for ratio in (0.5, 1, 2, 5, 10, 20, 50, 100):
        x = x_of(ratio)
        grid.append(f'<path d="M{x:.1f} 36V{y}" stroke="{"#444" if ratio == 1 else "#ddd"}"/>')
        grid.append(f'<text x="{x:.0f}" y="34" text-anchor="middle" fill="#666">{ratio:g}</text>')
    width = x_of(300) + 60
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{y + 12}" '
            'font-family="sans-serif" font-size="10"><rect width="100%" height="100%" fill="white"/>'
            + "".join(grid) + "".join(parts) + "</svg>\n")
