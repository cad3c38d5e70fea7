"""What crosses a boundary of Stem Foundry, defined once.

Pure Python: no AWS SDK, no audio or model library. Lambdas, container, CDK app, local stack and SDK
import from here, so a route, a key, a state, a limit or a model name exists in exactly one place.
"""
