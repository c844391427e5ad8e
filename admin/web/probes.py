"""For machines that watch over this one: is it alive, can it answer, what does it count."""

from typing import Any

from fastapi import APIRouter, Request, Response

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


_TEXT: dict[int | str, dict[str, Any]] = {200: {"content": {"text/plain": {"schema": {"type": "string"}}}}}


@router.get("/metrics", response_class=Response, responses=_TEXT)
def metrics() -> Response:
    """What this process counts, as Prometheus reads it."""
    from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
