"""Kafka settings: what may not be changed, what is not safe, and how Faust gets to know them."""

import ssl
from pathlib import Path

import faust
import pytest

from slackwater.streams.faust_credentials import faust_credentials
from slackwater.streams.kafka_connection import PROTECTED, BadKafkaSettings, KafkaConnection


@pytest.mark.parametrize("name", sorted(PROTECTED))
def test_protected_settings(name: str) -> None:
    """A setting on which a pause rests is refused in any case, never silently overruled."""
    with pytest.raises(BadKafkaSettings, match="decided by Slackwater") as refused:
        KafkaConnection("b:9092", {name.upper(): "x"})
    assert refused.value.code == "protected_setting"


def test_a_key_that_everyone_may_read(tmp_path: Path) -> None:
    """A private key readable by all is refused; one for owner or group is not."""
    key = tmp_path / "client.key"
    key.write_text("")
    key.chmod(0o640)
    KafkaConnection("b:9092", {"ssl.key.location": str(key)})
    key.chmod(0o644)
    with pytest.raises(BadKafkaSettings) as refused:
        KafkaConnection("b:9092", {"ssl.key.location": str(key)})
    assert (refused.value.code, refused.value.hint) == ("unsafe_key_file", "chmod 600 it")


def test_no_security_no_credentials() -> None:
    """A plain broker needs none."""
    assert faust_credentials({}) is None


def test_sasl() -> None:
    """SASL goes on as configured, with TLS where the protocol says so."""
    login = {"sasl.mechanism": "SCRAM-SHA-512", "sasl.username": "ana", "sasl.password": "p"}
    plain = faust_credentials({"security.protocol": "SASL_PLAINTEXT", **login})
    assert isinstance(plain, faust.SASLCredentials)
    assert (plain.mechanism.value, plain.username, plain.ssl_context) == ("SCRAM-SHA-512", "ana", None)
    secure = faust_credentials({"security.protocol": "sasl_ssl", "enable.ssl.certificate.verification": "false", **login})
    assert isinstance(secure, faust.SASLCredentials)
    assert secure.ssl_context is not None
    assert secure.ssl_context.verify_mode is ssl.CERT_NONE


def test_tls() -> None:
    """TLS checks the broker's name unless told not to."""
    settings = {"security.protocol": "SSL"}
    found = faust_credentials(settings)
    assert isinstance(found, faust.SSLCredentials)
    assert found.context.check_hostname
    lax = faust_credentials({**settings, "ssl.endpoint.identification.algorithm": "none"})
    assert isinstance(lax, faust.SSLCredentials)
    assert not lax.context.check_hostname


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ({"security.protocol": "KERBEROS"}, "unsupported_setting"),
        ({"security.protocol": "SASL_SSL", "sasl.mechanism": "OAUTHBEARER"}, "unsupported_setting"),
        ({"security.protocol": "SSL", "ssl.ca.location": "/no/such/file"}, "bad_certificate"),
    ],
)
def test_what_the_control_agent_cannot_speak(settings: dict[str, str], code: str) -> None:
    """Said at start, with what is known; never a worker that hears no command."""
    with pytest.raises(BadKafkaSettings) as refused:
        faust_credentials(settings)
    assert refused.value.code == code
