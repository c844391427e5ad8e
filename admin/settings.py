"""Where the log and the broker are: flags over `SLACKWATER_*` over `slackwater.toml` over a dev house in `./.slackwater`."""

from pathlib import Path
from typing import Final

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

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
    """Settings from every source. Raises InvalidCommand for an option nobody knows or a file that is no TOML."""
    given = {name: value for name, value in (("log", log), ("kafka", kafka)) if value is not None}
    try:
        return Settings(**given)  # type: ignore[arg-type]
    except ValidationError as error:
        where = ", ".join(".".join(str(part) for part in item["loc"]) for item in error.errors())
        raise InvalidCommand(
            "bad_config", f"slackwater.toml: {where}", hint=f"known: {', '.join(Settings.model_fields)}"
        ) from None
    except ValueError as error:
        raise InvalidCommand("bad_config", f"slackwater.toml cannot be read: {error}") from None
