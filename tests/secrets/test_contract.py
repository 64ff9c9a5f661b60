"""What every secret store must do; and what the ones in the network must do besides."""

from __future__ import annotations

import traceback
from typing import Any

import pytest

from pixl.domain.errors import ConfigurationError, RetryLater

NAME = "database-password"


def everything_said(caught: pytest.ExceptionInfo[BaseException]) -> str:
    return "".join(traceback.format_exception(caught.value)) + repr(caught.value)


def test_a_secret_comes_back_as_it_was_put(case: Any, secret_value: bytes) -> None:
    case.put(NAME, secret_value)
    assert case.store.get(NAME) == secret_value
    assert case.store.get(NAME) == secret_value


def test_a_missing_secret_is_a_matter_of_configuration_and_is_named(case: Any) -> None:
    case.put("another", b"x")
    with pytest.raises(ConfigurationError, match=NAME):
        case.store.get(NAME)


def test_a_secret_that_may_not_be_read_is_a_matter_of_configuration(case: Any, secret_value: bytes) -> None:
    case.put(NAME, secret_value)
    case.forbid(NAME)
    with pytest.raises(ConfigurationError, match=NAME) as caught:
        case.store.get(NAME)
    assert secret_value.decode() not in everything_said(caught)


@pytest.mark.parametrize("name", ["../etc/passwd", "a/b", "", ".", "..", "A", "a_b", "a\n", "-a", "a" * 128, "a%2fb"])
def test_a_name_that_could_leave_the_store_is_refused(case: Any, name: str) -> None:
    with pytest.raises(ConfigurationError, match="the name of a secret"):
        case.store.get(name)


@pytest.mark.parametrize("fault", ["500", "503", "429", "silence"])
def test_a_store_in_trouble_means_later_and_its_words_are_not_repeated(
    cloud_store: Any, cloud: Any, fault: str, secret_value: bytes
) -> None:
    cloud.fault = fault
    with pytest.raises(RetryLater, match=NAME) as caught:
        cloud_store.get(NAME)
    assert secret_value.decode() not in everything_said(caught)
    cloud.fault = ""
    cloud.released.set()
    assert cloud_store.get(NAME) == secret_value


def test_an_authority_that_is_not_known_is_not_trusted(untrusting: Any, cloud: Any) -> None:
    for store in untrusting:
        with pytest.raises((ConfigurationError, RetryLater)):
            store.get(NAME)
    assert cloud.asked == 0


def test_an_old_token_is_a_matter_of_configuration(vault_with_old_token: Any, cloud: Any) -> None:
    cloud.secrets[NAME] = "value"
    with pytest.raises(ConfigurationError, match="token") as caught:
        vault_with_old_token.get(NAME)
    assert "expired" not in everything_said(caught)


def test_an_entry_without_the_field_is_named(vault: Any, cloud: Any) -> None:
    cloud.secrets[NAME] = ""
    with pytest.raises(ConfigurationError, match=f"pixl/{NAME}.*field `value`"):
        vault.get(NAME)


def test_a_vault_without_its_domain_gets_no_token(cloud: Any) -> None:
    """Azure's client would hand its token to whoever asks; the challenge has to come from the vault's own domain."""
    from pixl.secrets.azure_key_vault import AzureKeyVault

    class NeverAsked:
        def get_token(self, *scopes: str, **options: object) -> None:
            raise AssertionError("a token was asked for")

    store = AzureKeyVault(cloud.url, NeverAsked(), connection_verify=cloud.ca, retry_total=0)  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match="not the address of an Azure Key Vault"):
        store.get(NAME)
