"""How many bounce reports of a folder are read, and judged as somebody else judges them, by mail server.

`python -m benchmarks.bounce_reports FOLDER [EXPECTED]`. FOLDER holds one report a file, named
`<server>-<number>.eml`, as `maildir/bsd` of the public collection github.com/sisimai/set-of-emails does.
EXPECTED is the folder of Sisimai's own tests (`t` of github.com/sisimai/p5-sisimai), which say of each
report whether its address is at fault. `--list` names the files that differ.
"""

import re
import sys
from collections import Counter, defaultdict
from pathlib import Path

from paymail.services.bounces import Kind, parse

_ENGINE = re.compile(r"^my \$enginename = '([\w-]+)'", re.MULTILINE)
_CASE = re.compile(r"^ +'(\d\d)' => (.*?)\],?\s*$(?=\n +'|\n\})", re.MULTILINE | re.DOTALL)
_ENTRY = re.compile(r"\[ *'([\d.]*)' *, *'(\d*)' *, *'(\w+)' *, *([01])")
_NO_BOUNCE = {"vacation", "feedback"}


def expectations(folder: Path) -> dict[str, list[tuple[str, bool]]]:
    """Return, by the name of a file, why each of its recipients failed and whether it is their address."""
    found: dict[str, list[tuple[str, bool]]] = {}
    for file in folder.glob("*.t"):
        text = file.read_text(encoding="utf-8", errors="replace")
        if engine := _ENGINE.search(text):
            kind = file.name[4:].partition("-")[0]
            prefix = engine[1].lower() if kind in ("rfc3464.t", "rfc3834.t", "arf.t") else ""
            for number, entries in _CASE.findall(text):
                name = f"{prefix or f'{kind}-{engine[1].lower()}'}-{number}.eml"
                found[name] = [(e[2], e[3] == "1") for e in _ENTRY.findall(entries)]
    return found


def measure(file: Path, expected: list[tuple[str, bool]] | None) -> tuple[Counter[str], str]:
    """Return what is counted for one report, and in words what differs."""
    findings = parse(file.read_bytes()).findings
    counts = Counter({"files": 1, "read": bool(findings)})
    counts.update(finding.kind for finding in findings[:1])
    condemned = any(finding.bad_address for finding in findings)
    said = findings[0].kind if findings else "nothing"
    words = f"{said} {findings[0].status} {findings[0].detail}" if findings else "nothing read"
    if expected is None:
        return counts, "" if findings else words
    reasons = {reason for reason, _ in expected}
    if reasons <= _NO_BOUNCE:
        wrong = any(finding.kind is Kind.HARD for finding in findings)
        counts.update(no_bounce=1, taken_for_one=wrong)
        return counts, words if wrong else ""
    theirs = any(hard for _, hard in expected)
    same = bool(findings) and theirs == condemned
    counts.update(judged=1, same=same, too_hard=condemned and not theirs, too_soft=theirs and not condemned)
    return counts, "" if same else f"{'/'.join(sorted(reasons))}, address {theirs}; here {condemned}: {words}"


def main(arguments: list[str]) -> None:
    """Print a table by server, and with `--list` what differs."""
    folders = [Path(argument) for argument in arguments if argument != "--list"]
    expected = expectations(folders[1]) if len(folders) > 1 else {}
    table: dict[str, Counter[str]] = defaultdict(Counter)
    for file in sorted(folders[0].glob("*.eml")):
        counts, differs = measure(file, expected.get(file.name))
        for row in (file.stem.rpartition("-")[0], "all"):
            table[row].update(counts)
        if differs and "--list" in arguments:
            print(f"{file.name}: {differs}")
    columns = ("files", "read", "judged", "same", "too_hard", "too_soft", "no_bounce", "taken_for_one")
    print("| Server |", " | ".join(columns), "|")
    print("|---|" + "---|" * len(columns))
    for server in sorted(table, key=lambda name: (name == "all", name)):
        print(f"| {server} |", " | ".join(str(int(table[server][column])) for column in columns), "|")


if __name__ == "__main__":
    main(sys.argv[1:])
