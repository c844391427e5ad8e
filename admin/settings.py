"""Where the log and the broker are: flags over `SLACKWATER_*` over `slackwater.toml` over a dev house in `./.slackwater`."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from pydantic import Field, ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
    TomlConfigSettingsSource,
)

from slackwater.streams.kafka_connection import BadKafkaSettings, KafkaConnection

from .errors import InvalidCommand, Unavailable

DEV_HOUSE: Final = Path(".slackwater")
DEV_FILE: Final = DEV_HOUSE / "house.toml"


class Settings(BaseSettings):
    """What every process of one control plane is told. `docs/reference/settings.md` is made from this."""

    model_config = SettingsConfigDict(env_prefix="SLACKWATER_", extra="forbid")

    log: str | None = Field(default=None, repr=False)
    """URL of the event log: `sqlite:///path` or `postgresql://user:password@host/database`."""
    kafka: str | None = None
    """Bootstrap servers, `host:port`, several with commas between."""
    prefix: str = Field(default="slackwater", pattern=r"^[A-Za-z0-9._-]{1,100}$")
    """Begins the names of control topics, consumer groups and transactional ids: one for each control plane on a cluster."""
    kafka_settings: dict[str, str] = Field(default_factory=dict, repr=False)
    """librdkafka's, for every client (`security.protocol`, `sasl.*`, `ssl.*`, …). What a pause rests on is refused."""
    session_timeout_s: float = Field(default=10.0, ge=2, le=300)
    """A worker silent for so many seconds loses its partitions to others. The broker must allow it."""
    vigil_interval_s: float = Field(default=10.0, ge=1, le=3600)
    """So many seconds apart one worker looks at what happens to the inputs of jobs."""
    metrics_port: int = Field(default=0, ge=0, le=65535)
    """Where a worker serves `/metrics` and its probes; 0: nowhere."""
    metrics_host: str = "0.0.0.0"
    """The address of that port."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Strongest first."""
        files = [TomlConfigSettingsSource(settings_cls, path) for path in (Path("slackwater.toml"), DEV_FILE)]
        return (init_settings, env_settings, *files)

    def need_log(self) -> str:
        """The log's URL. Raises Unavailable with what to do if there is none."""
        if self.log is None:
            hint = "set SLACKWATER_LOG or --log (sqlite:///path or postgresql://…), or run `slackwater dev` here"
            raise Unavailable("no_log", "no event log is configured", hint=hint)
        return self.log

    def connection(self) -> KafkaConnection | None:
        """How to reach Kafka; None if none is configured. Raises InvalidCommand for settings that cannot be used."""
        if self.kafka is None:
            return None
        try:
            return KafkaConnection(self.kafka, self.kafka_settings, self.session_timeout_s, self.prefix)
        except BadKafkaSettings as error:
            raise InvalidCommand(error.code, str(error), hint=error.hint) from None

    def need_connection(self) -> KafkaConnection:
        """How to reach Kafka. Raises Unavailable with what to do if none is configured."""
        connection = self.connection()
        if connection is None:
            hint = "set SLACKWATER_KAFKA or --kafka (host:port), or run `slackwater dev` here"
            raise Unavailable("no_broker", "no Kafka is configured", hint=hint)
        return connection


def load_settings(log: str | None = None, kafka: str | None = None) -> Settings:
    """Settings from every source. Raises InvalidCommand for an option nobody knows, one that cannot be, or no TOML."""
    given = {name: value for name, value in (("log", log), ("kafka", kafka)) if value is not None}
    try:
        return Settings(**given)  # type: ignore[arg-type]
    except ValidationError as error:
        known = f"known: {', '.join(Settings.model_fields)}"
        wrong = [(str(item["loc"][0]), item) for item in error.errors()]
        said = "; ".join(f"{'.'.join([_place_of(name), *map(str, item['loc'][1:])])}: {item['msg']}" for name, item in wrong)
        raise InvalidCommand("bad_config", said, hint=_hint(name for name, _ in wrong) or known) from None
    except SettingsError as error:
        name = next((name for name in Settings.model_fields if f'"{name}"' in str(error)), "")
        said = f"{_place_of(name)}: no JSON: {error.__cause__}"
        raise InvalidCommand("bad_config", said, hint=_hint([name])) from None
    except ValueError as error:
        raise InvalidCommand("bad_config", f"slackwater.toml cannot be read: {error}") from None


def _variable(name: str) -> str | None:
    """The variable of the environment that says this setting, if one does."""
    return next((found for found in os.environ if found.upper() == f"SLACKWATER_{name.upper()}"), None)


def _place_of(name: str) -> str:
    return _variable(name) or f"slackwater.toml: {name}"


def _hint(names: Iterable[str]) -> str | None:
    variables = [variable for name in names if (variable := _variable(name))]
    return f"mend or unset {', '.join(variables)}; what it may be: docs/reference/settings.md" if variables else None
