"""The CDK app: thin stacks that wire one construct per capability."""

from infra.node import use_packaged_node

# Before any module here imports aws_cdk, which starts Node while it is imported.
use_packaged_node()
