"""Changes that a person might make in the AWS console: for each kind of resource at least one of each setting.

The first word of a change is the setting; more words tell several changes of it apart.
"""

import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

from advent_cli.resources.base import Resource
from advent_cli.stack.build import Stack

Change = Callable[[Any, Any], Any]  # takes the stack and the resource
OPEN = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
OTHER_TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}


def _client(stack: Stack, service: str) -> Any:
    return stack.aws.client(service)


def _function(**settings: Any) -> Change:
    return lambda stack, it: _client(stack, "lambda").update_function_configuration(FunctionName=it.name, **settings)


def reconfigure(client: Any, function: str, **settings: Any) -> None:
    """Change the settings of a function; returns when they are in effect."""
    client.update_function_configuration(FunctionName=function, **settings)
    client.get_waiter("function_updated_v2").wait(FunctionName=function, WaiterConfig={"Delay": 0.05})


def _api_id(stack: Stack) -> str:
    api = stack.api.find()
    assert api
    return str(api["ApiId"])


def _new_code(stack: Stack, it: Any) -> None:
    other = next(r.bundle for r in stack.resources.values() if r.kind == it.kind and r.name != it.name)  # type: ignore[attr-defined]
    _client(stack, "lambda").update_function_code(FunctionName=it.name, ZipFile=other.data)


def put_code(stack: Stack, function: str, module: str, text: str) -> None:
    """Replace the code of a function with one module of this text; returns when it is in effect."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr(f"{module}.py", text)
    client = _client(stack, "lambda")
    client.update_function_code(FunctionName=function, ZipFile=data.getvalue())
    client.get_waiter("function_updated_v2").wait(FunctionName=function, WaiterConfig={"Delay": 0.05})


def _billing(stack: Stack, it: Any) -> None:
    units = {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}
    _client(stack, "dynamodb").update_table(TableName=it.name, BillingMode="PROVISIONED", ProvisionedThroughput=units)


def _topic(stack: Stack, it: Any) -> None:
    _client(stack, "sns").set_topic_attributes(TopicArn=it.arn, AttributeName="DisplayName", AttributeValue="other")


def _second_api(stack: Stack, it: Any) -> None:
    _client(stack, "apigatewayv2").create_api(Name=it.name, ProtocolType="HTTP", Tags=stack.aws.owner_tag)


def _stage(stack: Stack, it: Any) -> None:
    _client(stack, "apigatewayv2").update_stage(ApiId=_api_id(stack), StageName="$default", AutoDeploy=False)


def _no_stage(stack: Stack, it: Any) -> None:
    _client(stack, "apigatewayv2").delete_stage(ApiId=_api_id(stack), StageName="$default")


def _other_route(stack: Stack, it: Any) -> None:
    _client(stack, "apigatewayv2").create_route(ApiId=_api_id(stack), RouteKey="GET /other")


def _no_target(stack: Stack, it: Any) -> None:
    for integration in _client(stack, "apigatewayv2").get_integrations(ApiId=_api_id(stack))["Items"]:
        _client(stack, "apigatewayv2").delete_integration(
            ApiId=_api_id(stack), IntegrationId=integration["IntegrationId"]
        )


def _anyone(stack: Stack, it: Any) -> None:
    client = _client(stack, "lambda")
    client.remove_permission(FunctionName=it.function, StatementId=it.statement_id)
    client.add_permission(
        FunctionName=it.function, StatementId=it.statement_id, Action="lambda:InvokeFunction",
        Principal=f"{it.service}.amazonaws.com",
    )  # fmt: skip


def _statement(**settings: str) -> Change:
    def change(stack: Stack, it: Any) -> None:
        client = _client(stack, "lambda")
        client.remove_permission(FunctionName=it.function, StatementId=it.statement_id)
        usual = {"Action": "lambda:InvokeFunction", "Principal": f"{it.service}.amazonaws.com"}
        arn = {"SourceArn": it.source_arn()}
        client.add_permission(FunctionName=it.function, StatementId=it.statement_id, **{**usual, **arn, **settings})

    return change


def _integration(**settings: str) -> Change:
    def change(stack: Stack, it: Any) -> None:
        client = _client(stack, "apigatewayv2")
        (integration,) = client.get_integrations(ApiId=_api_id(stack))["Items"]
        client.update_integration(ApiId=_api_id(stack), IntegrationId=integration["IntegrationId"], **settings)

    return change


def _spare_integration(stack: Stack, it: Any) -> None:
    _client(stack, "apigatewayv2").create_integration(
        ApiId=_api_id(stack), IntegrationType="HTTP_PROXY", IntegrationUri="https://example.com",
        IntegrationMethod="POST", PayloadFormatVersion="1.0",
    )  # fmt: skip


def _authorization(stack: Stack, it: Any) -> None:
    client = _client(stack, "apigatewayv2")
    (route,) = client.get_routes(ApiId=_api_id(stack))["Items"]
    client.update_route(ApiId=_api_id(stack), RouteId=route["RouteId"], AuthorizationType="AWS_IAM")


def _variable(stack: Stack, it: Any) -> None:
    client = _client(stack, "lambda")
    there = client.get_function_configuration(FunctionName=it.function)["Environment"]["Variables"]
    client.update_function_configuration(
        FunctionName=it.function, Environment={"Variables": {**there, it.variable: "arn:aws:sns:us-east-1:1:other"}}
    )


def _subscription(attribute: str, value: str) -> Change:
    def change(stack: Stack, it: Any) -> None:
        sns = _client(stack, "sns")
        listed = sns.list_subscriptions_by_topic(TopicArn=it.topic_arn)["Subscriptions"]
        arn = next(item["SubscriptionArn"] for item in listed if item["Endpoint"] == it.function_arn)
        sns.set_subscription_attributes(SubscriptionArn=arn, AttributeName=attribute, AttributeValue=value)

    return change


def _queue(**attributes: str) -> Change:
    return lambda stack, it: _client(stack, "sqs").set_queue_attributes(QueueUrl=it.url, Attributes=attributes)


def _throttle(**settings: Any) -> Change:
    def change(stack: Stack, it: Any) -> None:
        usual = {"ThrottlingRateLimit": float(it.rate), "ThrottlingBurstLimit": it.burst}
        _client(stack, "apigatewayv2").update_stage(
            ApiId=_api_id(stack), StageName="$default", DefaultRouteSettings={**usual, **settings}
        )

    return change


def _destination(**settings: Any) -> Change:
    def change(stack: Stack, it: Any) -> None:
        usual = {
            "MaximumRetryAttempts": 2,
            "MaximumEventAgeInSeconds": 480,
            "DestinationConfig": {"OnFailure": {"Destination": it.queue_arn}},
        }
        _client(stack, "lambda").put_function_event_invoke_config(FunctionName=it.name, **{**usual, **settings})

    return change


OTHER_QUEUE = "arn:aws:sqs:us-east-1:000000000000:other"
CHANGES: dict[str, dict[str, Change]] = {
    "table": {"billing": _billing},
    "topic": {"display_name": _topic},
    "log-group": {
        "retention_days": lambda stack, it: _client(stack, "logs").put_retention_policy(
            logGroupName=it.name, retentionInDays=1
        )
    },
    "role": {
        "trust": lambda stack, it: _client(stack, "iam").update_assume_role_policy(
            RoleName=it.name, PolicyDocument=json.dumps(OTHER_TRUST)
        ),
        "other_policies": lambda stack, it: _client(stack, "iam").put_role_policy(
            RoleName=it.name, PolicyName="everything", PolicyDocument=json.dumps(OPEN)
        ),
    },
    "policy": {
        "document": lambda stack, it: _client(stack, "iam").put_role_policy(
            RoleName=it.role, PolicyName=it.name, PolicyDocument=json.dumps(OPEN)
        )
    },
    "function": {
        "code": _new_code,
        "architecture": lambda stack, it: _client(stack, "lambda").update_function_code(
            FunctionName=it.name, ZipFile=it.bundle.data, Architectures=["arm64"]
        ),
        "handler": _function(Handler="other.handler"),
        "runtime": _function(Runtime="python3.12"),
        "memory": _function(MemorySize=512),
        "concurrency": lambda stack, it: _client(stack, "lambda").put_function_concurrency(
            FunctionName=it.name, ReservedConcurrentExecutions=5
        ),
        "timeout": _function(Timeout=7),
        "role": _function(Role="arn:aws:iam::000000000000:role/advent/awsadvent/sns_logger_lambda2"),
        "environment": _function(Environment={"Variables": {"OTHER": "1"}}),
    },
    "variable": {"value": _variable},
    "queue": {"policy": _queue(Policy=json.dumps(OPEN)), "keeps_seconds": _queue(MessageRetentionPeriod="60")},
    "destination": {
        "on_failure": _destination(DestinationConfig={"OnFailure": {"Destination": OTHER_QUEUE}}),
        "retries": _destination(MaximumRetryAttempts=0),
        "longest_wait": _destination(MaximumEventAgeInSeconds=21600),
    },
    "api": {
        "duplicates": _second_api,
        "stage": _stage,
        "stage gone": _no_stage,
        "rate": _throttle(ThrottlingRateLimit=1000.0),
        "burst": _throttle(ThrottlingBurstLimit=1),
    },
    "route": {
        "other_routes": _other_route,
        "function": _integration(IntegrationUri="arn:aws:lambda:us-east-1:000000000000:function:other"),
        "function gone": _no_target,
        "payload": _integration(PayloadFormatVersion="1.0"),
        "authorization": _authorization,
        "spare_integrations": _spare_integration,
    },
    "permission": {
        "source": _anyone,
        "source of another": _statement(SourceArn="arn:aws:s3:::bucket"),
        "principal": _statement(Principal="s3.amazonaws.com"),
        "principal everybody": _statement(Principal="*"),
        "action": _statement(Action="lambda:*"),
    },
    "subscription": {
        "filter": _subscription("FilterPolicy", '{"a": ["b"]}'),
        "raw": _subscription("RawMessageDelivery", "true"),
        "dead_letters": _subscription("RedrivePolicy", json.dumps({"deadLetterTargetArn": OTHER_QUEUE})),
    },
}


# Settings that AWS does not allow changing, and states, which are not settings.
FIXED = {
    "table": {"primary_key", "status"},
    "role": {"path"},
    "function": {"state"},
    "api": {"protocol"},
    "subscription": {"topic", "endpoint"},
}


def of_kind(stack: Stack, kind: str) -> Resource:
    """The first resource of a kind."""
    return next(resource for resource in stack.resources.values() if resource.kind == kind)
