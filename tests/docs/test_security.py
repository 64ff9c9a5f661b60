"""The document about security names every secret."""

from pixl.stack.credentials import SECRETS


def test_every_secret_is_documented(document, table, spans):
    rows = table(document("docs/security.md").section("Secrets"))
    assert set(SECRETS) <= {name for row in rows for name in spans(row[0])}
