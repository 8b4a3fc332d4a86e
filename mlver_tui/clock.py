"""The only source of time and chance, so that a test patches one place.

Times are unix seconds UTC as float64 (`now`) or integer milliseconds (`now_ms`).
"""

from __future__ import annotations

import os
import time

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford base 32: no i, l, o, u
_ID_LENGTH = 26


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_ADJECTIVES = _words(
    "amber bold brave breezy brisk bright calm candid clever cosmic crisp dapper deft eager early fair fleet frank "
    "gentle glad golden grand happy hardy honest jolly keen kind lively lucid lucky mellow merry mild modest neat "
    "nimble noble patient plain polite proud quick quiet rapid ready rosy round royal rustic sharp shiny silent "
    "silver sleek smart snug solid spry steady still sunny swift tidy tranquil trusty vivid warm wise witty young"
)
_ANIMALS = _words(
    "alpaca badger beaver bison bobcat camel cheetah condor cougar crane cricket curlew dingo dolphin dove eagle "
    "egret falcon ferret finch fox gazelle gecko gibbon goose grouse hare hawk heron horse ibex jackal jaguar koala "
    "lark lemur leopard lion llama lynx magpie marmot marten mole moose newt ocelot orca osprey otter owl panda "
    "panther pelican penguin petrel plover puffin puma quail rabbit raven robin salmon seal shrew sparrow stoat "
    "stork swan swift tapir tern tiger toad trout turtle viper vole walrus weasel whale wolf wombat wren yak zebra"
)


def now() -> float:
    """Wall clock, unix seconds UTC."""
    return time.time()


def now_ms() -> int:
    """Wall clock, whole unix milliseconds UTC."""
    return time.time_ns() // 1_000_000


def new_id() -> str:
    """A 26-character id: 48 bits of milliseconds, then 80 random bits (the ULID layout); sorts by time of birth."""
    number = (now_ms() & (1 << 48) - 1) << 80 | int.from_bytes(os.urandom(10), "big")
    return "".join(_ALPHABET[number >> shift & 31] for shift in range(5 * (_ID_LENGTH - 1), -1, -5))


def name_for(run_id: str) -> str:
    """A name like `brisk-otter-14`, drawn from the random half of a run id."""
    number = 0
    for character in run_id[-16:]:
        number = number * 32 + max(_ALPHABET.find(character), 0)
    number, digits = divmod(number, 100)
    number, animal = divmod(number, len(_ANIMALS))
    return f"{_ADJECTIVES[number % len(_ADJECTIVES)]}-{_ANIMALS[animal]}-{digits}"
