"""The mistakes that are planted: each has been made somewhere, by somebody."""

from infra.checks import inference, messaging, storage, web
from infra.mutations.planting import (
    Mutation,
    Removal,
    conditioned,
    drop,
    everywhere,
    forbid,
    open_to_all,
    permit,
    put,
    replace_text,
    without_denials,
)

ROLE = "AWS::IAM::Role"
ROUTE = "AWS::ApiGatewayV2::Route"
FUNCTION = "AWS::Lambda::Function"
_VARIANT = "ProductionVariants.0"
_ASYNC = "AsyncInferenceConfig"
_CONFIG = "DistributionConfig"
_API = f"{_CONFIG}.CacheBehaviors.0"

_ENDPOINT = (
    Mutation(
        "host driver left to the default", inference.CONFIGURATION, drop(f"{_VARIANT}.InferenceAmiVersion")
    ),
    Mutation(
        "host driver of CUDA 12",
        inference.CONFIGURATION,
        put(f"{_VARIANT}.InferenceAmiVersion", "al2-ami-sagemaker-inference-gpu-3-1"),
    ),
    Mutation(
        "image by tag",
        inference.MODEL,
        put("PrimaryContainer.Image", "123456789012.dkr.ecr.eu-west-1.amazonaws.com/stem-foundry:latest"),
    ),
    Mutation(
        "silent fallback to the CPU",
        inference.MODEL,
        put("PrimaryContainer.Environment.REQUIRE_GPU", "False"),
    ),
    Mutation("model with a fixed name", inference.MODEL, put("ModelName", "stem-foundry")),
    Mutation(
        "configuration with a fixed name", inference.CONFIGURATION, put("EndpointConfigName", "stem-foundry")
    ),
    Mutation("endpoint without a name", inference.ENDPOINT, drop("EndpointName")),
    Mutation(
        "no instance to begin with", inference.CONFIGURATION, put(f"{_VARIANT}.InitialInstanceCount", 0)
    ),
    Mutation(
        "a single instance type", inference.CONFIGURATION, put(f"{_VARIANT}.InstanceType", "ml.g4dn.xlarge")
    ),
    Mutation(
        "health check at the default",
        inference.CONFIGURATION,
        drop(f"{_VARIANT}.ContainerStartupHealthCheckTimeoutInSeconds"),
    ),
    Mutation(
        "four songs at a time",
        inference.CONFIGURATION,
        put(f"{_ASYNC}.ClientConfig.MaxConcurrentInvocationsPerInstance", 4),
    ),
    Mutation(
        "no error topic",
        inference.CONFIGURATION,
        drop(f"{_ASYNC}.OutputConfig.NotificationConfig.ErrorTopic"),
    ),
    Mutation("no failure path", inference.CONFIGURATION, drop(f"{_ASYNC}.OutputConfig.S3FailurePath")),
    Mutation("one instance for ever", inference.TARGET, put("MinCapacity", 1)),
    Mutation("unbounded instances", inference.TARGET, drop("MaxCapacity")),
    Removal("no scaling at all", inference.TARGET, drop("")),
)

_SCALING = (
    Mutation("dimension renamed", inference.ALARM, put("Dimensions.0.Name", "Endpoint"), "ScalingWake"),
    Mutation(
        "dimension of the variant added",
        inference.ALARM,
        put(
            "Dimensions",
            [
                {"Name": "EndpointName", "Value": "stem-foundry-prod"},
                {"Name": "VariantName", "Value": "gpu"},
            ],
        ),
        "ScalingWake",
    ),
    Mutation("another endpoint watched", inference.ALARM, put("Dimensions.0.Value", "other"), "ScalingWake"),
    Mutation("two datapoints to wake", inference.ALARM, put("EvaluationPeriods", 2), "ScalingWake"),
    Mutation("wake-up forgotten", inference.ALARM, put("AlarmActions", []), "ScalingWake"),
    Removal("no wake-up alarm", inference.ALARM, drop(""), "ScalingWake"),
    Mutation(
        "work in progress not tracked",
        inference.POLICY,
        drop("TargetTrackingScalingPolicyConfiguration.CustomizedMetricSpecification.Metrics.1"),
        "ScalingFollow",
    ),
    Mutation(
        "sum instead of mean of the work",
        inference.POLICY,
        put(
            "TargetTrackingScalingPolicyConfiguration.CustomizedMetricSpecification.Metrics.1.MetricStat.Stat",
            "Sum",
        ),
        "ScalingFollow",
    ),
    Mutation("silence means idle", inference.ALARM, put("TreatMissingData", "breaching"), "ScalingRest"),
)

_STORAGE = (
    Mutation("public bucket", storage.BUCKET, put("PublicAccessBlockConfiguration.BlockPublicAcls", False)),
    Mutation("public access not blocked", storage.BUCKET, drop("PublicAccessBlockConfiguration")),
    Mutation("bucket policy for everybody", "AWS::S3::BucketPolicy", open_to_all),
    Mutation("bucket without encryption", storage.BUCKET, drop("BucketEncryption"), "AudioBucket"),
    Mutation("bucket over plain http", "AWS::S3::BucketPolicy", without_denials, "AudioBucket"),
    Mutation(
        "open CORS of the bucket",
        storage.BUCKET,
        put("CorsConfiguration.CorsRules.0.AllowedOrigins", ["*"]),
        "AudioBucket",
    ),
    Mutation("songs kept for ever", storage.BUCKET, drop("LifecycleConfiguration"), "AudioBucket"),
    Mutation(
        "expiry switched off",
        storage.BUCKET,
        put("LifecycleConfiguration.Rules.0.Status", "Disabled"),
        "AudioBucket",
    ),
    Mutation("no point-in-time recovery", storage.TABLE, drop("PointInTimeRecoverySpecification")),
    Mutation("no time to live", storage.TABLE, drop("TimeToLiveSpecification")),
    Mutation("table may be deleted", storage.TABLE, put("DeletionProtectionEnabled", False)),
    Mutation("logs for ever", "AWS::Logs::LogGroup", drop("RetentionInDays")),
)

_MESSAGES = (
    Mutation("missing dead-letter queue", messaging.QUEUE, drop("RedrivePolicy"), "ResultQueue"),
    Mutation("unencrypted queue", messaging.QUEUE, put("SqsManagedSseEnabled", False), "ResultQueue"),
    Mutation("impatient queue", messaging.QUEUE, put("VisibilityTimeout", 30), "ResultQueue"),
    Mutation("unencrypted topic", "AWS::SNS::TopicPolicy", without_denials),
    Removal("topic without a policy", "AWS::SNS::TopicPolicy", drop(""), "ErrorTopic"),
    Mutation("topic for everybody", "AWS::SNS::TopicPolicy", open_to_all),
    Mutation("whole batches again", "AWS::Lambda::EventSourceMapping", drop("FunctionResponseTypes")),
)

_IDENTITY = (
    Mutation("wildcard action", ROLE, permit(Action="s3:*", Resource="arn:aws:s3:::x/*"), "FunctionsProcess"),
    Mutation("wildcard resource", ROLE, permit(Action="s3:GetObject", Resource="*"), "FunctionsStatus"),
    Mutation(
        "managed policy",
        ROLE,
        put("ManagedPolicyArns", ["arn:aws:iam::aws:policy/PowerUserAccess"]),
        "Functions",
    ),
    Mutation("all items", ROLE, everywhere("dynamodb:UpdateItem"), "FunctionsCancel"),
    Mutation("any metric", ROLE, everywhere("cloudwatch:PutMetricData"), "ContainerRole"),
    Mutation("listing with a prefix only", ROLE, conditioned("s3:ListBucket"), "ContainerRole"),
    Mutation("results cannot be published", ROLE, forbid("sns:Publish"), "ContainerRole"),
    Mutation("image cannot be pulled", ROLE, forbid("ecr:BatchGetImage"), "ContainerRole"),
    Mutation(
        "any endpoint may be called",
        ROLE,
        permit(Action="sagemaker:InvokeEndpointAsync", Resource="arn:aws:sagemaker:*:*:*"),
        "FunctionsProcess",
    ),
    Mutation(
        "role for everybody",
        ROLE,
        put("AssumeRolePolicyDocument.Statement.0.Principal", {"AWS": "*"}),
        "FunctionsUpload",
    ),
)

_API_MISTAKES = (
    Mutation("open CORS of the API", "AWS::ApiGatewayV2::Api", put("CorsConfiguration.AllowOrigins", ["*"])),
    Mutation("route without a session", ROUTE, put("AuthorizationType", "NONE"), "DeleteJob"),
    Removal("route forgotten", ROUTE, drop(""), "CancelJob"),
    Mutation(
        "origin not checked",
        "AWS::ApiGatewayV2::Authorizer",
        put("IdentitySource", ["$request.header.Authorization"]),
    ),
    Mutation("no throttle", "AWS::ApiGatewayV2::Stage", drop("DefaultRouteSettings")),
    Mutation("no access log", "AWS::ApiGatewayV2::Stage", drop("AccessLogSettings")),
    Mutation("another runtime", FUNCTION, put("Runtime", "python3.9"), "FunctionsProcess"),
    Mutation("no traces", FUNCTION, drop("TracingConfig"), "FunctionsProcess"),
    Mutation("anybody's gateway may call", "AWS::Lambda::Permission", drop("SourceArn")),
    Removal("reconciler never runs", "AWS::Events::Rule", drop(""), "FunctionsReconcile"),
    Mutation("schedule switched off", "AWS::Events::Rule", put("State", "DISABLED"), "FunctionsCleanup"),
)

_IMAGE = (
    Mutation("tags can be moved", "AWS::ECR::Repository", put("ImageTagMutability", "MUTABLE")),
    Mutation("images not scanned", "AWS::ECR::Repository", drop("ImageScanningConfiguration")),
    Mutation("build without a key", "AWS::CodeBuild::Project", drop("EncryptionKey")),
    Mutation("key never rotates", "AWS::KMS::Key", put("EnableKeyRotation", False)),
)

_WEB = (
    Mutation(
        "site over plain http",
        web.DISTRIBUTION,
        put(f"{_CONFIG}.DefaultCacheBehavior.ViewerProtocolPolicy", "allow-all"),
    ),
    Mutation(
        "answers cached for others",
        web.DISTRIBUTION,
        put(f"{_API}.CachePolicyId", "658327ea-f89d-4fab-a63d-7e88639e58f6"),
    ),
    Mutation("tokens not passed on", web.DISTRIBUTION, drop(f"{_API}.OriginRequestPolicyId")),
    Mutation(
        "error page over the API",
        web.DISTRIBUTION,
        put(f"{_CONFIG}.CustomErrorResponses", [{"ErrorCode": 404, "ResponsePagePath": "/index.html"}]),
    ),
    Mutation(
        "secret in clear",
        web.DISTRIBUTION,
        put(
            f"{_CONFIG}.Origins.1.OriginCustomHeaders",
            [{"HeaderName": "x-origin-verify", "HeaderValue": "hunter2"}],
        ),
    ),
    Mutation("no firewall", web.DISTRIBUTION, drop(f"{_CONFIG}.WebACLId")),
    Mutation("firewall only counts", "AWS::WAFv2::WebACL", put("Rules.1.OverrideAction", {"Count": {}})),
    Mutation("no rate limit", "AWS::WAFv2::WebACL", drop("Rules.0")),
    Mutation(
        "bucket read without a signature",
        "AWS::CloudFront::OriginAccessControl",
        put("OriginAccessControlConfig.SigningBehavior", "never"),
    ),
    Mutation(
        "inline scripts",
        "AWS::CloudFront::ResponseHeadersPolicy",
        replace_text(
            "ResponseHeadersPolicyConfig.SecurityHeadersConfig.ContentSecurityPolicy"
            ".ContentSecurityPolicy.Fn::Join.1.0",
            "script-src 'self'",
            "script-src 'self' 'unsafe-inline'",
        ),
        "SiteHeaders",
    ),
)

_OPS = (
    Mutation("alarm without an action", inference.ALARM, put("AlarmActions", []), "AlarmsDlq"),
    Mutation("alarm without a page", inference.ALARM, put("AlarmDescription", "Broken"), "AlarmsLostJobs"),
    Mutation("metric misspelt", inference.ALARM, put("MetricName", "JobsLost"), "AlarmsLostJobs"),
    Mutation("alarm where no data is", inference.ALARM, drop("Dimensions"), "AlarmsOldest"),
    Removal("no alarm on failures", inference.ALARM, drop(""), "AlarmsFailureRate"),
    Removal("no alarm on silent machines", inference.ALARM, drop(""), "AlarmsNoHeartbeat"),
    Removal("failed endpoint not told", "AWS::Events::Rule", drop(""), "EndpointNotInService"),
)

MUTATIONS: tuple[Mutation, ...] = (
    *_ENDPOINT,
    *_SCALING,
    *_STORAGE,
    *_MESSAGES,
    *_IDENTITY,
    *_API_MISTAKES,
    *_IMAGE,
    *_WEB,
    *_OPS,
)
