"""Security headers of the site and of the API's answers."""

import aws_cdk as cdk
from aws_cdk import aws_cloudfront as cloudfront
from constructs import Construct

from contract.page import ISOLATION_HEADERS

_STRICT_TRANSPORT = cloudfront.ResponseHeadersStrictTransportSecurity(
    access_control_max_age=cdk.Duration.days(365), include_subdomains=True, override=True
)
_NO_SNIFFING = cloudfront.ResponseHeadersContentTypeOptions(override=True)


def site_headers(scope: Construct, policy: str) -> cloudfront.ResponseHeadersPolicy:
    """Headers of the site's files."""
    return cloudfront.ResponseHeadersPolicy(
        scope,
        "SiteHeaders",
        comment="Stem Foundry: site",
        security_headers_behavior=cloudfront.ResponseSecurityHeadersBehavior(
            content_security_policy=cloudfront.ResponseHeadersContentSecurityPolicy(
                content_security_policy=policy, override=True
            ),
            content_type_options=_NO_SNIFFING,
            frame_options=cloudfront.ResponseHeadersFrameOptions(
                frame_option=cloudfront.HeadersFrameOption.DENY, override=True
            ),
            referrer_policy=cloudfront.ResponseHeadersReferrerPolicy(
                referrer_policy=cloudfront.HeadersReferrerPolicy.NO_REFERRER, override=True
            ),
            strict_transport_security=_STRICT_TRANSPORT,
        ),
        custom_headers_behavior=cloudfront.ResponseCustomHeadersBehavior(
            custom_headers=[_custom(name, value) for name, value in ISOLATION_HEADERS.items()]
        ),
    )


def api_headers(scope: Construct) -> cloudfront.ResponseHeadersPolicy:
    """Headers of the API's answers, which bring their own policies where they are pages."""
    return cloudfront.ResponseHeadersPolicy(
        scope,
        "ApiHeaders",
        comment="Stem Foundry: API",
        security_headers_behavior=cloudfront.ResponseSecurityHeadersBehavior(
            content_type_options=_NO_SNIFFING, strict_transport_security=_STRICT_TRANSPORT
        ),
    )


def _custom(name: str, value: str) -> cloudfront.ResponseCustomHeader:
    return cloudfront.ResponseCustomHeader(header=name, value=value, override=True)
