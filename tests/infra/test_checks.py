"""The templates hold what `infra.checks` demands, and the checks catch every planted mistake."""

import pytest

from infra.checks.registry import CHECKS, findings
from infra.mutations import __main__ as command
from infra.mutations.mistakes import MUTATIONS
from infra.mutations.planting import Mutation, put


@pytest.fixture(scope="module")
def stacks(templates):
    return {part: template.body for part, template in templates.items()}


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_holds(stacks, check):
    assert [str(finding) for finding in check(stacks)] == []


def test_holds_with_everything_switched_on(full_templates):
    assert [str(f) for f in findings({part: t.body for part, t in full_templates.items()})] == []


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.name)
def test_is_caught(stacks, mutation):
    assert findings(mutation.plant(stacks))


def test_every_check_catches_something(stacks):
    """A check that no mistake sets off proves nothing."""
    planted = [mutation.plant(stacks) for mutation in MUTATIONS]
    idle = [check.__name__ for check in CHECKS if not any(list(check(changed)) for changed in planted)]
    assert idle == []


def test_planting_leaves_the_templates_alone(stacks):
    for mutation in MUTATIONS:
        mutation.plant(stacks)
    assert findings(stacks) == []


def test_a_mistake_that_cannot_be_planted_is_not_counted_as_caught(stacks):
    with pytest.raises(LookupError, match="nothing was changed"):
        Mutation("same", "AWS::SageMaker::Endpoint", put("EndpointName", "stem-foundry-prod")).plant(stacks)
    with pytest.raises(LookupError, match=r"there is no AWS::Nothing"):
        Mutation("none", "AWS::Nothing", put("Name", "x")).plant(stacks)


def test_the_command_counts(capsys, monkeypatch, stacks):
    monkeypatch.setattr(command, "production_templates", lambda: stacks)
    assert command.main() == 0
    last = capsys.readouterr().out.splitlines()[-1]
    assert last == f"{len(MUTATIONS)} planted, {len(MUTATIONS)} caught"
    assert len(MUTATIONS) >= 25
