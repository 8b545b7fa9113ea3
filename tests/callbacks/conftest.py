"""A small detector, the drawn faces as its data, and trainers that keep quiet."""

import json
from collections.abc import Callable, Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

import pytest
import torch

from resgat.graph.grid import GridGraph
from resgat.lit.detector import DetectorModule
from resgat.lit.schedules import constant
from resgat.losses.classification import BceLoss
from resgat.models.additive_head import AdditiveHead
from resgat.models.resgat import ResGAT
from resgat.models.trunk import ResNetTrunk


@pytest.fixture
def make_module() -> Callable[..., DetectorModule]:
    """Build a small ResGAT's module; keywords replace its parts."""

    def make(**parts: Any) -> DetectorModule:
        torch.manual_seed(0)
        head = partial(AdditiveHead, level="layer1", pool=1, value_levels=("layer1",))
        settings: dict[str, Any] = {
            "net": ResGAT(ResNetTrunk("resnet18", last="layer1"), GridGraph(8), head),
            "loss": BceLoss(),
            "optimizer": partial(torch.optim.SGD, lr=0.01),
            "schedule": constant,
            "seed": 0,
            "facts": {"thresholds": {"frame": None}, "reference": torch.zeros(64)},
        }
        return DetectorModule(**{**settings, **parts})

    return make


_BUCKET = {
    "id": "UnVuOjE=",
    "name": "run",
    "displayName": "run",
    "description": None,
    "config": "{}",
    "sweepName": None,
    "historyLineCount": 0,
    "project": {"id": "UHI=", "name": "resgat", "entity": {"id": "RW50", "name": "me"}},
}
_ANSWERS = {
    "upsertBucket": {"upsertBucket": {"bucket": _BUCKET, "inserted": True}},
    "serverInfo": {"serverInfo": {"features": []}},
}


class Service(ThreadingHTTPServer):
    """Answers until a run has sent its first numbers, and 503 ever after."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.has_begun = Event()
        self.is_down = Event()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: Service

    def log_message(self, *_: Any) -> None:
        """Keep quiet."""

    def do_POST(self) -> None:
        """Answer one request."""
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.server.is_down.is_set():
            self.send_error(503)
            return
        if self.path.endswith("/file_stream"):
            self.server.is_down.set()
        found: Any = {}
        if self.path == "/graphql":
            query = json.loads(body)["query"]
            if "upsertBucket" in query:
                self.server.has_begun.set()
            found = {"data": next((a for key, a in _ANSWERS.items() if key in query), {})}
        answer = json.dumps(found).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)


@pytest.fixture
def wandb_service() -> Iterator[Service]:
    """A W&B service on this machine: enough of it to begin a run, and then it goes away."""
    with Service() as service:
        thread = Thread(target=service.serve_forever, daemon=True)
        thread.start()
        yield service
        service.shutdown()
        thread.join()
