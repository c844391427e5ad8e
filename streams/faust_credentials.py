"""The connection's security settings, as Faust takes them: librdkafka's names are the ones people configure."""

import ssl
from collections.abc import Mapping
from typing import Final

import faust
from faust.types.auth import CredentialsT

from .kafka_connection import BadKafkaSettings

_SECURE: Final = frozenset({"SSL", "SASL_SSL"})


def faust_credentials(settings: Mapping[str, str]) -> CredentialsT | None:
    """Credentials for the control agent's client; None for a broker without security.

    Raises BadKafkaSettings for a mechanism or protocol that Faust does not speak.
    """
    protocol = settings.get("security.protocol", "PLAINTEXT").upper()
    if protocol == "PLAINTEXT":
        return None
    if protocol == "SSL":
        return faust.SSLCredentials(_context(settings))
    if protocol not in {"SASL_PLAINTEXT", "SASL_SSL"}:
        raise _unknown("security.protocol", protocol, "PLAINTEXT, SSL, SASL_PLAINTEXT, SASL_SSL")
    mechanism = settings.get("sasl.mechanism") or settings.get("sasl.mechanisms") or "GSSAPI"
    if mechanism not in {"PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"}:
        raise _unknown("sasl.mechanism", mechanism, "PLAIN, SCRAM-SHA-256, SCRAM-SHA-512")
    return faust.SASLCredentials(
        mechanism=mechanism,
        username=settings.get("sasl.username"),
        password=settings.get("sasl.password"),
        ssl_context=_context(settings) if protocol in _SECURE else None,
    )


def _context(settings: Mapping[str, str]) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=settings.get("ssl.ca.location"), cadata=settings.get("ssl.ca.pem"))
        if "ssl.certificate.location" in settings:
            key = settings.get("ssl.key.location")
            context.load_cert_chain(settings["ssl.certificate.location"], key, settings.get("ssl.key.password"))
    except (OSError, ssl.SSLError) as error:
        raise BadKafkaSettings("bad_certificate", f"ssl.*: {error}", "look at the paths in kafka_settings") from None
    if settings.get("ssl.endpoint.identification.algorithm", "https") == "none":
        context.check_hostname = False
    if settings.get("enable.ssl.certificate.verification", "true") == "false":
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _unknown(name: str, value: str, known: str) -> BadKafkaSettings:
    return BadKafkaSettings(
        "unsupported_setting", f"{name} = {value}: the control agent does not speak it", f"known: {known}"
    )
