"""The whole server as one ASGI app: routes, errors, and the guard before them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException as StarletteHTTPException

from slackwater import __version__
from slackwater.persistence.errors import StoreError

from ..desk import translated
from ..errors import SlackwaterError
from . import (
    asks,
    audit,
    batches,
    bulk,
    commands,
    events,
    job_page,
    jobs,
    pages,
    past,
    policy,
    policy_pages,
    probes,
    questions,
    sign_in,
)
from .context import Web
from .guard import Guard, is_for_programs
from .problems import Problem, WebError, problem
from .templates import STATIC, error_page, prepare

_HINTS: Final = {"no_such_page": "pages begin at /; what the API can be asked is in /openapi.json"}
_CODES: Final = {404: "no_such_page", 405: "method_not_allowed", 413: "too_large"}
_ROUTERS: Final = (
    commands,
    batches,
    policy,
    jobs,
    events,
    past,
    questions,
    probes,
    sign_in,
    audit,
    bulk,
    policy_pages,
    pages,
    job_page,
    asks,
)
"""The order counts: pages of one job come last, for their paths are the widest."""


def make_app(web: Web) -> FastAPI:
    """Reads and commands go to `web`'s log; what runs beside requests lives as long as the app's lifespan."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        # What is made on first use, routes among it, is made now: the first reader waits no longer than the next.
        app.openapi()
        prepare()
        web.tail.start()
        web.observer.start()
        yield
        web.observer.stop()
        await web.tail.stop()

    app = FastAPI(
        title="Slackwater",
        version=__version__,
        description="Streaming SQL jobs that an operator can hold still and let go, with proof.",
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        generate_unique_id_function=lambda route: route.name,
    )
    app.state.web = web
    app.state.readers = events.Readers()
    app.state.send_timeout_s = events.SEND_TIMEOUT_S
    for module in _ROUTERS:
        app.include_router(module.router)
    app.mount("/static", StaticFiles(directory=STATIC))
    app.add_middleware(Guard, settings=web.settings, callers=web.callers, error_page=error_page)
    for kind in (SlackwaterError, StoreError, StarletteHTTPException, RequestValidationError):
        app.add_exception_handler(kind, _answer)
    app.openapi = lambda: _document(app)  # type: ignore[method-assign]
    return app


def _answer(request: Request, error: Exception) -> Response:
    ours = _ours(error)
    answer = problem(ours) if is_for_programs(request) else error_page(request, ours)
    # Of a method that is none here: the Allow header with those that are.
    answer.headers.update(getattr(error, "headers", None) or {})
    return answer


def _ours(error: Exception) -> SlackwaterError:
    match error:
        case SlackwaterError():
            return error
        case StoreError():
            try:
                with translated():
                    raise error
            except SlackwaterError as found:
                return found
        case HTTPException() | StarletteHTTPException():
            code = _CODES.get(error.status_code, "bad_request")
            return WebError(code, str(error.detail), status=error.status_code, hint=_HINTS.get(code))
        case RequestValidationError():
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"][1:])
            return WebError("bad_request", f"{where[:100]}: {first['msg']}")
        case _:
            raise error


def _document(app: FastAPI) -> dict[str, Any]:
    """OpenAPI, made from the types once."""
    if app.openapi_schema is None:
        made = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
        parts = made["components"]
        parts["schemas"]["Problem"] = Problem.model_json_schema()
        parts["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
        if app.state.web.callers.need_token:
            made["security"] = [{"token": []}]
        app.openapi_schema = made
    return app.openapi_schema
