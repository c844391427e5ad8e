"""For machines: is it alive, can it answer, what is spoken on the topics. Metrics are the workers'."""

from importlib.resources import files
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


@router.get("/asyncapi.json", include_in_schema=False)
def asyncapi() -> Response:
    """The control topics' document, as it is in the wheel."""
    return Response(files("slackwater.admin").joinpath("asyncapi.json").read_bytes(), media_type="application/json")
