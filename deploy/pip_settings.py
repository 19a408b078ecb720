"""Copies how this machine reaches its package index into a folder: pip.conf, and the certificates it names.

`python3 deploy/pip_settings.py FOLDER`. The build sees the folder as /mnt; the image does not have it.
"""

import ast
import configparser
import shutil
import subprocess
import sys
from pathlib import Path

# Of pip's options those about the network; others, such as constraints, name files that the build lacks.
WANTED = {"index-url", "extra-index-url", "trusted-host", "proxy", "cert", "timeout", "default-timeout"}


def pip_options() -> dict[str, str]:
    """Return what pip's files and variables set, by option; a variable goes before a file."""
    command = [sys.executable, "-m", "pip", "config", "list"]
    listed = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    pairs = (line.split("=", 1) for line in listed.splitlines() if "=" in line)
    found = [
        (name.startswith(":env:"), name.rpartition(".")[2], ast.literal_eval(text)) for name, text in pairs
    ]
    return {option: str(value) for _from_variable, option, value in sorted(found) if option in WANTED}


def lend(options: dict[str, str], folder: Path) -> None:
    """Write the options as `pip.conf`, and copy the certificates."""
    if "cert" in options:
        shutil.copy(options["cert"], folder / "cert.pem")
        options["cert"] = "/mnt/cert.pem"
    addresses = options.get("extra-index-url", "").split()
    options["extra-index-url"] = " ".join(a for a in addresses if not a.startswith("file:"))
    config = configparser.RawConfigParser()
    config["global"] = {option: value for option, value in options.items() if value}
    with (folder / "pip.conf").open("w") as file:
        config.write(file)


if __name__ == "__main__":
    lend(pip_options(), Path(sys.argv[1]))
