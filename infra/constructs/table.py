"""The one table: records, idempotency, cache, usage, sessions and worker heartbeats."""

from aws_cdk import aws_dynamodb as dynamodb
from constructs import Construct

from contract import keys
from infra.constructs.retention import data_removal_policy
from infra.settings import Settings

_STRING = dynamodb.AttributeType.STRING

# Sparse: an item is in an index only while it has the index's partition attribute.
INDEX_KEYS = {
    keys.BY_OWNER_INDEX: (("owner_jobs", _STRING), ("created_order", _STRING)),
    keys.ACTIVE_INDEX: (("active", _STRING), ("created_order", _STRING)),
    keys.EXPIRING_INDEX: (("expiring", _STRING), ("retention_ends_at", dynamodb.AttributeType.NUMBER)),
}


class ServiceTable(Construct):
    """On-demand table with time to live, point-in-time recovery and three sparse indexes."""

    def __init__(self, scope: Construct, construct_id: str, *, settings: Settings) -> None:
        super().__init__(scope, construct_id)
        self.table = dynamodb.Table(
            self,
            "Table",
            partition_key=dynamodb.Attribute(name=keys.PARTITION_KEY, type=_STRING),
            sort_key=dynamodb.Attribute(name=keys.SORT_KEY, type=_STRING),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            time_to_live_attribute=keys.TIME_TO_LIVE_ATTRIBUTE,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            deletion_protection=bool(settings.retain_data),
            removal_policy=data_removal_policy(settings),
        )
        for name, (partition, sort) in INDEX_KEYS.items():
            self.table.add_global_secondary_index(
                index_name=name,
                partition_key=dynamodb.Attribute(name=partition[0], type=partition[1]),
                sort_key=dynamodb.Attribute(name=sort[0], type=sort[1]),
                projection_type=dynamodb.ProjectionType.ALL,
            )
