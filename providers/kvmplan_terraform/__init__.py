"""The provider of ``terraform_data``, the resource that Terraform has built in: a value that is kept, and a trigger.

It reaches no host: what it holds is in state alone.
"""

from kvmplan_sdk import Provider, hookimpl


@hookimpl
def kvmplan_provider() -> Provider:
    from kvmplan_terraform.provider import TerraformProvider

    return TerraformProvider()
