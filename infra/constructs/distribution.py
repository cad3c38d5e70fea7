"""CloudFront before site and API: one host name for both."""

from dataclasses import dataclass
from pathlib import Path

from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_cloudfront_origins as origins
from aws_cdk import aws_s3 as s3
from constructs import Construct

from contract.edge import ORIGIN_VERIFY_HEADER
from contract.page import content_security_policy
from infra.acknowledgements import acknowledge
from infra.constructs.site_headers import api_headers, site_headers
from infra.settings import Settings

EDGE_CODE = Path(__file__).resolve().parent.parent / "edge"
API_PATHS = "/v1/*"


@dataclass(frozen=True, slots=True, kw_only=True)
class DistributionInputs:
    """What the distribution stands before."""

    site: s3.IBucket
    access_logs: s3.IBucket
    api_host: str
    origin_secret_arn: str
    revision: str
    audio_hosts: list[str]
    web_acl_arn: str | None


class Distribution(Construct):
    """Serves the site, and the API below ``/v1/`` without caching anything of it."""

    def __init__(
        self, scope: Construct, construct_id: str, *, settings: Settings, inputs: DistributionInputs
    ) -> None:
        super().__init__(scope, construct_id)
        certificate = (
            acm.Certificate.from_certificate_arn(self, "Certificate", settings.certificate_arn)
            if settings.certificate_arn
            else None
        )
        self.distribution = cloudfront.Distribution(
            self,
            "Distribution",
            comment=f"Stem Foundry, {settings.environment}, origin secret {inputs.revision}",
            default_root_object="index.html",
            http_version=cloudfront.HttpVersion.HTTP2_AND_3,
            price_class=cloudfront.PriceClass.PRICE_CLASS_ALL,
            web_acl_id=inputs.web_acl_arn,
            domain_names=[settings.domain_name] if settings.domain_name else None,
            certificate=certificate,
            # Without an own certificate CloudFront decides.
            minimum_protocol_version=cloudfront.SecurityPolicyProtocol.TLS_V1_2_2021 if certificate else None,
            enable_logging=True,
            log_bucket=inputs.access_logs,
            log_file_prefix="distribution/",
            default_behavior=self._site(inputs),
            additional_behaviors={API_PATHS: self._api(inputs)},
        )
        self._acknowledge(settings)

    def _function(self, name: str) -> cloudfront.FunctionAssociation:
        code = cloudfront.FunctionCode.from_inline((EDGE_CODE / f"{name}.js").read_text())
        function = cloudfront.Function(
            self, name.capitalize(), code=code, runtime=cloudfront.FunctionRuntime.JS_2_0
        )
        return cloudfront.FunctionAssociation(
            function=function, event_type=cloudfront.FunctionEventType.VIEWER_REQUEST
        )

    def _site(self, inputs: DistributionInputs) -> cloudfront.BehaviorOptions:
        # Paths of views are rewritten before the cache: error pages would replace the API's errors too.
        return cloudfront.BehaviorOptions(
            origin=origins.S3BucketOrigin.with_origin_access_control(inputs.site),
            viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
            allowed_methods=cloudfront.AllowedMethods.ALLOW_GET_HEAD,
            cache_policy=cloudfront.CachePolicy.CACHING_OPTIMIZED,
            compress=True,
            response_headers_policy=site_headers(self, content_security_policy(_storage(inputs.audio_hosts))),
            function_associations=[self._function("page")],
        )

    def _api(self, inputs: DistributionInputs) -> cloudfront.BehaviorOptions:
        # Resolved by CloudFormation while it deploys: the secret is in no template.
        secret = f"{{{{resolve:secretsmanager:{inputs.origin_secret_arn}:SecretString}}}}"
        return cloudfront.BehaviorOptions(
            origin=origins.HttpOrigin(
                inputs.api_host,
                protocol_policy=cloudfront.OriginProtocolPolicy.HTTPS_ONLY,
                origin_ssl_protocols=[cloudfront.OriginSslPolicy.TLS_V1_2],
                custom_headers={ORIGIN_VERIFY_HEADER: secret},
            ),
            # A token sent in clear would be lost already; so plain http is refused, not redirected.
            viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.HTTPS_ONLY,
            allowed_methods=cloudfront.AllowedMethods.ALLOW_ALL,
            cache_policy=cloudfront.CachePolicy.CACHING_DISABLED,
            origin_request_policy=cloudfront.OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER,
            compress=True,
            response_headers_policy=api_headers(self),
            function_associations=[self._function("api")],
        )

    def _acknowledge(self, settings: Settings) -> None:
        acknowledge(self.distribution, "CFR1", "The service is offered everywhere.")
        if not settings.waf_enabled:
            acknowledge(self.distribution, "CFR2", "The operator has switched the firewall off: it costs.")
        if not settings.certificate_arn:
            acknowledge(
                self.distribution,
                "CFR4",
                "CloudFront's own host name comes with CloudFront's certificate and its choice of protocols.",
            )


def _storage(hosts: list[str]) -> str:
    return " ".join(f"https://{host}" for host in hosts)
