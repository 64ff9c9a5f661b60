"""Every command that a document names exists, and every command is in a document."""

import re
import shlex

import pytest
import typer

from cli.main import build

HELP = {"--help"}
NO_COMMAND = ([], ["--help"], ["COMMAND"], ["..."])
"""What stands after `pixl` where commands as such are meant."""


def leaves(command, path=()):
    """Yield every command with its options."""
    children = getattr(command, "commands", {})
    if not children:
        yield " ".join(path), {option for one in command.params for option in (*one.opts, *one.secondary_opts)}
    for name, child in children.items():
        yield from leaves(child, (*path, name))


@pytest.fixture(scope="module")
def commands():
    """Each command, such as `cohort load`, with what its options are called."""
    return dict(leaves(typer.main.get_command(build())))


def named(document):
    """Yield what a document tells people to type, as words after `pixl`."""
    shells = [line for block in document.blocks("sh") for line in block.splitlines()]
    for text in [*re.findall(r"`([^`\n]+)`", document.prose()), *shells]:
        words = shlex.split(text.split("  #")[0].split(" # ")[0]) if "'" not in text else text.split()
        if words and words[0].removeprefix(".venv/bin/") == "pixl":
            yield words[1:]


def known_prefix(words, commands):
    """The command that words begin with; a group's name alone is no command."""
    return next((" ".join(words[:size]) for size in (3, 2, 1) if " ".join(words[:size]) in commands), None)


def is_known(words, commands):
    """Whether a command, with its options, is one of the program."""
    command = known_prefix(words, commands)
    if command is None:
        groups = {name.split()[0] for name in commands}
        return words[:1] in NO_COMMAND or (len(words) == 1 and words[0] in groups)
    return {word.split("=")[0] for word in words if word.startswith("-")} <= commands[command] | HELP


def test_what_documents_tell_people_to_type_exists(every_document, commands):
    typed = [(document.path.name, words) for document in every_document for words in named(document)]
    assert len(typed) > 50
    assert [f"{name}: pixl {' '.join(words)}" for name, words in typed if not is_known(words, commands)] == []


def test_a_command_or_an_option_that_there_is_not_is_seen(commands):
    assert is_known(["cohort", "load", "PATH", "--dry-run"], commands)
    assert not is_known(["cohort", "unload"], commands)
    assert not is_known(["cohort", "load", "--wet-run"], commands)
    assert not is_known(["telepathy"], commands)


def test_every_command_is_documented(document, table, spans, commands):
    rows = table(document("docs/commands.md").text)
    first = {" ".join(span.split()[1:]) for row in rows for span in spans(row[0])}
    assert {name for name in commands if name not in first} == set()


def test_every_option_is_documented(document, spans, commands):
    page = document("docs/commands.md")
    words = {word for span in spans(page.text) for word in span.split()}
    options = {(name, option) for name, them in commands.items() for option in them if option.startswith("-")}
    assert {f"{name} {option}" for name, option in options if option not in words | HELP} == set()


def test_the_exit_codes_are_those_of_the_program(document):
    import cli.main as program

    text = document("docs/commands.md").text
    for code, meaning in (
        (program.SOME_FAILED, "some items failed"),
        (program.WRONG_USE, "wrong use or configuration"),
        (program.NOT_REACHABLE, "a service does not answer"),
    ):
        assert f"{code} {meaning}" in text
