from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixl.domain.errors import ConfigurationError
from pixl.domain.notice import Notice, Occasion
from pixl.domain.state import State
from pixl.notify import load_channels, write
from pixl.notify.messages import TEMPLATES


def written(tmp_path, text):
    path = tmp_path / "notifications.yaml"
    path.write_text(text)
    return path


def test_without_the_file_nobody_is_told(tmp_path):
    assert load_channels(tmp_path / "notifications.yaml").channels == ()


def test_a_channel_hears_of_every_occasion_and_project_unless_it_says_which(tmp_path):
    text = "channels: {team: {url_secret: mail}, ops: {url_secret: x, occasions: [errored], projects: [lungs]}}"
    team, ops = load_channels(written(tmp_path, text)).channels
    assert set(team.occasions) == set(Occasion)
    assert team.wants("anything")
    assert ops.occasions == (Occasion.ERRORED,)
    assert not ops.wants("hearts")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("chanels: {}", "channels"),
        ("channels: {team: {url: 'mailto://x'}}", "url"),
        ("channels: {team: {url_secret: mail, occasions: [exportet]}}", "occasions"),
        ("channels: {Team!: {url_secret: mail}}", "lower-case"),
        ("templates: {digest: {title: x, body: '$patient'}}", r"\$patient is none of"),
        ("templates: {digest: {title: x, body: 'costs 5$'}}", r"stands alone"),
        ("- a\n- b", "notifications.yaml"),
        ("channels: {team: ", "notifications.yaml"),
    ],
)
def test_a_mistake_in_the_file_is_named(tmp_path, text, message):
    with pytest.raises(ConfigurationError, match=message):
        load_channels(written(tmp_path, text))


def test_words_of_the_deployment_replace_ours(tmp_path):
    text = "templates: {exported: {title: 'Fertig: $project', body: '$exported von $requested'}}"
    templates = load_channels(written(tmp_path, text)).templates
    notice = Notice(
        occasion=Occasion.EXPORTED, project="lungs", generated_at=None, counts={State.EXPORTED: 3, State.MISSING: 1}
    )
    assert write(notice, templates[Occasion.EXPORTED]) == ("Fertig: lungs", "3 von 4")


@given(counts=st.dictionaries(st.sampled_from(State), st.integers(0, 10**9)))
def test_a_message_tells_a_sum_that_holds(counts):
    for occasion, template in TEMPLATES.items():
        notice = Notice(occasion=occasion, project="lungs", generated_at=None, counts=counts)
        title, body = write(notice, template)
        assert "lungs" in title
        numbers = [int(word) for word in body.splitlines()[-1].replace(".", "").split() if word.isdigit()]
        assert sum(numbers[-6:]) == sum(counts.values()) == numbers[-7]
