import re

from contract import keys
from contract.audio import OutputOptions
from contract.functions import FUNCTIONS, FunctionName
from contract.inference import Source
from contract.records import JobRecord, UploadRecord
from contract.states import JobState, UploadState
from tests.infra.templates import as_list


def resource(template, resource_type, prefix):
    """The one resource of a type whose logical id begins like this."""
    (found,) = [r for name, r in template.of_type(resource_type).items() if re.match(prefix, name)]
    return found


def audio_bucket(storage):
    return resource(storage, "AWS::S3::Bucket", "AudioBucket")


# --- bucket ---


def test_buckets_are_private_and_encrypted(storage):
    buckets = storage.of_type("AWS::S3::Bucket").values()
    assert len(buckets) == 2
    for bucket in buckets:
        assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
        assert len(bucket["PublicAccessBlockConfiguration"]) == 4
        (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
        assert rule["ServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
        assert bucket["OwnershipControls"]["Rules"] == [{"ObjectOwnership": "BucketOwnerEnforced"}]


def test_browser_access_is_limited_to_the_site(storage, settings):
    (rule,) = audio_bucket(storage)["CorsConfiguration"]["CorsRules"]
    assert rule == {
        "AllowedOrigins": list(settings.site_origins),
        "AllowedMethods": ["GET", "PUT", "HEAD"],
        "AllowedHeaders": ["*"],
        "ExposedHeaders": [
            "ETag",
            "Content-Range",
            "Content-Length",
            "x-amz-checksum-crc64nvme",
            "x-amz-checksum-sha256",
            "x-amz-checksum-type",
        ],
        "MaxAge": 3600,
    }


def test_everything_in_the_bucket_expires(storage):
    rules = audio_bucket(storage)["LifecycleConfiguration"]["Rules"]
    assert all(rule["Status"] == "Enabled" for rule in rules)
    days = {rule["Prefix"]: rule["ExpirationInDays"] for rule in rules if "ExpirationInDays" in rule}
    assert days == {"uploads/": 8, "jobs/": 9, "inference/": 9, "inference-failures/": 9}
    (abandoned,) = [rule for rule in rules if "AbortIncompleteMultipartUpload" in rule]
    assert abandoned["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 1}
    assert "Prefix" not in abandoned


def test_access_to_audio_is_logged(storage):
    target = audio_bucket(storage)["LoggingConfiguration"]["DestinationBucketName"]
    assert storage.render(target).startswith("<AudioAccessLogs")


# --- table ---


def test_table_keys_expiry_and_recovery(storage):
    table = storage.only("AWS::DynamoDB::Table")
    assert table["KeySchema"] == [
        {"AttributeName": "pk", "KeyType": "HASH"},
        {"AttributeName": "sk", "KeyType": "RANGE"},
    ]
    assert table["BillingMode"] == "PAY_PER_REQUEST"
    assert table["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}
    assert table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"] is True
    assert table["DeletionProtectionEnabled"] is True


def indexes(storage):
    return {
        index["IndexName"]: tuple(key["AttributeName"] for key in index["KeySchema"])
        for index in storage.only("AWS::DynamoDB::Table")["GlobalSecondaryIndexes"]
    }


def test_indexes(storage):
    assert indexes(storage) == {
        "by_owner": ("owner_jobs", "created_order"),
        "active": ("active", "created_order"),
        "expiring": ("expiring", "retention_ends_at"),
    }
    table = storage.only("AWS::DynamoDB::Table")
    assert {i["Projection"]["ProjectionType"] for i in table["GlobalSecondaryIndexes"]} == {"ALL"}
    types = {a["AttributeName"]: a["AttributeType"] for a in table["AttributeDefinitions"]}
    assert types.pop("retention_ends_at") == "N"
    assert set(types.values()) == {"S"}


def test_records_carry_the_attributes_of_their_indexes(storage):
    job = JobRecord(
        job_id="j",
        owner="o",
        state=JobState.QUEUED,
        attempt=1,
        source=Source(key="uploads/u/source", etag="e", size_bytes=1, filename="a.wav"),
        upload_id="u",
        model="m",
        stems=[],
        output=OutputOptions(),
        metadata={},
        retention_hours=1,
        created_at=0,
        created_order="0",
        retention_ends_at=1,
    ).item()
    upload = UploadRecord(
        upload_id="u",
        owner="o",
        state=UploadState.OPEN,
        filename="a.wav",
        size_bytes=1,
        content_type="audio/wav",
        created_at=0,
        link_expires_at=1,
        retention_ends_at=1,
    ).item()
    for index in (keys.BY_OWNER_INDEX, keys.ACTIVE_INDEX, keys.EXPIRING_INDEX):
        assert set(indexes(storage)[index]) <= job.keys()
    assert set(indexes(storage)[keys.EXPIRING_INDEX]) <= upload.keys()


# --- notifications ---


def test_results_reach_the_queue_in_their_envelope(storage):
    queue = resource(storage, "AWS::SQS::Queue", "NotificationsResultQueue")
    dead = resource(storage, "AWS::SQS::Queue", "NotificationsResultDeadLetterQueue")
    assert queue["SqsManagedSseEnabled"] is True
    assert dead["SqsManagedSseEnabled"] is True
    assert queue["VisibilityTimeout"] == 6 * FUNCTIONS[FunctionName.RESULT].timeout_seconds
    assert queue["RedrivePolicy"]["maxReceiveCount"] == 5
    assert "ResultDeadLetterQueue" in storage.render(queue["RedrivePolicy"]["deadLetterTargetArn"])
    assert dead["MessageRetentionPeriod"] == 14 * 24 * 3600
    subscriptions = storage.of_type("AWS::SNS::Subscription").values()
    assert len(subscriptions) == len(storage.of_type("AWS::SNS::Topic")) == 2
    assert {s["Protocol"] for s in subscriptions} == {"sqs"}
    assert {s.get("RawMessageDelivery", False) for s in subscriptions} == {False}


def topic_statements(template):
    return [
        s
        for p in template.of_type("AWS::SNS::TopicPolicy").values()
        for s in p["PolicyDocument"]["Statement"]
    ]


def test_only_the_container_may_publish(storage):
    allowed = [s for s in topic_statements(storage) if s["Effect"] == "Allow"]
    assert len(allowed) == 2
    for statement in allowed:
        assert statement["Action"] == "sns:Publish"
        assert storage.render(statement["Principal"]["AWS"]).startswith("<ContainerRole")


def test_only_the_topics_may_send_to_the_queue(storage):
    allowed = [
        s
        for policy in storage.of_type("AWS::SQS::QueuePolicy").values()
        for s in policy["PolicyDocument"]["Statement"]
        if s["Effect"] == "Allow"
    ]
    assert len(allowed) == 2
    for statement in allowed:
        assert statement["Action"] == "sqs:SendMessage"
        assert statement["Principal"] == {"Service": "sns.amazonaws.com"}
        assert "Topic" in storage.render(statement["Condition"]["ArnEquals"]["aws:SourceArn"])


# --- TLS, secret, retention ---


def denials_of_plain_http(template):
    policies = [
        p["PolicyDocument"]["Statement"]
        for kind in ("AWS::S3::BucketPolicy", "AWS::SNS::TopicPolicy", "AWS::SQS::QueuePolicy")
        for p in template.of_type(kind).values()
    ]
    refusal = {"Bool": {"aws:SecureTransport": "false"}}
    return [s for p in policies for s in p if s["Effect"] == "Deny" and s.get("Condition") == refusal]


def test_plain_http_is_refused_unless_the_setting_says_otherwise(storage, local_templates):
    # Two buckets, two topics, two queues.
    assert len(denials_of_plain_http(storage)) == 6
    assert denials_of_plain_http(local_templates["Storage"]) == []


def test_signing_secret_is_generated(storage):
    generated = storage.only("AWS::SecretsManager::Secret")["GenerateSecretString"]
    assert generated == {"PasswordLength": 64, "ExcludePunctuation": True}


def data(template):
    kinds = {"AWS::S3::Bucket", "AWS::DynamoDB::Table", "AWS::SecretsManager::Secret"}
    return [r for r in template.body["Resources"].values() if r["Type"] in kinds]


def test_data_outlives_the_stack_only_where_it_matters(storage, local_templates):
    assert {r["DeletionPolicy"] for r in data(storage)} == {"Retain"}
    local = local_templates["Storage"]
    assert {r["DeletionPolicy"] for r in data(local)} == {"Delete"}
    assert local.only("AWS::DynamoDB::Table").get("DeletionProtectionEnabled", False) is False


# --- the container's role ---


def test_container_role_is_sagemakers_and_locally_also_the_accounts(storage, local_templates):
    def principals(template):
        role = template.only("AWS::IAM::Role")
        return [
            (kind, template.render(value))
            for statement in role["AssumeRolePolicyDocument"]["Statement"]
            for kind, values in statement["Principal"].items()
            for value in as_list(values)
        ]

    sagemaker = ("Service", "sagemaker.amazonaws.com")
    assert principals(storage) == [sagemaker]
    root = ("AWS", "arn:<AWS::Partition>:iam::<AWS::AccountId>:root")
    assert sorted(principals(local_templates["Storage"])) == sorted([sagemaker, root])


def test_outputs(storage):
    named = [name for name in storage.body["Outputs"] if not name.startswith("ExportsOutput")]
    assert sorted(named) == sorted(
        [
            "AudioBucketName",
            "TableName",
            "SuccessTopicArn",
            "ErrorTopicArn",
            "ResultQueueUrl",
            "ResultDeadLetterQueueUrl",
            "ContainerRoleArn",
            "SigningSecretArn",
        ]
    )
    assert re.fullmatch(r"<SigningSecret\w+\.Id>", storage.output("SigningSecretArn"))
