"""Reading templates: resources by type, wherever they are."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]

# Templates by the stack's part, such as Storage.
Stacks = Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong."""

    where: str
    problem: str

    def __str__(self) -> str:
        """As it is printed."""
        return f"{self.where}: {self.problem}"


Check = Callable[[Stacks], Iterator[Finding]]


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource of one of the stacks."""

    part: str
    logical_id: str
    body: Json

    @property
    def where(self) -> str:
        """For findings."""
        return f"{self.part}/{self.logical_id}"

    @property
    def properties(self) -> Json:
        """Its properties, none if it has none."""
        found: Json = self.body.get("Properties", {})
        return found

    def at(self, *path: str | int) -> Any:
        """A property deep inside, or None when any step is missing."""
        value: Any = self.properties
        for step in path:
            if isinstance(step, int):
                value = value[step] if isinstance(value, list) and len(value) > step else None
            else:
                value = value.get(step) if isinstance(value, dict) else None
        return value

    def must(self, holds: object, problem: str) -> Iterator[Finding]:
        """A finding unless something holds."""
        if not holds:
            yield Finding(self.where, problem)


def resources(stacks: Stacks, *types: str) -> list[Resource]:
    """Every resource of the types, in all stacks."""
    return [
        Resource(part, logical_id, body)
        for part, template in stacks.items()
        for logical_id, body in template.get("Resources", {}).items()
        if body["Type"] in types
    ]


def expect(stacks: Stacks, resource_type: str, least: int = 1) -> Iterator[Finding]:
    """A finding when there are fewer of a type than there must be."""
    if len(resources(stacks, resource_type)) < least:
        yield Finding("deployment", f"needs at least {least} of {resource_type}")


def as_list(value: Any) -> list[Any]:
    """CloudFormation and IAM write a list of one as its element."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def text(value: Any) -> str:
    """An expression as searchable text."""
    return json.dumps(value, sort_keys=True)


def mentions(value: Any, logical_id: str) -> bool:
    """Whether an expression refers to a resource of its own or, by import, of another stack."""
    return logical_id in text(value)
