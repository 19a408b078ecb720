"""`python -m paymail`."""

import os

from paymail.cli import cli


def main() -> None:
    """Run the command line. What it writes is for its own user, whatever the umask: it holds secrets."""
    os.umask(0o077)
    cli()


if __name__ == "__main__":
    main()
