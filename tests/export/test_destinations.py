import pytest
import yaml

from pixl.domain.errors import ConfigurationError
from pixl.export import open_destination
from pixl.export.destinations import destination_names

GOOD = {"kind": "ftps", "host": "haven.example", "user": "pixl", "password_secret": "haven"}


class OneSecret:
    def __init__(self, value=b"not-to-be-seen"):
        self.value = value

    def get(self, name):
        return self.value


@pytest.fixture
def opened(tmp_path):
    def open_it(table, name="haven", secrets=None):
        file = tmp_path / "destinations.yaml"
        file.write_text(table if isinstance(table, str) else yaml.safe_dump(table))
        return open_destination(name, file, secrets or OneSecret())

    return open_it


def test_the_usual_port_belongs_to_the_kind_of_tls(opened):
    assert opened({"haven": GOOD})._access.options.port == 21
    assert opened({"haven": {**GOOD, "tls": "implicit"}})._access.options.port == 990
    assert opened({"haven": {**GOOD, "port": 2121}})._access.options.port == 2121


def test_names_are_listed(opened, tmp_path):
    opened({"haven": GOOD, "share": {"kind": "folder", "path": "."}})
    assert destination_names(tmp_path / "destinations.yaml") == ["haven", "share"]


def test_a_misspelt_key_is_named_and_values_are_not_shown(opened):
    with pytest.raises(ConfigurationError, match=r"destinations.yaml: haven: passwd: unknown key") as caught:
        opened({"haven": {**GOOD, "passwd": "hunter2"}})
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"host": ""}, "host"),
        ({"port": 0}, "port"),
        ({"tls": "none"}, "tls"),
        ({"timeout": 0}, "timeout"),
        ({"user": "a\r\nDELE x"}, "user"),
        ({"folder": "/a\nb"}, "folder"),
        ({"ca": "missing.pem"}, "no PEM file"),
        ({"kind": "ftp"}, "kind must be one of folder, ftps"),
        ({"kind": None}, "kind must be one of folder, ftps"),
    ],
)
def test_a_wrong_option_is_named(opened, options, message):
    with pytest.raises(ConfigurationError, match=message):
        opened({"haven": {**GOOD, **options}})


def test_a_missing_option_is_named(opened):
    with pytest.raises(ConfigurationError, match="password_secret: is missing"):
        opened({"haven": {"kind": "ftps", "host": "h", "user": "u"}})


@pytest.mark.parametrize("secret", [b"", b"\n", b"two\nlines", b"\xff\xfe"])
def test_a_secret_that_is_no_password_is_named_not_shown(opened, secret):
    with pytest.raises(ConfigurationError, match="the secret 'haven'"):
        opened({"haven": GOOD}, secrets=OneSecret(secret))


def test_the_password_is_in_no_repr(opened):
    destination = opened({"haven": GOOD})
    assert "not-to-be-seen" not in f"{destination!r} {vars(destination)!r}"


def test_an_unknown_name_tells_the_known_ones(opened):
    with pytest.raises(ConfigurationError, match=r"no destination 'heaven'; it has: haven"):
        opened({"haven": GOOD}, name="heaven")


def test_none_is_no_destination_to_open(opened):
    with pytest.raises(ConfigurationError, match="nothing leaves"):
        opened({"haven": GOOD}, name="none")


@pytest.mark.parametrize(("text", "message"), [("a: [", "not YAML"), ("- a", "must be a table"), ("haven: 1", "table")])
def test_a_file_of_another_form_is_refused(opened, text, message):
    with pytest.raises(ConfigurationError, match=message):
        opened(text)


def test_a_missing_file_is_said_so(tmp_path):
    with pytest.raises(ConfigurationError, match="no destinations file"):
        open_destination("haven", tmp_path / "destinations.yaml", OneSecret())


def test_a_third_party_adds_a_kind_by_an_entry_point(opened, monkeypatch):
    class Found:
        name = "pigeon"

        @staticmethod
        def load():
            return lambda options, origin, secrets: (origin.name, dict(options))

    monkeypatch.setattr("pixl.export.destinations.entry_points", lambda group: [Found])
    assert opened({"haven": {"kind": "pigeon", "loft": 3}}) == ("haven", {"loft": 3})
