"""`wheelcheck completion`: print a script with which a shell completes commands, options and their values."""

from __future__ import annotations

import shlex
from importlib import import_module

from wheelcheck.cli.exit_codes import PASS, reader_may_leave
from wheelcheck.cli.parser import Parser
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

_HOW = """\
how to use it:
  bash   echo 'source <(wheelcheck completion bash)' >> ~/.bashrc
  zsh    echo 'source <(wheelcheck completion zsh)' >> ~/.zshrc
  fish   wheelcheck completion fish > ~/.config/fish/completions/wheelcheck.fish
"""
# Words come after a command; a value after an option that has a fixed set of them; anything else is a file.
_BASH = """\
_wheelcheck() {{
  local word=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD-1]}} words=
  if [[ $COMP_CWORD == 1 ]]; then
    words={commands}
  else
    case "${{COMP_WORDS[1]}} $before" in
{values}
    *) case "${{COMP_WORDS[1]}}" in
{options}
      esac ;;
    esac
  fi
  COMPREPLY=($(compgen -W "$words" -- "$word"))
  [[ $COMP_CWORD == 1 || $word == -* ]] || COMPREPLY+=($(compgen -f -- "$word"))
}}
complete -o filenames -F _wheelcheck wheelcheck
"""
_ZSH = "autoload -U +X bashcompinit && bashcompinit\n"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.epilog = _HOW
    parser.add_argument("shell", choices=("bash", "zsh", "fish"), help="the shell that is to complete")
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    parsers = dict(_parsers())
    script = "\n".join(_fish(parsers)) + "\n" if arguments.shell == "fish" else _bash(parsers)
    with reader_may_leave():
        print((_ZSH if arguments.shell == "zsh" else "") + script, end="")
    return PASS


def _parsers() -> Iterator[tuple[str, Parser]]:
    """Yield the parser of every command."""
    from wheelcheck.cli import COMMANDS  # noqa: PLC0415  # it imports the commands

    for name in COMMANDS:
        parser = Parser(prog=name, add_help=True)
        import_module(f"wheelcheck.cli.{name}").add_arguments(parser)
        yield name, parser


def _bash(parsers: dict[str, Parser]) -> str:
    options = [f"      {name}) words={shlex.quote(' '.join(_words(parser)))} ;;" for name, parser in parsers.items()]
    values = [
        f"    {shlex.quote(f'{name} {option}')}) words={shlex.quote(' '.join(choices))} ;;"
        for name, parser in parsers.items()
        for option, choices in _values(parser)
    ]
    commands = shlex.quote(" ".join(parsers))
    return _BASH.format(commands=commands, options="\n".join(options), values="\n".join(values))


def _fish(parsers: dict[str, Parser]) -> Iterator[str]:
    from wheelcheck.cli import COMMANDS  # noqa: PLC0415  # as above

    for name, parser in parsers.items():
        yield f"complete -c wheelcheck -n __fish_use_subcommand -f -a {name} -d {shlex.quote(COMMANDS[name])}"
        inside = f"complete -c wheelcheck -n {shlex.quote(f'__fish_seen_subcommand_from {name}')}"
        for word in _steps(parser):
            yield f"{inside} -a {word}"
        for action in parser._actions:  # noqa: SLF001  # argparse has no public way to list them
            for option in action.option_strings:
                kind = f"-l {option[2:]}" if option.startswith("--") else f"-s {option[1:]}"
                values = f" -x -a {shlex.quote(' '.join(map(str, action.choices)))}" if action.choices else ""
                yield f"{inside} {kind}{values} -d {shlex.quote(str(action.help or ''))}"


def _words(parser: Parser) -> list[str]:
    """Return what may stand after a command: its options, and its steps if it has some."""
    return [*_steps(parser), *(option for action in parser._actions for option in action.option_strings)]  # noqa: SLF001


def _steps(parser: Parser) -> list[str]:
    """Return the words that a positional argument may be."""
    positional = (action for action in parser._actions if not action.option_strings)  # noqa: SLF001
    return [str(choice) for action in positional for choice in (action.choices or ())]


def _values(parser: Parser) -> Iterator[tuple[str, list[str]]]:
    """Yield each option that has a fixed set of values, with them."""
    for action in parser._actions:  # noqa: SLF001
        if action.choices:
            for option in action.option_strings:
                yield option, [str(choice) for choice in action.choices]
