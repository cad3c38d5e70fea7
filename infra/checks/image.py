"""Registry and build of the container."""

from collections.abc import Iterator

from infra.checks.model import Check, Finding, Stacks, expect, resources


def images_cannot_be_replaced(stacks: Stacks) -> Iterator[Finding]:
    """A tag names one image for ever; every image is scanned; old ones go."""
    yield from expect(stacks, "AWS::ECR::Repository")
    for repository in resources(stacks, "AWS::ECR::Repository"):
        immutable = repository.at("ImageTagMutability") == "IMMUTABLE"
        yield from repository.must(immutable, "lets tags be moved")
        scanned = repository.at("ImageScanningConfiguration", "ScanOnPush") is True
        yield from repository.must(scanned, "does not scan images")
        yield from repository.must(repository.at("LifecyclePolicy"), "keeps every image for ever")


def builds_are_encrypted_and_bounded(stacks: Stacks) -> Iterator[Finding]:
    """A key of their own that rotates, logs, and an end."""
    yield from expect(stacks, "AWS::CodeBuild::Project")
    for project in resources(stacks, "AWS::CodeBuild::Project"):
        yield from project.must(project.at("EncryptionKey"), "is not encrypted with a key of its own")
        yield from project.must(project.at("TimeoutInMinutes"), "may build for hours")
        logged = project.at("LogsConfig", "CloudWatchLogs", "Status") == "ENABLED"
        yield from project.must(logged, "does not log")
    for key in resources(stacks, "AWS::KMS::Key"):
        yield from key.must(key.at("EnableKeyRotation") is True, "does not rotate")


CHECKS: tuple[Check, ...] = (images_cannot_be_replaced, builds_are_encrypted_and_bounded)
