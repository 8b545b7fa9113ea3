"""The address that takes uploads, in the place of Gradio's own.

Gradio's keeps a file under the hash of its content, so that two people who send the same picture
share one file, and deleting it for the one takes it from the other; it has no bound on how many
files lie there, and none of them goes with its request.
"""

from __future__ import annotations

import asyncio
import shutil
from typing import BinaryIO

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from resgat.app.intake import MAX_AGE_S, Intake, UploadRefusedError


class UploadRoute:
    """Takes one file from a form; how large it may be is for the guard in front to say.

    Args:
        intake: Where it goes.
    """

    def __init__(self, intake: Intake) -> None:
        self._intake = intake

    async def answer(self, request: Request) -> Response:
        """Answer with the token of the upload, in a list, or with words that say why not."""
        try:
            async with asyncio.timeout(MAX_AGE_S):
                return JSONResponse([await self._token(request)])
        except UploadRefusedError as refused:
            return PlainTextResponse(str(refused), refused.status)
        except TimeoutError:
            return PlainTextResponse("the upload took too long; send a smaller file", 408)
        except ClientDisconnect:
            return Response(status_code=400)

    async def progress(self, _: Request) -> Response:
        """Tell the page, which asks beside every upload, that nobody counts its bytes."""
        return PlainTextResponse('data: {"msg": "done"}\n\n', media_type="text/event-stream")

    async def _token(self, request: Request) -> str:
        """Take a file that there is a place for; of another nothing is kept on its way."""
        try:
            token = self._intake.reserve()
        except UploadRefusedError:
            async for _ in request.stream():  # a browser that is interrupted shows no reason
                pass
            raise
        try:
            await self._receive(request, token)
        finally:
            self._intake.release(token)
        return token

    async def _receive(self, request: Request, token: str) -> None:
        try:
            # What the form holds on disk has no name there, and goes when it is closed.
            async with request.form(max_files=1, max_fields=1) as form:
                sent = form.get("files")
                if not isinstance(sent, UploadFile):
                    raise _no_file()
                await run_in_threadpool(self._keep, token, sent.filename or "", sent.file)
        except HTTPException as error:
            raise _no_file() from error

    def _keep(self, token: str, name: str, content: BinaryIO) -> None:
        upload = self._intake.open(token, name)
        try:
            with upload.path.open("wb") as file:
                shutil.copyfileobj(content, file)
                if not file.tell():
                    msg = "the file is empty (0 bytes); send it again"
                    raise UploadRefusedError(msg)
        except BaseException:
            self._intake.discard(upload)
            raise


def _no_file() -> UploadRefusedError:
    return UploadRefusedError("expected a form with one file in it, named files")
