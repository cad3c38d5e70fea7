"""Mistakes and how to plant them into templates."""

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from infra.checks.model import Json, Resource, Stacks, as_list, resources

Change = Callable[[Json], None]


@dataclass(frozen=True, slots=True)
class Mutation:
    """One mistake: what is changed, in which resource."""

    name: str
    resource_type: str
    change: Change
    # Part of the logical id, where there are several of the type.
    named: str = ""

    def plant(self, stacks: Stacks) -> Stacks:
        """A copy of the templates with the mistake in it.

        Raises:
            LookupError: there is no such resource, or the change changed nothing.
        """
        changed = copy.deepcopy(dict(stacks))
        found = [r for r in resources(changed, self.resource_type) if self.named in r.logical_id]
        if not found:
            message = f"{self.name}: there is no {self.resource_type} named like {self.named!r}"
            raise LookupError(message)
        self.change(_properties(found[0]))
        if changed == stacks:
            message = f"{self.name}: nothing was changed"
            raise LookupError(message)
        return changed


@dataclass(frozen=True, slots=True)
class Removal(Mutation):
    """The mistake of leaving a resource out."""

    def plant(self, stacks: Stacks) -> Stacks:
        """A copy of the templates without the resource."""
        changed = copy.deepcopy(dict(stacks))
        found = [r for r in resources(changed, self.resource_type) if self.named in r.logical_id]
        if not found:
            message = f"{self.name}: there is no {self.resource_type} named like {self.named!r}"
            raise LookupError(message)
        del changed[found[0].part]["Resources"][found[0].logical_id]
        return changed


def _properties(resource: Resource) -> Json:
    properties: Json = resource.body.setdefault("Properties", {})
    return properties


def _path(root: Json, path: str) -> tuple[Any, str | int]:
    """The container and last step of a dotted path; digits are positions in a list."""
    steps: list[str | int] = [int(step) if step.isdigit() else step for step in path.split(".")]
    inner: Any = root
    for step in steps[:-1]:
        inner = inner[step]
    return inner, steps[-1]


def put(path: str, value: Any) -> Change:
    """Set a property."""

    def change(properties: Json) -> None:
        inner, last = _path(properties, path)
        inner[last] = value

    return change


def drop(path: str) -> Change:
    """Remove a property."""

    def change(properties: Json) -> None:
        inner, last = _path(properties, path)
        del inner[last]

    return change


def permit(**statement: Any) -> Change:
    """Add a statement to a role."""

    def change(properties: Json) -> None:
        document = properties["Policies"][0]["PolicyDocument"]
        document["Statement"].append({"Effect": "Allow", **statement})

    return change


def forbid(action: str) -> Change:
    """Take an action out of a role."""

    def change(properties: Json) -> None:
        for statement in properties["Policies"][0]["PolicyDocument"]["Statement"]:
            kept = [a for a in as_list(statement["Action"]) if a != action]
            statement["Action"] = kept or ["none:None"]

    return change


def everywhere(action: str) -> Change:
    """Remove the conditions on an action."""

    def change(properties: Json) -> None:
        for statement in properties["Policies"][0]["PolicyDocument"]["Statement"]:
            if action in as_list(statement["Action"]):
                statement.pop("Condition", None)

    return change


def conditioned(action: str) -> Change:
    """Put a condition on an action."""

    def change(properties: Json) -> None:
        for statement in properties["Policies"][0]["PolicyDocument"]["Statement"]:
            if action in as_list(statement["Action"]):
                statement["Condition"] = {"StringLike": {"s3:prefix": ["jobs/*"]}}

    return change


def open_to_all(properties: Json) -> None:
    """Let everybody in by a resource policy."""
    properties["PolicyDocument"]["Statement"].append(
        {"Effect": "Allow", "Action": "*", "Principal": {"AWS": "*"}, "Resource": "*"}
    )


def without_denials(properties: Json) -> None:
    """Stop refusing plain http."""
    kept = [s for s in properties["PolicyDocument"]["Statement"] if s["Effect"] != "Deny"]
    properties["PolicyDocument"]["Statement"] = kept


def replace_text(path: str, old: str, new: str) -> Change:
    """Replace a part of a text."""

    def change(properties: Json) -> None:
        inner, last = _path(properties, path)
        inner[last] = inner[last].replace(old, new)

    return change
