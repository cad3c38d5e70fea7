"""Topics and queues: nothing is lost, nobody else writes."""

from collections.abc import Iterator

from contract.functions import FUNCTIONS, FunctionName
from infra.checks.model import Check, Finding, Stacks, as_list, expect, mentions, resources, text
from infra.checks.storage import refuses_plain_http

QUEUE = "AWS::SQS::Queue"
TOPIC = "AWS::SNS::Topic"


def queues_are_encrypted(stacks: Stacks) -> Iterator[Finding]:
    """At rest and on the way."""
    for queue in resources(stacks, QUEUE):
        encrypted = queue.at("SqsManagedSseEnabled") is True or queue.at("KmsMasterKeyId")
        yield from queue.must(encrypted, "is not encrypted")
        yield from queue.must(
            refuses_plain_http(stacks, queue, "AWS::SQS::QueuePolicy"), "accepts plain http"
        )


def topics_are_closed(stacks: Stacks) -> Iterator[Finding]:
    """Encrypted on the way, and with a policy: SNS's default one lets the whole account publish."""
    yield from expect(stacks, TOPIC, 3)
    for topic in resources(stacks, TOPIC):
        refused = refuses_plain_http(stacks, topic, "AWS::SNS::TopicPolicy")
        yield from topic.must(refused, "accepts plain http")
    for policy in resources(stacks, "AWS::SNS::TopicPolicy", "AWS::SQS::QueuePolicy"):
        for statement in as_list(policy.at("PolicyDocument", "Statement")):
            public = statement["Effect"] == "Allow" and '"*"' in text(statement["Principal"])
            yield from policy.must(not public, "lets everybody write")


def failed_messages_are_kept(stacks: Stacks) -> Iterator[Finding]:
    """Every queue but the dead-letter queues has one, which keeps messages as long as SQS can."""
    yield from expect(stacks, QUEUE, 2)
    queues = resources(stacks, QUEUE)
    dead = {
        queue.where
        for queue in queues
        for other in queues
        if mentions(other.at("RedrivePolicy", "deadLetterTargetArn"), queue.logical_id)
    }
    for queue in queues:
        if queue.where in dead:
            kept = queue.at("MessageRetentionPeriod") == 14 * 24 * 3600
            yield from queue.must(kept, "forgets undeliverable messages early")
            continue
        receives = queue.at("RedrivePolicy", "maxReceiveCount")
        yield from queue.must(receives and 2 <= receives <= 10, "has no dead-letter queue")
        patience = 6 * FUNCTIONS[FunctionName.RESULT].timeout_seconds
        visible = queue.at("VisibilityTimeout") or 0
        yield from queue.must(visible >= patience, "delivers again while its reader still works")


CHECKS: tuple[Check, ...] = (queues_are_encrypted, topics_are_closed, failed_messages_are_kept)
