"""What the distribution shows the API to prove that a request came through it."""

from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from infra.acknowledgements import acknowledge

SECRET_CHARACTERS = 48


class OriginSecret(Construct):
    """A secret generated when the stack is first deployed.

    It goes with its stack, also in production: a new one is generated and takes effect when the
    distribution is deployed again.
    """

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        secret = secretsmanager.CfnSecret(
            self,
            "Secret",
            description="Sent by the distribution of Stem Foundry with every request to the API",
            generate_secret_string=secretsmanager.CfnSecret.GenerateSecretStringProperty(
                password_length=SECRET_CHARACTERS, exclude_punctuation=True
            ),
        )
        acknowledge(
            secret,
            "SMG4",
            "Rotated by the operator together with a deployment of the distribution, which has to send it.",
        )
        self.arn: str = secret.attr_id
