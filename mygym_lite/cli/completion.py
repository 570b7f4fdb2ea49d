"""Print a script for Tab completion of commands, options and names in bash, zsh or fish."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from typing import TextIO

from mygym_lite.cli.completion_words import Command, Option
from mygym_lite.cli.options import Choice

_SHELLS = ("bash", "zsh", "fish")
_BASH = """\
_mygym_lite() {
    local current=${COMP_WORDS[COMP_CWORD]} here="" option="" after=0 follow=none known="" i word
    for ((i = 1; i < COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        if [[ $word == -* ]]; then
            option=$word after=0
        else
            after=$((after + 1))
            case "${here:+$here }$word" in
%(paths)s) here="${here:+$here }$word" option="" after=0 ;;
            esac
        fi
    done
    case "$here $option" in
%(options)s
    esac
    if [[ $current == -* || $follow == none || ($follow == one && $after -gt 0) ]]; then
        case "$here" in
%(commands)s
        esac
    fi
    COMPREPLY=($(compgen -W "$known" -- "$current"))
}
complete -o default -F _mygym_lite mygym-lite
"""
_ZSH = """\
(( $+functions[compdef] )) || { autoload -U +X compinit && compinit -i }
autoload -U +X bashcompinit && bashcompinit
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the name of the shell."""
    about = "for example: source <(mygym-lite completion bash), or: mygym-lite completion fish | source"
    parser.add_argument("shell", metavar="|".join(_SHELLS), type=Choice(_SHELLS), help=about)


def run(arguments: argparse.Namespace, out: TextIO) -> int:
    """Print the script."""
    from mygym_lite.cli import build_parser
    from mygym_lite.cli.completion_words import iterate_commands

    commands = iterate_commands(build_parser())
    formats = {"bash": format_bash, "zsh": format_zsh, "fish": format_fish}
    out.write(formats[arguments.shell](commands))
    return 0


def format_bash(commands: Iterable[Command]) -> str:
    """Format a bash function that selects completions by the words before the cursor."""
    known = list(commands)
    paths = "|".join(f'"{" ".join(command.path)}"' for command in known if command.path)
    options = [
        f'        "{" ".join(command.path)} {option.name}") '
        f'follow={option.value_count} known="{" ".join(option.choices)}" ;;'
        for command in known
        for option in command.options
        if option.value_count != "none"
    ]
    everything = [
        f'            "{" ".join(command.path)}") if [[ $current == -* ]]; then known="{_join_options(command)}"; '
        f'else known="{" ".join(command.choices)}"; fi ;;'
        for command in known
    ]
    cases = {"options": "\n".join(options), "commands": "\n".join(everything)}
    return _BASH % {"paths": f"                {paths}", **cases}


def format_zsh(commands: Iterable[Command]) -> str:
    """Format the bash function for zsh, which runs it through bashcompinit."""
    return _ZSH + format_bash(commands)


def format_fish(commands: Iterable[Command]) -> str:
    """Format a fish rule for each command and option."""
    lines = ["complete -c mygym-lite -e"]
    known = list(commands)
    below = {command.path: [c for c in known if c.path[:-1] == command.path and c.path] for command in known}
    for command in known:
        here = _make_condition(command.path, [c.path[-1] for c in below[command.path]])
        lines += [_format_fish_word(here, c.path[-1], c.help) for c in below[command.path]]
        if not below[command.path]:
            lines += [_format_fish_word(here, word, "") for word in command.choices]
        lines += [_format_fish_option(here, option) for option in command.options]
    return "\n".join(lines) + "\n"


def _join_options(command: Command) -> str:
    return " ".join(option.name for option in command.options)


def _make_condition(path: tuple[str, ...], below: list[str]) -> str:
    """Make the fish condition that a command, and none of its subcommands, precedes the cursor."""
    seen = [f"__fish_seen_subcommand_from {word}" for word in path]
    unseen = [f"not __fish_seen_subcommand_from {' '.join(below)}"] if below else []
    return "; and ".join([*seen, *unseen])


def _format_fish_word(here: str, word: str, about: str) -> str:
    return f"complete -c mygym-lite -n '{here}' -a {_quote(word)}{_format_description(about)}"


def _format_fish_option(here: str, option: Option) -> str:
    takes = "" if option.value_count == "none" else " -r"
    words = f" -a {_quote(' '.join(option.choices))}" if option.choices else ""
    name, description = option.name.lstrip("-"), _format_description(option.help)
    return f"complete -c mygym-lite -n '{here}' -l {name}{takes}{words}{description}"


def _format_description(about: str) -> str:
    return f" -d {_quote(about)}" if about else ""


def _quote(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
