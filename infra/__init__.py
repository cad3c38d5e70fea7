"""The CDK app: thin stacks that wire one construct per capability."""
