# SPDX-License-Identifier: GPL-2.0-or-later
"""Expectations: lines of a scenario file, `"what it says" = "expression"`, over truth, case and baseline."""
import ast

from .case_db import Numbers
from .errors import LabError


class Pass:
    """One recorded run: what the workload knows (truth), what descry found (case, report)."""

    def __init__(self, truth, case=None, report=None, import_code=0):
        self.truth, self.case, self.report, self.import_code = truth, case, report, import_code


def findings(report):
    """The report's findings, best first, with members rule, evidence ..."""
    return [Numbers({**entry, "evidence": Numbers(entry["evidence"])}) for entry in (report or {}).get("findings", [])]


def median(values):
    values = sorted(values)
    return values[len(values) // 2]


def mean(values):
    values = list(values)
    return sum(values) / len(values)


def inside(times, windows):
    """Does every time lie in its window?"""
    return len(times) == len(windows) and all(begin <= at <= end for at, (begin, end) in zip(times, windows))


def apart(first, second):
    """By how much the times of two recordings of the same halves differ, smallest first; of points that both have."""
    return sorted(
        abs(a - b)
        for one, other in zip(first, second)
        for a, b in zip(one, other)
        if a is not None and b is not None
    )


FUNCTIONS = {
    "median": median,
    "mean": mean,
    "abs": abs,
    "sum": sum,
    "len": len,
    "min": min,
    "max": max,
    "all": all,
    "any": any,
    "zip": zip,
    "inside": inside,
    "apart": apart,
}


def check(expectations, run, baseline, quick):
    """[(what, expression, holds, detail)]: the expressions come from the lab's own files."""
    names = {
        "__builtins__": {},
        "truth": run.truth,
        "case": run.case,
        "report": run.report,
        "findings": findings(run.report),
        "baseline": baseline,
        "quick": quick,
        **FUNCTIONS,
    }
    results = []
    for what, expression in expectations.items():
        try:
            holds = bool(eval(expression, dict(names)))  # pylint: disable=eval-used
        except (AttributeError, KeyError, TypeError, IndexError, ZeroDivisionError, NameError, SyntaxError) as error:
            raise LabError(f'the expectation "{what}" cannot be computed: {expression}: {error}') from error
        results.append((what, expression, holds, "" if holds else _detail(expression, names)))
    return results


def _detail(expression, names):
    """The expression with the value of each operand of its comparisons."""
    parts = []
    tree = ast.parse(expression, mode="eval").body
    for clause in tree.values if isinstance(tree, ast.BoolOp) else [tree]:
        operands = [clause.left, *clause.comparators] if isinstance(clause, ast.Compare) else [clause]
        values = [_short(eval(compile(ast.Expression(part), "expectation", "eval"), dict(names))) for part in operands]
        signs = [SIGNS[type(sign)] for sign in clause.ops] if isinstance(clause, ast.Compare) else []
        parts.append(values[0] + "".join(f" {sign} {value}" for sign, value in zip(signs, values[1:])))
    return " and ".join(parts)


SIGNS = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.In: "in",
    ast.NotIn: "not in",
    ast.Is: "is",
    ast.IsNot: "is not",
}


def _short(value):
    return f"{value:.6g}" if isinstance(value, float) else str(value)
