"""Prints the table of compare-pytorch.sh from its raw results, one JSON object per line."""

import json
import statistics
import sys


def spread(values, places=2):
    middle = f"{statistics.median(values):.{places}f}"
    return middle if len(values) == 1 else f"{middle} ({min(values):.{places}f}–{max(values):.{places}f})"


BUILDS = {"ours": "", "onednn": ", OneDNN"}


def place_of(row):
    """Processor and level of instructions, which figures of earlier versions do not tell."""
    return row.get("processor", "unknown"), row.get("instruction_level", "unknown")


def table_row(case, build, pairs):
    """The row of one build of ours, beside PyTorch in the same turns."""
    pairs = [pair for pair in pairs if build in pair]
    ours = [pair[build] for pair in pairs]
    cells = [case + BUILDS[build], str(len(ours)), spread([row["step_seconds"] for row in ours], 3),
             spread([row["utilization"] for row in ours])]
    ratios = {}
    for pair in pairs:
        theirs = {who: pair[who]["step_seconds"] for who in ("eager", "compile") if who in pair}
        if theirs:
            theirs["faster"] = min(theirs.values())
            for who, seconds in theirs.items():
                ratios.setdefault(who, []).append(seconds / pair[build]["step_seconds"])
    cells += [spread(ratios[who]) if who in ratios else "–" for who in ("eager", "compile", "faster")]
    memory = statistics.median(row["peak_memory_bytes"] for row in ours)
    cells.append(f"{memory / 1e9:.2f}")
    eager = [pair["eager"] for pair in pairs if "eager" in pair]
    if eager:
        other = statistics.median(row["peak_memory_bytes"] for row in eager)
        states = 16 * eager[0]["parameters"]
        cells += [f"{other / 1e9:.2f}", f"{memory / other:.2f}", f"{(memory - states) / (other - states):.2f}"]
    else:
        cells += ["–"] * 3
    cells += place_of(ours[0])
    return "| " + " | ".join(cells) + " |"


def main():
    rows = [json.loads(line) for line in open(sys.argv[1], encoding="utf-8") if line.strip()]
    print("| case | pairs | s/step | utilization | eager ÷ ours | compile ÷ ours | faster ÷ ours | memory GB, ours | theirs | ours ÷ theirs |"
          " less 16 B/parameter | processor | level |")
    print("| --- " * 13 + "|")
    for case, *place in dict.fromkeys((row["case"], *place_of(row)) for row in rows):
        pairs = {}
        for row in rows:
            if (row["case"], *place_of(row)) == (case, *place):
                pairs.setdefault(row["pair"], {})[row["who"]] = row
        for build in BUILDS:
            if any(build in pair for pair in pairs.values()):
                print(table_row(case, build, pairs.values()))


main()
