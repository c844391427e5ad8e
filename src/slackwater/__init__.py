"""Slackwater: streaming SQL jobs on Kafka that an operator can hold still and let go, with proof.

`from slackwater import Admin, AsyncAdmin` is where programs begin; `slackwater --help` is where people do.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from slackwater.admin.api import Admin
    from slackwater.admin.async_api import AsyncAdmin
    from slackwater.admin.job_views import JobDetails, JobMetrics, JobStatus, KafkaJobState
    from slackwater.core.life import PauseEvent

__version__ = "0.1.0"
__all__ = ["Admin", "AsyncAdmin", "JobDetails", "JobMetrics", "JobStatus", "KafkaJobState", "PauseEvent"]

_HOMES = {
    "Admin": "admin.api",
    "AsyncAdmin": "admin.async_api",
    "JobDetails": "admin.job_views",
    "JobMetrics": "admin.job_views",
    "JobStatus": "admin.job_views",
    "KafkaJobState": "admin.job_views",
    "PauseEvent": "core.life",
}


def __getattr__(name: str) -> Any:
    """Loaded on first use: `slackwater --help` must not wait for a database driver."""
    from importlib import import_module

    if name not in _HOMES:
        raise AttributeError(f"module 'slackwater' has no attribute {name!r}")
    return getattr(import_module(f"slackwater.{_HOMES[name]}"), name)
