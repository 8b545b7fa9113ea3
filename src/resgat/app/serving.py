"""From a page to a server that answers on one address."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import socket
from collections.abc import AsyncIterator

import gradio as gr
import uvicorn
from fastapi import FastAPI
from starlette.middleware.trustedhost import TrustedHostMiddleware

from resgat.app.guard import UPLOADS, Guard
from resgat.app.intake import Intake
from resgat.app.memory import give_back
from resgat.app.page import MOUNTED
from resgat.app.upload import UploadRoute
from resgat.errors import ConfigError

_SWEEP_EVERY_S = 20.0
_LOOPBACK_NAMES = ["127.0.0.1", "localhost"]


def build_app(
    page: gr.Blocks, intake: Intake, *, max_mb: float, allowed_hosts: list[str]
) -> FastAPI:
    """Put the page behind the guard, with uploads going into the intake.

    Args:
        page: As built by :func:`~resgat.app.page.build_page`.
        intake: Where uploads lie.
        max_mb: How large one may be, in millions of bytes.
        allowed_hosts: Under which names it answers, as of :func:`own_names`.
    """

    @contextlib.asynccontextmanager
    async def sweeping(_: FastAPI) -> AsyncIterator[None]:
        task = asyncio.create_task(_sweep(intake))
        try:
            yield
        finally:
            task.cancel()

    app = FastAPI(lifespan=sweeping, docs_url=None, redoc_url=None, openapi_url=None)
    uploads = UploadRoute(intake)
    app.add_route(UPLOADS, uploads.answer, methods=["POST"])
    app.add_route(f"{UPLOADS}_progress", uploads.progress)
    gr.mount_gradio_app(app, page, path="/", **MOUNTED)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=allowed_hosts)
    app.add_middleware(Guard, max_mb=max_mb)
    return app


async def _sweep(intake: Intake) -> None:
    while True:
        await asyncio.sleep(_SWEEP_EVERY_S)
        await asyncio.to_thread(intake.sweep)
        await asyncio.to_thread(give_back)


def listen(host: str, port: int | None) -> socket.socket:
    """Open an address.

    Args:
        host: A name or an address of this machine.
        port: None takes a free one.

    Raises:
        ConfigError: It is not this machine's, or the port is taken.
    """
    try:
        family = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port or 0), family=family)
    except (OSError, OverflowError) as error:
        remedy = "leave out port for a free one" if port else "host=127.0.0.1 is this machine's own"
        msg = f"host={host} port={port}: cannot be served at ({error}); {remedy}"
        raise ConfigError(msg) from error


def address(listening: socket.socket) -> str:
    """Return what to type into a browser."""
    return f"http://{_host(listening)}:{listening.getsockname()[1]}/"


def own_names(listening: socket.socket) -> list[str]:
    """Return under which names a browser may ask for what is served at an address.

    What only this machine reaches has few names. Under another one a foreign page would reach it,
    whose host claims to be here. What others reach may have any name.
    """
    return [*_LOOPBACK_NAMES, _host(listening)] if is_loopback(listening) else ["*"]


def _host(listening: socket.socket) -> str:
    host: str = listening.getsockname()[0]
    return f"[{host}]" if ":" in host else host


def is_loopback(listening: socket.socket) -> bool:
    """Tell whether only this machine reaches an address."""
    return ipaddress.ip_address(listening.getsockname()[0]).is_loopback


def serve(app: FastAPI, listening: socket.socket) -> None:
    """Serve until the process is told to stop.

    Raises:
        KeyboardInterrupt: It was.
    """
    config = uvicorn.Config(
        app, log_level="warning", access_log=False, server_header=False, timeout_graceful_shutdown=2
    )
    uvicorn.Server(config).run(sockets=[listening])
