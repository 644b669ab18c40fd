"""`schemas/expression.lark` and the parser: each reads exactly what the other reads."""

import random
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from lark import Lark, Token, Tree
from lark.exceptions import UnexpectedInput

from ptsp.kernel.formulas import FormulaFault, nodes, parse
from ptsp.kernel.formulas.lookups import LookUp
from tests.checks import REPOSITORY
from tests.unit.formulas.samples import SEED, WORDS, expressions_of_packs, mutated, soup

WRITTEN = (REPOSITORY / "schemas" / "expression.lark").read_text()
GRAMMAR = Lark(WRITTEN, parser="lalr", lexer="contextual")
TREES = Lark(WRITTEN, parser="lalr", lexer="contextual", keep_all_tokens=True)
LIMITS = ("longer than 2000", "deeper than 32", "at most 30 digits")  # which no grammar says
NAMES = ["a", "floor", "band", "up", "nota", "_1", "or_else", "If"]
TERMINALS = {  # of those that are patterns, some texts each
    "LOOK_UP": ["band", "slice", "choose"],
    "FOLD": ["min", "max", "sum"],
    "WHOLE": ["floor", "ceil"],
    "ROUND": ["round"],
    "IF": ["if"],
    "MODE": ["half_up", "half_even", "up", "down"],
    "PLACES": ["0", "2", "007", "19", "20"],
    "OR": ["or"],
    "AND": ["and"],
    "NOT": ["not"],
    "TRUTH": ["true", "false"],
    "COMPARED": ["==", "!=", "<", "<=", ">", ">="],
    "NUMBER": ["0", "12", "0.25", "00.10", "9" * 30],
    "TEXT": ['""', '"new"', '"it\'s (1 + é"', '"and"'],
    "NAME": NAMES,
} | {one.name: [one.pattern.value] for one in GRAMMAR.terminals if one.pattern.type == "str"}
EXPANSIONS: dict[str, list[list[str]]] = {}
for rule in GRAMMAR.rules:
    EXPANSIONS.setdefault(rule.origin.name, []).append([one.name for one in rule.expansion])


def heights() -> dict[str, int]:
    """How deep each symbol goes at least."""
    known = dict.fromkeys(TERMINALS, 0)
    while missing := [name for name in EXPANSIONS if name not in known]:
        for name in missing:
            ready = [parts for parts in EXPANSIONS[name] if all(part in known for part in parts)]
            if ready:
                known[name] = 1 + min(max(known[part] for part in parts) for parts in ready)
    return known


HEIGHTS = heights()


def made(symbol: str, dice: random.Random, depth: int) -> list[str]:
    """Words that the grammar lets stand for a symbol; below `depth` the shortest way out is taken."""
    if symbol in TERMINALS:
        return [dice.choice(TERMINALS[symbol])]
    ways = EXPANSIONS[symbol]
    if depth <= 0:
        least = min(max(HEIGHTS[part] for part in parts) for parts in ways)
        ways = [parts for parts in ways if max(HEIGHTS[part] for part in parts) == least]
    return [word for part in dice.choice(ways) for word in made(part, dice, depth - 1)]


def spaced(words: list[str], dice: random.Random) -> str:
    """The words in one text, apart where two would become one."""
    text = ""
    for word in words:
        touches = text[-1:].isalnum() or text[-1:] in ("_", "<", ">")
        text += (" " if touches else dice.choice(["", " ", "\n  "])) + word
    return text


def is_read_by_grammar(text: str) -> bool:
    try:
        GRAMMAR.parse(text)
    except UnexpectedInput:
        return False
    return True


def fault_of(text: str) -> FormulaFault | None:
    try:
        parse(text)
    except FormulaFault as fault:
        return fault
    return None


def is_limit(fault: FormulaFault) -> bool:
    return any(limit in fault.reason for limit in LIMITS)


def agree(text: str) -> bool:
    fault = fault_of(text)
    return (fault is not None and is_limit(fault)) or is_read_by_grammar(text) is (fault is None)


def test_what_the_grammar_makes_can_be_read() -> None:
    dice = random.Random(SEED)
    texts = [spaced(made("start", dice, dice.randint(4, 13)), dice) for _ in range(2_000)]
    assert all(map(is_read_by_grammar, texts)), f"seed {SEED}"
    faults = [(text, fault) for text in texts if (fault := fault_of(text))]
    assert [(text, str(one)) for text, one in faults if not is_limit(one)] == [], f"seed {SEED}"
    assert len(faults) < 100, "most must stay within the limits"
    for words in TERMINALS.values():
        assert all(any(word in text for text in texts) for word in words)


def by_grammar(tree: Tree[Token] | Token) -> str:
    """What belongs together, in parentheses, as the grammar has it."""
    if isinstance(tree, Token):
        return str(tree)
    parts = [by_grammar(one) for one in tree.children]
    if tree.data == "start" or parts[0] == "(":
        return parts[0] if tree.data == "start" else parts[1]
    if tree.data == "call":
        return f"{parts[0]}({' '.join(one for one in parts[1:] if one not in ('(', ')', ','))})"
    return f"[{' '.join(parts)}]"


def by_parser(node: nodes.Node) -> str:
    """The same, as the parser has it."""
    return SHAPES.get(type(node), lambda one: one.text)(node)


def listed(parts: Iterable[nodes.Node], between: str = " ") -> str:
    return between.join(map(by_parser, parts))


SIGNS = {work: sign for sign, work in nodes.EXACTLY.items()} | {None: "/"}
SHAPES: dict[type, Callable[[Any], str]] = {
    nodes.Fixed: lambda one: by_parser(one.part),
    nodes.Settled: lambda one: by_parser(one.part),
    nodes.Logic: lambda one: f"[{listed(one.parts, f' {one.word} ')}]",
    nodes.Not: lambda one: f"[not {by_parser(one.part)}]",
    nodes.Negate: lambda one: f"[- {by_parser(one.part)}]",
    nodes.Compare: lambda one: f"[{by_parser(one.left)} {one.sign} {by_parser(one.right)}]",
    nodes.Chain: lambda one: (
        f"[{by_parser(one.first)}{''.join(f' {SIGNS[work]} {by_parser(part)}' for work, part in one.rest)}]"
    ),
    nodes.If: lambda one: f"if({listed((one.condition, one.then, one.otherwise))})",
    nodes.Fold: lambda one: f"{one.function}({listed((one.first, *one.rest))})",
    nodes.Whole: lambda one: f"{one.function}({by_parser(one.part)})",
    LookUp: lambda one: f"{one.function}({one.table} {by_parser(one.part)})",
}


def test_both_see_the_same_parts_in_what_they_read() -> None:
    dice = random.Random(SEED)
    texts = [spaced(made("start", dice, dice.randint(4, 13)), dice) for _ in range(1_500)]
    texts = [text for text in [*texts, *expressions_of_packs()] if "round" not in text and not fault_of(text)]
    assert len(texts) > 700
    for text in texts:
        assert by_parser(parse(text).root) == by_grammar(TREES.parse(text)), f"seed {SEED}: {text}"


def test_real_expressions_and_what_becomes_of_them_are_read_by_both_or_by_neither() -> None:
    dice = random.Random(SEED)
    real = expressions_of_packs()
    assert len(real) > 40
    assert all(is_read_by_grammar(text) and fault_of(text) is None for text in real)
    broken = [mutated(dice.choice(real), dice) for _ in range(3_000)]
    assert [text for text in broken if not agree(text)] == [], f"seed {SEED}"
    read = sum(map(is_read_by_grammar, broken))
    assert 100 < read < 2_900, "mutations that are all right, or all wrong, prove nothing"


def test_any_words_in_any_order_are_read_by_both_or_by_neither() -> None:
    dice = random.Random(SEED)
    texts = [soup(dice, most=8) for _ in range(6_000)]
    assert [text for text in texts if not agree(text)] == [], f"seed {SEED}"
    assert sum(map(is_read_by_grammar, texts)) > 100


@pytest.mark.parametrize("word", WORDS)
def test_every_word_is_taken_alike_wherever_an_expression_has_a_gap(word: str) -> None:
    gaps = [
        "{}", "a {} b", "not {}", "not not {}", "--{}", "a < {}", "a < b {} c", "-{}", "if({}, 1, 2)",
        "if(a{} b, c)", "round(a, {})",
        "round(a, -{})", "round(a, 0{})", "round(a, 0, {})", "band({}, a)", "band({} a)", "{}(a)", "{} (a, b)",
        "min(a{})", "1{}", "1.5{}2", "a{}", '"a{}"', '{}"b"', "({} a)", "a {} ", "{}\n{}",
    ]  # fmt: skip
    assert [gap for gap in gaps if not agree(gap.replace("{}", word))] == []
