"""`paymail web`."""

from typing import Annotated

import typer
import uvicorn
from fastapi import FastAPI

# Now, and not while the first customer waits for a PDF.
import paymail.render.printer  # noqa: F401
from paymail.cli import metrics_port, parent_watch, ports, start_line, traces
from paymail.cli.context import exits, open_app
from paymail.web.app import create_app
from paymail.web.http.connections import bound_connections, server_options


@exits
def web(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8025,
    workers: Annotated[int, typer.Option(min=1, help="Processes that serve.")] = 1,
) -> None:
    """Serve the pay pages, the API and the staff pages."""
    parent_watch.hold_on()
    ports.refuse_taken(host, port)
    app = open_app()
    start_line.say("web", app.settings)
    traces.send_if_wanted("web", app.settings)
    metrics_port.open_if_wanted("web", app.settings)
    bound_connections(app.settings)
    # No access log: its lines are the addresses asked for, and those hold the pay tokens.
    uvicorn.run(
        "paymail.cli.web:serving" if workers > 1 else create_app(app),
        factory=workers > 1,
        workers=workers,
        host=host,
        port=port,
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=bool(app.settings.trusted_proxies),
        forwarded_allow_ips=app.settings.trusted_proxies or None,
        **server_options(app.settings),
    )


def serving() -> FastAPI:
    """Return the application of one process of several; the first of them has checked that it can be made."""
    parent_watch.hold_on()
    app = open_app(migrate=False)
    traces.send_if_wanted("web", app.settings)
    bound_connections(app.settings)
    return create_app(app)
