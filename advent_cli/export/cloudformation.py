"""Where a call to AWS and the CloudFormation resource for the same thing differ; else both have the same names."""

import json
from collections.abc import Callable, Mapping
from typing import Any, get_args

from advent_cli.config.value_types import Days

ACCOUNT, PARTITION, REGION = "AccountId", "Partition", "Region"
PSEUDO = {name: f"AWS::{name}" for name in (ACCOUNT, PARTITION, REGION)}  # their values where the app is deployed
MOST_RESOURCES = 500  # in a template: "CloudFormation quotas" in its user guide
TYPES = {  # service and method of the call -> type; see "AWS resource and property types reference"
    ("apigatewayv2", "create_api"): "AWS::ApiGatewayV2::Api",
    ("apigatewayv2", "create_integration"): "AWS::ApiGatewayV2::Integration",
    ("apigatewayv2", "create_route"): "AWS::ApiGatewayV2::Route",
    ("apigatewayv2", "create_stage"): "AWS::ApiGatewayV2::Stage",
    ("dynamodb", "create_table"): "AWS::DynamoDB::Table",
    ("iam", "create_role"): "AWS::IAM::Role",
    ("lambda", "add_permission"): "AWS::Lambda::Permission",
    ("lambda", "create_function"): "AWS::Lambda::Function",
    ("lambda", "put_function_event_invoke_config"): "AWS::Lambda::EventInvokeConfig",
    ("logs", "create_log_group"): "AWS::Logs::LogGroup",
    ("sns", "create_topic"): "AWS::SNS::Topic",
    ("sns", "subscribe"): "AWS::SNS::Subscription",
    ("sqs", "create_queue"): "AWS::SQS::Queue",
    # No type of their own: the first is a property of its role, the others set properties of what is there.
    ("iam", "put_role_policy"): "",
    ("lambda", "put_function_concurrency"): "",
    ("logs", "put_retention_policy"): "",
}
READS = {("apigatewayv2", "get_integrations")}  # a template refers to the integration
SECONDARY = {"AWS::ApiGatewayV2::Integration", "AWS::ApiGatewayV2::Stage", "AWS::SQS::QueuePolicy"}
"""What comes with another resource of the same step, the one that others depend on."""
NAMED_BY = {  # what the id is made of, if not of the resource's name: the end of this property, after the separator
    "AWS::ApiGatewayV2::Integration": ("IntegrationUri", ":"),
    "AWS::Logs::LogGroup": ("LogGroupName", "/"),
}
NEVER_DELETED = {"DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain"}
ATTRIBUTES: dict[str, dict[str, Any]] = {
    "AWS::DynamoDB::Table": NEVER_DELETED,
    # `sam build` would copy the code without *.so and other files, which its Python workflow has pip install anew.
    "AWS::Lambda::Function": {"Metadata": {"SkipBuild": True}},
}
ADDED = {"AWS::Lambda::EventInvokeConfig": {"Qualifier": "$LATEST"}}
RENAMED = {("AWS::SNS::Topic", "Name"): "TopicName"}
LEFT_OUT = {"ReturnSubscriptionArn", "StatementId", "Tags"}  # only for calls, named by CloudFormation, advent's
EMPTY: tuple[Any, ...] = ({"Variables": {}},)  # what a person would not write
PARSED: dict[str, Callable[[str], Any]] = {
    **dict.fromkeys(("AssumeRolePolicyDocument", "FilterPolicy", "Policy", "PolicyDocument"), json.loads),
    **{"MessageRetentionPeriod": int, "RedrivePolicy": json.loads},
}
PARAMETERS: dict[str, tuple[str, dict[str, Any]]] = {  # the properties that people change; {} is the function's name
    "RetentionInDays": (
        "LogRetentionDays",
        {"Description": "Days for which the logs are kept", "AllowedValues": [*get_args(Days)]},
    ),
    "ThrottlingRateLimit": (
        "ThrottlingRateLimit",
        {"Description": "Requests per second; API Gateway rejects more with 429", "MinValue": 1},
    ),
    "ThrottlingBurstLimit": ("ThrottlingBurstLimit", {"Description": "Requests at once", "MinValue": 1}),
    "MemorySize": (
        "{}MemorySize",
        {"Description": "Megabytes; more memory also means more CPU", "MinValue": 128, "MaxValue": 10240},
    ),
}


def properties(kind: str, params: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of a call as the properties of a resource of this type, still with placeholders."""
    found = {f"{name[:1].upper()}{name[1:]}": value for name, value in params.items()}
    found |= found.pop("Attributes", {})  # of SNS and SQS
    named = {RENAMED.get((kind, name), name): value for name, value in found.items() if name not in LEFT_OUT}
    parsed = {name: PARSED[name](value) if name in PARSED else value for name, value in named.items()}
    return {name: value for name, value in {**parsed, **ADDED.get(kind, {})}.items() if value not in EMPTY}
