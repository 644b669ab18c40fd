"""The words of the pages: two files with the same keys, read once."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from ptsp.kernel.specs import Text

LANGUAGES = ("id", "en")  # Indonesian first
FOLDER = Path(__file__).parent / "texts"


@dataclass(frozen=True, slots=True)
class Words:
    """All texts of the pages, by language and key."""

    texts: Mapping[str, Mapping[str, str]]

    def say(self, lang: str, key: str, **values: object) -> str:
        """The text of a key with its places filled in. Raises KeyError for an unknown key or place."""
        return self.texts[lang][key].format(**values)

    def count(self, lang: str, key: str, number: int) -> str:
        """`key.one` for one, else `key.many`; both may name `{n}`."""
        return self.say(lang, f"{key}.{'one' if number == 1 else 'many'}", n=number)

    def has(self, key: str) -> bool:
        return key in self.texts[LANGUAGES[0]]


def load_words(folder: Path = FOLDER) -> Words:
    """Read `<lang>.yaml` for every language. Raises ValueError when their keys differ."""
    texts = {lang: _flat(yaml.safe_load((folder / f"{lang}.yaml").read_text("utf-8"))) for lang in LANGUAGES}
    keys = {lang: set(texts[lang]) for lang in LANGUAGES}
    if keys["id"] != keys["en"]:
        raise ValueError(f"texts differ in their keys: {sorted(keys['id'] ^ keys['en'])}")
    return Words(texts)


def pick(text: Text, lang: str) -> str:
    """A text of a pack in this language, else in Indonesian."""
    return text.get(lang) or text["id"]


def _flat(tree: Mapping[str, object], prefix: str = "") -> dict[str, str]:
    flat: dict[str, str] = {}
    for key, value in tree.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping):
            flat |= _flat(value, f"{name}.")
        else:
            flat[name] = str(value)
    return flat
