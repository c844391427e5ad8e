"""For machines that watch over this one: is it alive, can it answer. Metrics are the workers'."""

from typing import Any

from fastapi import APIRouter, Request

from slackwater import __version__

from ..desk import translated
from .context import web_of
from .problems import described

_OPEN: dict[str, Any] = {"security": []}
router = APIRouter(tags=["probes"], responses=described())


@router.get("/healthz", openapi_extra=_OPEN)
def healthz() -> dict[str, str]:
    """The process answers. Says nothing of the log, so that nobody restarts a server because a database is away."""
    return {"status": "ok", "version": __version__}


@router.get("/readyz", openapi_extra=_OPEN)
def readyz(request: Request) -> dict[str, Any]:
    """The log answers too; 503 with its problem if not. Kafka is not needed: `kafka` says whether it answers."""
    web = web_of(request)
    with translated():
        seq = web.store.head().seq
    return {"status": "ready", "seq": seq, "kafka": web.observer.answers}
