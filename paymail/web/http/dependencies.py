"""What a route asks for in its signature: the wired application that it serves."""

from typing import Annotated

from fastapi import Depends, Request

from paymail.services.access.asking import Asking
from paymail.wiring import App


async def current_app(request: Request) -> App:
    """Return the App that `create_app` was given, for this request: who asks is filled in when it is known.

    Async, since it waits for nothing a thread would.
    """
    app: App = request.app.state.paymail
    return app.asked_by(Asking())


AppDep = Annotated[App, Depends(current_app)]
