"""The key that signs session tokens."""

from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from infra.acknowledgements import acknowledge
from infra.constructs.retention import data_removal_policy
from infra.settings import Settings

SECRET_CHARACTERS = 64


class SigningSecret(Construct):
    """A secret generated when the stack is first deployed; nobody has to see or store it.

    The resource is written at CloudFormation's level because its `Id` attribute is the ARN everywhere,
    while what a plain reference yields is an ARN on AWS but only a name elsewhere.
    """

    def __init__(self, scope: Construct, construct_id: str, *, settings: Settings) -> None:
        super().__init__(scope, construct_id)
        secret = secretsmanager.CfnSecret(
            self,
            "Secret",
            description="Signs the session tokens of Stem Foundry",
            generate_secret_string=secretsmanager.CfnSecret.GenerateSecretStringProperty(
                password_length=SECRET_CHARACTERS, exclude_punctuation=True
            ),
        )
        secret.apply_removal_policy(data_removal_policy(settings))
        acknowledge(
            secret,
            "SMG4",
            "Rotated by the operator, who decides when all tokens of two keys back become invalid.",
        )
        self.arn: str = secret.attr_id
