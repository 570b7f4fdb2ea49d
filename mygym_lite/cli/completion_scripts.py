"""Completion as a script of a shell; where no name fits, the shell completes names of files."""

from __future__ import annotations

from collections.abc import Iterable

from mygym_lite.cli.completion_words import Command, Option

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


def format_bash(commands: Iterable[Command]) -> str:
    """A function that looks at the words before the cursor."""
    known = list(commands)
    paths = "|".join(f'"{" ".join(command.path)}"' for command in known if command.path)
    options = [
        f'        "{" ".join(command.path)} {option.name}") follow={option.value_count} known="{" ".join(option.choices)}" ;;'
        for command in known
        for option in command.options
        if option.value_count != "none"
    ]
    everything = [
        f'            "{" ".join(command.path)}") if [[ $current == -* ]]; then known="{_names(command)}"; '
        f'else known="{" ".join(command.choices)}"; fi ;;'
        for command in known
    ]
    return _BASH % {
        "paths": f"                {paths}", "options": "\n".join(options), "commands": "\n".join(everything)
    }  # fmt: skip


def format_zsh(commands: Iterable[Command]) -> str:
    """The same function, which zsh runs in its own way."""
    return _ZSH + format_bash(commands)


def format_fish(commands: Iterable[Command]) -> str:
    """A rule for each command and option."""
    lines = ["complete -c mygym-lite -e"]
    known = list(commands)
    below = {command.path: [c for c in known if c.path[:-1] == command.path and c.path] for command in known}
    for command in known:
        here = _seen(command.path, [c.path[-1] for c in below[command.path]])
        lines += [_fish_word(here, c.path[-1], c.help) for c in below[command.path]]
        if not below[command.path]:
            lines += [_fish_word(here, word, "") for word in command.choices]
        lines += [_fish_option(here, option) for option in command.options]
    return "\n".join(lines) + "\n"


def _names(command: Command) -> str:
    return " ".join(option.name for option in command.options)


def _seen(path: tuple[str, ...], below: list[str]) -> str:
    """The condition that this command, and none below it, has been written."""
    seen = [f"__fish_seen_subcommand_from {word}" for word in path]
    unseen = [f"not __fish_seen_subcommand_from {' '.join(below)}"] if below else []
    return "; and ".join([*seen, *unseen])


def _fish_word(here: str, word: str, about: str) -> str:
    return f"complete -c mygym-lite -n '{here}' -a {_quoted(word)}{_described(about)}"


def _fish_option(here: str, option: Option) -> str:
    takes = "" if option.value_count == "none" else " -r"
    words = f" -a {_quoted(' '.join(option.choices))}" if option.choices else ""
    return f"complete -c mygym-lite -n '{here}' -l {option.name.lstrip('-')}{takes}{words}{_described(option.help)}"


def _described(about: str) -> str:
    return f" -d {_quoted(about)}" if about else ""


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
