"""The sandbox as an ASGI application."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.routing import Route

from paymail.sandbox.config import SandboxConfig
from paymail.sandbox.control import control_routes
from paymail.sandbox.gate import Gate
from paymail.sandbox.pages import page_routes
from paymail.sandbox.sandbox import Sandbox

_BECS_TICK_S = 0.2


def create_app(config: SandboxConfig) -> Starlette:
    """Build the application; webhooks are sent while it is started."""
    sandbox = Sandbox(config)
    gate = Gate(sandbox)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        await run_in_threadpool(sandbox.webhooks.start)
        async with anyio.create_task_group() as tasks:
            if config.becs_delay_s is not None:
                tasks.start_soon(_settle_in_time, sandbox, config.becs_delay_s)
            yield
            tasks.cancel_scope.cancel()
        await run_in_threadpool(sandbox.webhooks.stop)
        sandbox.store.close()

    api = Route("/v1/{path:path}", gate.answer, methods=["GET", "POST", "DELETE", "OPTIONS"])
    return Starlette(routes=[api, *control_routes(sandbox), *page_routes(sandbox)], lifespan=lifespan)


async def _settle_in_time(sandbox: Sandbox, delay_s: float) -> None:
    while True:
        await run_in_threadpool(sandbox.advance, None, delay_s)
        await anyio.sleep(_BECS_TICK_S)
