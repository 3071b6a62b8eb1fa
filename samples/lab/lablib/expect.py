# SPDX-License-Identifier: GPL-2.0-or-later
"""Expectations: lines of a scenario file, `"what it says" = "expression"`, over truth, case and baseline."""
from .errors import LabError


class Pass:
    """One recorded run: what the workload knows (truth), what descry found (case, report)."""

    def __init__(self, truth, case=None, report=None, import_code=0):
        self.truth, self.case, self.report, self.import_code = truth, case, report, import_code


def median(values):
    values = sorted(values)
    return values[len(values) // 2]


def mean(values):
    values = list(values)
    return sum(values) / len(values)


FUNCTIONS = {"median": median, "mean": mean, "abs": abs, "sum": sum, "len": len, "min": min, "max": max, "all": all,
             "any": any}


def check(expectations, run, baseline):
    """[(what, expression, holds, detail)]: the expressions come from the lab's own files."""
    names = {"__builtins__": {}, "truth": run.truth, "case": run.case, "report": run.report, "baseline": baseline, **FUNCTIONS}
    results = []
    for what, expression in expectations.items():
        try:
            holds = bool(eval(expression, dict(names)))  # pylint: disable=eval-used
        except (AttributeError, KeyError, TypeError, IndexError, ZeroDivisionError, NameError, SyntaxError) as error:
            raise LabError(f'the expectation "{what}" cannot be computed: {expression}: {error}') from error
        results.append((what, expression, holds, "" if holds else _detail(expression, names)))
    return results


def _detail(expression, names):
    """The value of both sides of each comparison that is not true."""
    parts = []
    for clause in expression.split(" and "):
        for sign in (" == ", " >= ", " <= ", " < ", " > ", " != ", " in "):
            left, found, right = clause.partition(sign)
            if found:
                try:
                    parts.append(f"{_short(eval(left, dict(names)))}{sign}{_short(eval(right, dict(names)))}")
                except Exception:  # a part of a larger expression, which alone need not make sense
                    parts.append(clause)
                break
        else:
            parts.append(clause)
    return " and ".join(parts)


def _short(value):
    return f"{value:.6g}" if isinstance(value, float) else str(value)
