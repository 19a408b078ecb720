"""`paymail web`."""

from typing import Annotated

import typer
import uvicorn

# Now, and not while the first customer waits for a PDF.
import paymail.render.printer  # noqa: F401
from paymail.cli import parent_watch, ports, start_line
from paymail.cli.context import exits, open_app
from paymail.web.app import create_app


@exits
def web(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8025,
) -> None:
    """Serve the pay pages, the API and the staff pages."""
    parent_watch.hold_on()
    ports.refuse_taken(host, port)
    app = open_app()
    start_line.say("web", app.settings)
    # No access log: its lines are the addresses asked for, and those hold the pay tokens.
    uvicorn.run(
        create_app(app),
        host=host,
        port=port,
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=bool(app.settings.trusted_proxies),
        forwarded_allow_ips=app.settings.trusted_proxies or None,
    )
