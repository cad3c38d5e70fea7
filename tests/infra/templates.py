"""Reading CloudFormation templates: resources by type, and expressions as short text."""

from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True)
class Template:
    """One stack's template; ``imports`` renders what it imports from other stacks."""

    body: Json
    imports: dict[str, str]

    def of_type(self, resource_type: str) -> dict[str, Json]:
        """Properties by logical id."""
        return {
            logical_id: resource.get("Properties", {})
            for logical_id, resource in self.body["Resources"].items()
            if resource["Type"] == resource_type
        }

    def only(self, resource_type: str) -> Json:
        """Properties of the single resource of a type."""
        (properties,) = self.of_type(resource_type).values()
        return properties

    def render(self, value: Any) -> str:
        """Text of an expression: ``<Id>`` for Ref, ``<Id.Attribute>`` for GetAtt, imports followed."""
        match value:
            case str():
                return value
            case {"Ref": name}:
                return f"<{name}>"
            case {"Fn::GetAtt": [name, attribute]}:
                return f"<{name}.{attribute}>"
            case {"Fn::ImportValue": name}:
                return self.imports[name]
            case {"Fn::Join": [separator, parts]}:
                return separator.join(self.render(part) for part in parts)
        raise AssertionError(f"no rendering for {value!r}")

    def output(self, name: str) -> str:
        """Rendered value of an output."""
        return self.render(self.body["Outputs"][name]["Value"])


def as_list(value: Any) -> list[Any]:
    """IAM writes a list of one as its element."""
    return value if isinstance(value, list) else [value]
