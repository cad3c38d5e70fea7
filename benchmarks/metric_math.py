"""CloudWatch metric math on one period, as far as scaling expressions use it.

An expression such as ``MAX([FILL(backlog, 0), 2 * FILL(busy, 0)])`` is parsed once and then evaluated for
each period; a metric without a data point in that period is None.
"""

import ast
import operator
import re
from collections.abc import Callable, Mapping

Value = float | None

_WORD_OPERATORS = ((re.compile(r"&&|\bAND\b"), " and "), (re.compile(r"\|\||\bOR\b"), " or "))
_BINARY: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Pow: operator.pow,
}
_COMPARISONS: dict[type[ast.cmpop], Callable[[float, float], bool]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
_REDUCTIONS: dict[str, Callable[[list[float]], float]] = {
    "MAX": max,
    "MIN": min,
    "SUM": sum,
    "AVG": lambda values: sum(values) / len(values),
}


class UnsupportedExpressionError(ValueError):
    """The expression uses something that is not modelled here; the message names it."""


class Expression:
    """A parsed expression.

    Raises:
        UnsupportedExpressionError: at once, for anything that is not modelled.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        python = text
        for pattern, replacement in _WORD_OPERATORS:
            python = pattern.sub(replacement, python)
        try:
            self._tree = ast.parse(python.strip(), mode="eval").body
        except SyntaxError as error:
            raise UnsupportedExpressionError(f"cannot read the metric expression {text!r}") from error
        names = {node.id for node in ast.walk(self._tree) if isinstance(node, ast.Name)}
        self.metrics = frozenset(name for name in names if name[0].islower())
        self.evaluate(dict.fromkeys(self.metrics, 1.0))

    def evaluate(self, values: Mapping[str, Value]) -> Value:
        """The value of one period; None when there is none."""
        return self._evaluate(self._tree, values)

    def _evaluate(self, node: ast.expr, values: Mapping[str, Value]) -> Value:
        result: Value
        match node:
            case ast.Constant(value=int() | float() as number):
                result = float(number)
            case ast.Name(id=name):
                result = values[name]
            case ast.BinOp(left=left, op=op, right=right):
                result = self._binary(op, self._evaluate(left, values), self._evaluate(right, values))
            case ast.Compare(left=left, ops=[op], comparators=[right]):
                result = self._compare(op, self._evaluate(left, values), self._evaluate(right, values))
            case ast.BoolOp(op=op, values=operands):
                result = self._logic(op, [self._evaluate(operand, values) for operand in operands])
            case ast.Call(func=ast.Name(id=name), args=arguments):
                result = self._call(name, arguments, values)
            case _:
                message = f"not modelled: {ast.unparse(node)!r} in {self.text!r}"
                raise UnsupportedExpressionError(message)
        return result

    def _binary(self, op: ast.operator, left: Value, right: Value) -> Value:
        if left is None or right is None:
            return None
        if isinstance(op, ast.Div):
            return left / right if right else None
        if type(op) not in _BINARY:
            raise UnsupportedExpressionError(f"operator {type(op).__name__} in {self.text!r}")
        return _BINARY[type(op)](left, right)

    @staticmethod
    def _compare(op: ast.cmpop, left: Value, right: Value) -> Value:
        if left is None or right is None:
            return None
        return float(_COMPARISONS[type(op)](left, right))

    @staticmethod
    def _logic(op: ast.boolop, values: list[Value]) -> Value:
        known = [bool(value) for value in values if value is not None]
        if len(known) < len(values):
            return None
        return float(all(known) if isinstance(op, ast.And) else any(known))

    def _call(self, name: str, arguments: list[ast.expr], values: Mapping[str, Value]) -> Value:
        if name == "FILL":
            value = self._evaluate(arguments[0], values)
            return self._evaluate(arguments[1], values) if value is None else value
        if name == "IF":
            condition = self._evaluate(arguments[0], values)
            if condition is None:
                return None
            return self._evaluate(arguments[1 if condition else 2], values)
        if name in _REDUCTIONS:
            return self._reduce(name, arguments, values)
        raise UnsupportedExpressionError(f"function {name} in {self.text!r}")

    def _reduce(self, name: str, arguments: list[ast.expr], values: Mapping[str, Value]) -> Value:
        match arguments:
            case [ast.List(elts=elements)]:
                computed = [self._evaluate(element, values) for element in elements]
                known = [value for value in computed if value is not None]
                return float(_REDUCTIONS[name](known)) if known else None
        raise UnsupportedExpressionError(f"{name} wants a list of series in {self.text!r}")
