"""Plants realistic mistakes into the templates, one at a time, and counts how many the checks catch.

A mistake that is not caught is a missing check.
"""

import sys

from infra.checks.registry import findings
from infra.checks.synthesized import production_templates
from infra.mutations.mistakes import MUTATIONS


def main() -> int:
    """Print ``N planted, N caught``; the exit code tells whether all were."""
    stacks = production_templates()
    if clean := findings(stacks):
        sys.stderr.write("".join(f"{finding}\n" for finding in clean))
        sys.stderr.write("The templates are not right to begin with.\n")
        return 1
    missed = 0
    for mutation in MUTATIONS:
        found = findings(mutation.plant(stacks))
        sys.stdout.write(f"{mutation.name}: {found[0] if found else 'NOT CAUGHT'}\n")
        missed += not found
    sys.stdout.write(f"{len(MUTATIONS)} planted, {len(MUTATIONS) - missed} caught\n")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
