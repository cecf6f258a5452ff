"""The words of a label, and whether a stretch of the document says them.

Words are compared without their endings, so that `Coercion` is said by `coerced`. What the print
says in other words is declared in `seeds/reference/label_words.csv`.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cache

# Words that say too little for a document to have to repeat them.
FUNCTION_WORDS = re.compile(
    r"(?:an?|and|are|as|at|by|for|from|in|is|its?|of|on|or|than|that|the|their|these|this|those|to"
    r"|was|were|which|who|with)",
    re.IGNORECASE,
)
WORD = re.compile(r"[^\W_]+")
ENDING = re.compile(r"(?<=\w{3})(?:ations?|ated|ions?|ives?|ments?|ages?|ing|ed|es|s|e)$")


def stem(word: str) -> str:
    """Return a word in lower case, without its ending; numbers are left as they are."""
    return ENDING.sub("", word.lower())


@cache
def stems(text: str) -> tuple[str, ...]:
    """Return the words of a text without endings, in their order."""
    return tuple(map(stem, _words(text)))


def _words(text: str) -> list[str]:
    return WORD.findall(text.replace("%", " percent ").replace("$", " dollars "))


class Words:
    """What the print says for the words of labels."""

    def __init__(self, declared: Iterable[Mapping[str, str]]) -> None:
        """Take the rows of `label_words`."""
        self.printed: dict[str, list[str]] = defaultdict(list)
        for row in declared:
            self.printed[stem(row["label_word"])].append(row["printed_as"])

    def of(self, label: str) -> set[str]:
        """Return the words of a label that tell something, without endings."""
        return {stem(word) for word in _words(label) if not FUNCTION_WORDS.fullmatch(word)}

    def says(self, text: str, word: str) -> bool:
        """Return whether a text says a word, given without its ending, or what stands for it."""
        said = stems(text)
        phrases = (stems(phrase) for phrase in self.printed[word])
        return word in said or any(
            phrase == said[start : start + len(phrase)]
            for phrase in phrases
            for start in range(len(said))
        )

    def missing(self, text: str, label: str) -> set[str]:
        """Return the words of a label, without endings, that a text does not say."""
        return {word for word in self.of(label) if not self.says(text, word)}

    def listed(self, stems: set[str], label: str) -> str:
        """Return words of a label, given without endings, as they stand in it."""
        return ", ".join(f'"{word}"' for word in _words(label) if stem(word) in stems)

    def mentions(self, text: str, label: str) -> bool:
        """Return whether a text speaks of a label, other than to say that it does not hold."""
        affirmed, *denied = re.split(r"\bnot\b", text, maxsplit=1)
        if not self.missing(affirmed, label):
            return True
        is_denial = any(
            "not" in phrase.split() for w in self.of(label) for phrase in self.printed[w]
        )
        return bool(denied) and is_denial and not self.missing(text, label)
