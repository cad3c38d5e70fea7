"""The Lambda functions: thin handlers, a domain without AWS, one adapter per AWS service."""
