import json
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

from contract.limits import Limits
from contract.page import ISOLATION_HEADERS, PageConfiguration, content_security_policy
from infra.app import build
from infra.constructs import site
from infra.constructs.distribution import EDGE_CODE
from infra.node import use_packaged_node
from infra.settings import Settings

REPOSITORY = Path(__file__).parents[2]


def distribution(web):
    return web.only("AWS::CloudFront::Distribution")["DistributionConfig"]


def api_behaviour(web):
    (behaviour,) = distribution(web)["CacheBehaviors"]
    return behaviour


def origin_of(web, behaviour):
    (origin,) = [o for o in distribution(web)["Origins"] if o["Id"] == behaviour["TargetOriginId"]]
    return origin


# --- site ---


def test_site_bucket_is_read_by_the_distribution_alone(web):
    for bucket in web.of_type("AWS::S3::Bucket").values():
        assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    allowed = [
        statement
        for policy in web.of_type("AWS::S3::BucketPolicy").values()
        for statement in policy["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Allow" and statement["Action"] == "s3:GetObject"
    ]
    (statement,) = allowed
    assert statement["Principal"] == {"Service": "cloudfront.amazonaws.com"}
    assert "distribution/" in web.render(statement["Condition"]["StringEquals"]["AWS:SourceArn"])
    (control,) = web.of_type("AWS::CloudFront::OriginAccessControl").values()
    assert control["OriginAccessControlConfig"]["SigningBehavior"] == "always"


def test_site_is_compressed_cached_and_redirected_to_https(web):
    config = distribution(web)
    assert config["HttpVersion"] == "http2and3"
    assert config["IPV6Enabled"] is True
    assert config["DefaultRootObject"] == "index.html"
    behaviour = config["DefaultCacheBehavior"]
    assert behaviour["Compress"] is True
    assert behaviour["ViewerProtocolPolicy"] == "redirect-to-https"
    assert behaviour["AllowedMethods"] == ["GET", "HEAD"]
    assert "Logging" in config


def test_errors_of_the_api_are_left_alone(web):
    """An error page of the distribution would answer in place of the API's problem documents."""
    assert "CustomErrorResponses" not in distribution(web)


def security_headers(web):
    (policy,) = [
        p["ResponseHeadersPolicyConfig"]
        for p in web.of_type("AWS::CloudFront::ResponseHeadersPolicy").values()
        if "ContentSecurityPolicy" in p["ResponseHeadersPolicyConfig"]["SecurityHeadersConfig"]
    ]
    return policy["SecurityHeadersConfig"]


def test_security_headers(web):
    headers = security_headers(web)
    assert headers["StrictTransportSecurity"]["AccessControlMaxAgeSec"] >= 31_536_000
    assert headers["FrameOptions"]["FrameOption"] == "DENY"
    assert headers["ReferrerPolicy"]["ReferrerPolicy"] == "no-referrer"
    policy = web.render(headers["ContentSecurityPolicy"]["ContentSecurityPolicy"])
    directives = dict(part.split(" ", 1) for part in policy.split("; "))
    assert directives["default-src"] == "'none'"
    assert directives["script-src"] == "'self' 'wasm-unsafe-eval'"
    assert "unsafe-inline" not in policy
    assert "unsafe-eval" not in policy.replace("'wasm-unsafe-eval'", "")
    assert "*" not in policy
    assert directives["frame-ancestors"] == "'none'"
    # Presigned links of either form.
    for name in ("connect-src", "media-src"):
        assert ".s3.<AWS::Region>.<AWS::URLSuffix>" in directives[name]
        assert ".s3.<AWS::URLSuffix>" in directives[name]


# --- API ---


def test_api_is_reached_by_the_same_host_and_never_cached(web):
    behaviour = api_behaviour(web)
    assert behaviour["PathPattern"] == "/v1/*"
    assert behaviour["ViewerProtocolPolicy"] == "https-only"
    assert {"GET", "POST", "DELETE", "OPTIONS"} <= set(behaviour["AllowedMethods"])
    # CloudFront's own policies CachingDisabled and AllViewerExceptHostHeader.
    assert behaviour["CachePolicyId"] == "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
    assert behaviour["OriginRequestPolicyId"] == "b689b0a8-53d0-40ab-baf2-68738e2966ac"
    origin = origin_of(web, behaviour)
    assert web.render(
        origin["DomainName"]
    ) == "<HttpApi8C1B2CD2>.execute-api.<AWS::Region>.<AWS::URLSuffix>" or (
        web.render(origin["DomainName"]).endswith(".execute-api.<AWS::Region>.<AWS::URLSuffix>")
    )
    assert origin["CustomOriginConfig"]["OriginProtocolPolicy"] == "https-only"
    assert origin["CustomOriginConfig"]["OriginSSLProtocols"] == ["TLSv1.2"]


def test_the_secret_is_in_no_template(web):
    (header,) = origin_of(web, api_behaviour(web))["OriginCustomHeaders"]
    assert header["HeaderName"] == "x-origin-verify"
    value = web.render(header["HeaderValue"])
    assert value.startswith("{{resolve:secretsmanager:<OriginSecret")
    assert value.endswith(":SecretString}}")


def test_a_new_secret_can_be_looked_up(web):
    assert "OriginRevision" in web.body["Parameters"]
    assert "<OriginRevision>" in web.render(distribution(web)["Comment"])


# --- code at the edge, run on Node ---


def run_edge_function(name, request, ip="198.51.100.7"):
    event = {"request": request, "viewer": {"ip": ip}}
    source = (EDGE_CODE / f"{name}.js").read_text()
    script = f"{source}\nconsole.log(JSON.stringify(handler({json.dumps(event)})));"
    ran = subprocess.run(
        [str(use_packaged_node()), "-e", script], capture_output=True, text=True, check=True, timeout=60
    )
    return json.loads(ran.stdout)


@pytest.mark.parametrize(
    ("asked", "served"),
    [
        ("/", "/index.html"),
        ("/jobs/4f2", "/index.html"),
        ("/jobs/", "/index.html"),
        ("/v1.2/about", "/index.html"),
        ("/assets/app-1a2b.js", "/assets/app-1a2b.js"),
        ("/config.json", "/config.json"),
    ],
)
def test_views_are_served_the_page_and_files_themselves(asked, served):
    assert run_edge_function("page", {"uri": asked, "headers": {}})["uri"] == served


def test_the_viewers_address_cannot_be_chosen():
    request = {"uri": "/v1/sessions", "headers": {"x-viewer-address": {"value": "1.2.3.4"}}}
    changed = run_edge_function("api", request)
    assert changed["headers"]["x-viewer-address"] == {"value": "198.51.100.7"}
    assert changed["uri"] == "/v1/sessions"


def test_each_behaviour_runs_its_function(web):
    def code(behaviour):
        (association,) = behaviour["FunctionAssociations"]
        assert association["EventType"] == "viewer-request"
        name = web.render(association["FunctionARN"]).strip("<>").split(".")[0]
        return web.of_type("AWS::CloudFront::Function")[name]["FunctionCode"]

    assert code(distribution(web)["DefaultCacheBehavior"]) == (EDGE_CODE / "page.js").read_text()
    assert code(api_behaviour(web)) == (EDGE_CODE / "api.js").read_text()


# --- firewall, domain, region ---


def test_firewall(web):
    acl = web.only("AWS::WAFv2::WebACL")
    assert acl["Scope"] == "CLOUDFRONT"
    rules = {rule["Name"]: rule for rule in acl["Rules"]}
    assert rules["Rate"]["Action"] == {"Block": {}}
    assert rules["Rate"]["Statement"]["RateBasedStatement"]["AggregateKeyType"] == "IP"
    managed = {name: rule for name, rule in rules.items() if name != "Rate"}
    assert len(managed) == 3
    assert all(rule["OverrideAction"] == {"None": {}} for rule in managed.values())
    assert re.fullmatch(r"<Firewall\w+\.Arn>", web.render(distribution(web)["WebACLId"]))


def test_without_a_named_region_the_firewall_refuses_any_but_its_own(web):
    (rule,) = [r for name, r in web.body["Rules"].items() if name == "FirewallRegion"]
    (assertion,) = rule["Assertions"]
    assert assertion["Assert"] == {"Fn::Equals": [{"Ref": "AWS::Region"}, "us-east-1"]}
    assert "waf_enabled" in assertion["AssertDescription"]


def test_in_another_region_the_firewall_comes_from_its_own(full_templates, full_outdir):
    assert full_templates["Edge"].of_type("AWS::WAFv2::WebACL")
    assert not full_templates["Web"].of_type("AWS::WAFv2::WebACL")
    assert "FirewallRegion" not in full_templates["Web"].body.get("Rules", {})
    assert "WebACLId" in distribution(full_templates["Web"])
    manifest = json.loads((full_outdir / "manifest.json").read_text())["artifacts"]
    assert manifest["StemFoundry-full-Edge"]["environment"] == "aws://123456789012/us-east-1"
    assert manifest["StemFoundry-full-Web"]["environment"] == "aws://123456789012/eu-west-1"


def test_own_domain(full_templates, full_settings):
    config = distribution(full_templates["Web"])
    assert config["Aliases"] == ["stems.example"]
    assert config["ViewerCertificate"]["AcmCertificateArn"] == full_settings.certificate_arn
    assert config["ViewerCertificate"]["MinimumProtocolVersion"] == "TLSv1.2_2021"
    assert full_templates["Web"].output("SiteUrl") == "https://stems.example"


def test_firewall_can_be_switched_off(tmp_path, monkeypatch):
    monkeypatch.setenv("CDK_VALIDATION", "false")
    settings = Settings(environment="prod", site_origins=("https://stems.example",), waf_enabled=False)
    assembly = build(settings, str(tmp_path))
    template = assembly.get_stack_by_name("StemFoundry-prod-Web").template
    types = {resource["Type"] for resource in template["Resources"].values()}
    assert "AWS::WAFv2::WebACL" not in types
    assert "FirewallRegion" not in template.get("Rules", {})


# --- what is uploaded ---


def test_a_built_page_takes_the_placeholders_place(tmp_path, monkeypatch):
    built = tmp_path / "dist"
    (built / "assets").mkdir(parents=True)
    (built / "index.html").write_text("<title>built</title>")
    (built / "assets" / "app-1.js").write_text("")
    monkeypatch.setattr(site, "BUILT_PAGE", built)
    monkeypatch.setenv("CDK_VALIDATION", "false")
    build(Settings(environment="dev"), str(tmp_path / "out"))
    pages = [p.read_text() for p in (tmp_path / "out").glob("asset.*/index.html")]
    assert pages == ["<title>built</title>"]


def test_names_that_change_with_content_are_kept_for_good_and_others_are_not(web):
    uploads = list(web.of_type("Custom::CDKBucketDeployment").values())
    cached = {upload["SystemMetadata"]["cache-control"]: upload for upload in uploads}
    assert cached.keys() == {"public, max-age=31536000, immutable", "no-cache"}
    assert cached["no-cache"]["Exclude"] == ["assets/*"]
    assert cached["no-cache"]["DistributionPaths"] == ["/*"]
    assert {upload["Prune"] for upload in uploads} == {False}


def test_the_page_reads_its_settings_at_run_time(outdir, templates):
    (path,) = outdir.glob("asset.*/config.json")
    configuration = PageConfiguration.model_validate_json(path.read_text(), by_alias=True)
    assert configuration == PageConfiguration.of(Limits(), environment="prod")
    assert json.loads(path.read_text())["apiUrl"] == ""


def test_netlify_serves_the_page_with_the_same_strictness():
    config = tomllib.loads((REPOSITORY / "netlify.toml").read_text())
    assert config["build"]["base"] == "frontend"
    (redirect,) = config["redirects"]
    assert (redirect["from"], redirect["to"], redirect["status"]) == ("/*", "/index.html", 200)
    headers = config["headers"][0]["values"]
    assert headers["Content-Security-Policy"] == content_security_policy("https:")
    assert headers.items() >= ISOLATION_HEADERS.items()


def test_outputs(web):
    assert {"SiteUrl", "DistributionDomainName", "DistributionId", "SiteBucketName"} <= web.body[
        "Outputs"
    ].keys()
