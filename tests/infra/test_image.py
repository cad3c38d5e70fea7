"""Where the container's image is built and kept."""

import pytest

from infra.settings import Settings
from tests.infra.conftest import synthesize
from tests.infra.templates import as_list


@pytest.fixture(scope="session")
def image(templates):
    return templates["Image"]


@pytest.fixture(scope="session")
def project(image):
    return image.only("AWS::CodeBuild::Project")


def test_tags_never_move_and_images_are_scanned(image):
    repository = image.only("AWS::ECR::Repository")
    assert repository["RepositoryName"] == "stem-foundry-prod"
    assert repository["ImageTagMutability"] == "IMMUTABLE"
    assert repository["ImageScanningConfiguration"] == {"ScanOnPush": True}


def test_old_images_are_forgotten(image):
    rules = image.only("AWS::ECR::Repository")["LifecyclePolicy"]["LifecyclePolicyText"]
    assert '"countNumber":10' in rules
    assert '"tagStatus":"untagged"' in rules


def test_images_of_production_outlive_the_stack(image, tmp_path):
    (repository,) = [r for r in image.body["Resources"].values() if r["Type"] == "AWS::ECR::Repository"]
    assert repository["DeletionPolicy"] == "Retain"
    development = synthesize(Settings(), tmp_path)["Image"]
    assert development.only("AWS::ECR::Repository")["EmptyOnDelete"] is True


def test_the_endpoint_and_its_role_name_this_repository(image, inference, storage):
    name = image.only("AWS::ECR::Repository")["RepositoryName"]
    deployed = inference.render(inference.only("AWS::SageMaker::Model")["PrimaryContainer"]["Image"])
    assert f"/{name}@" in deployed
    (policy,) = storage.only("AWS::IAM::Role")["Policies"]
    pulled = [
        storage.render(resource)
        for statement in policy["PolicyDocument"]["Statement"]
        if "ecr:BatchGetImage" in as_list(statement["Action"])
        for resource in as_list(statement["Resource"])
    ]
    assert [resource.rpartition(":")[2] for resource in pulled] == [f"repository/{name}"]


def test_build_and_deployment_agree_on_the_digests_parameter(image, project, inference):
    variables = {v["Name"]: v["Value"] for v in project["Environment"]["EnvironmentVariables"]}
    assert variables["DIGEST_PARAMETER"] == inference.body["Parameters"]["ImageDigest"]["Default"]
    assert image.output("ImageDigestParameter") == variables["DIGEST_PARAMETER"]
    # A parameter of the stack would be drift after every build, and a placeholder before the first.
    assert image.of_type("AWS::SSM::Parameter") == {}


def test_the_image_holds_the_models_of_the_settings(project):
    variables = {v["Name"]: v["Value"] for v in project["Environment"]["EnvironmentVariables"]}
    assert variables["MODELS"] == "htdemucs foundry_4s foundry_kit"


def test_the_build_can_run_a_container_engine_and_ends(project):
    assert project["Environment"]["PrivilegedMode"] is True
    assert project["Environment"]["Type"] == "LINUX_CONTAINER"
    assert project["TimeoutInMinutes"] == 90
    assert project["ConcurrentBuildLimit"] == 1
    assert project["Source"]["BuildSpec"] == "buildspec.yml"
    assert project["Source"]["Type"] == "S3"


def test_sources_and_builds_are_encrypted_with_a_key_that_rotates(image, project):
    (key,) = image.of_type("AWS::KMS::Key")
    assert image.only("AWS::KMS::Key")["EnableKeyRotation"] is True
    assert image.render(project["EncryptionKey"]) == f"<{key}.Arn>"
    (rule,) = image.only("AWS::S3::Bucket")["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert image.render(rule["ServerSideEncryptionByDefault"]["KMSMasterKeyID"]) == f"<{key}.Arn>"


def test_the_source_bucket_is_private_and_versioned(image):
    bucket = image.only("AWS::S3::Bucket")
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    (statement,) = image.only("AWS::S3::BucketPolicy")["PolicyDocument"]["Statement"]
    assert (statement["Effect"], statement["Condition"]) == (
        "Deny",
        {"Bool": {"aws:SecureTransport": "false"}},
    )


def test_an_upload_builds_the_version_that_was_uploaded(image):
    bucket = image.only("AWS::S3::Bucket")
    events = bucket["NotificationConfiguration"]["EventBridgeConfiguration"]
    assert events == {"EventBridgeEnabled": True}
    rule = image.only("AWS::Events::Rule")
    assert rule["EventPattern"]["detail-type"] == ["Object Created"]
    assert rule["EventPattern"]["detail"]["object"] == {"key": ["source.zip"]}
    (target,) = rule["Targets"]
    assert target["InputTransformer"]["InputTemplate"] == '{"sourceVersion":<detail-object-version-id>}'
    (project,) = image.of_type("AWS::CodeBuild::Project")
    assert image.render(target["Arn"]) == f"<{project}.Arn>"


EXPECTED = {
    "codebuild.amazonaws.com": """
ecr:BatchCheckLayerAvailability repository
ecr:BatchGetImage repository
ecr:CompleteLayerUpload repository
ecr:DescribeImageScanFindings repository
ecr:DescribeImages repository
ecr:GetAuthorizationToken *
ecr:GetDownloadUrlForLayer repository
ecr:InitiateLayerUpload repository
ecr:PutImage repository
ecr:UploadLayerPart repository
kms:Decrypt key
kms:GenerateDataKey key
logs:CreateLogStream logs
logs:PutLogEvents logs
s3:GetBucketLocation sources
s3:GetBucketVersioning sources
s3:GetObject sources/source.zip
s3:GetObjectVersion sources/source.zip
ssm:PutParameter digest
""",
    "events.amazonaws.com": """
codebuild:StartBuild project
""",
}


@pytest.mark.parametrize("service", EXPECTED)
def test_each_role_may_do_exactly_this(image, service):
    names = {
        "repository": "AWS::ECR::Repository",
        "key": "AWS::KMS::Key",
        "logs": "AWS::Logs::LogGroup",
        "sources": "AWS::S3::Bucket",
        "project": "AWS::CodeBuild::Project",
    }
    known = {f"<{next(iter(image.of_type(kind)))}.Arn>": name for name, kind in names.items()}
    known[
        "arn:<AWS::Partition>:ssm:<AWS::Region>:<AWS::AccountId>:parameter/stem-foundry/prod/image-digest"
    ] = "digest"
    (role,) = [
        r
        for r in image.of_type("AWS::IAM::Role").values()
        if r["AssumeRolePolicyDocument"]["Statement"][0]["Principal"] == {"Service": service}
    ]
    (policy,) = role["Policies"]
    found = []
    for statement in policy["PolicyDocument"]["Statement"]:
        assert statement.keys() == {"Action", "Effect", "Resource"}
        for action in as_list(statement["Action"]):
            for resource in as_list(statement["Resource"]):
                text = image.render(resource)
                for arn, name in known.items():
                    text = text.replace(arn, name)
                found.append(f"{action} {text}")
    assert sorted(found) == EXPECTED[service].split("\n")[1:-1]


def test_no_permission_hides_elsewhere(image):
    assert len(image.of_type("AWS::IAM::Role")) == len(EXPECTED)
    assert not image.of_type("AWS::IAM::Policy")
    assert not image.of_type("AWS::IAM::ManagedPolicy")
