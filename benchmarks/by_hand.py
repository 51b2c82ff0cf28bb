"""The tutorial's app in plain boto3, as a first version would be: the baseline that advent is measured against.

`python -m benchmarks.by_hand up|change|read|together|say|down`, with the AWS_ variables set. It makes advent's calls,
with the same settings and tags, one after the other, and waits with boto3's waiters; `together` is `read` with a thread
for each part. `advent plan --exit-code` checks that the app is the same.
"""

import json
import sys
import urllib.parse
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import boto3

from benchmarks.by_hand_app import ACCOUNT, FUNCTIONS, REGION, TABLE, TAGS, TOPIC, TRUST, arn, tag_list, zipped

API = ROUTE = "aws_advent"
QUEUE = "awsadvent-dlq"
QUEUE_URL = f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{QUEUE}"
TOPIC_ARN, QUEUE_ARN = arn("sns", TOPIC), arn("sqs", QUEUE)
client = boto3.client
iam, functions, dynamodb = client("iam"), client("lambda"), client("dynamodb")
sns, sqs, gateway, logs = client("sns"), client("sqs"), client("apigatewayv2"), client("logs")


def up() -> None:
    """Create everything."""
    client("sts").get_caller_identity()
    dynamodb.create_table(
        TableName=TABLE,
        AttributeDefinitions=[{"AttributeName": "word", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "word", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
        Tags=tag_list(TAGS),
    )
    dynamodb.get_waiter("table_exists").wait(TableName=TABLE)
    sns.create_topic(Name=TOPIC, Attributes={"DisplayName": TOPIC}, Tags=tag_list(TAGS))
    from_topic = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": QUEUE_ARN,
        "Condition": {"ArnEquals": {"aws:SourceArn": TOPIC_ARN}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [from_topic]})
    sqs.create_queue(QueueName=QUEUE, Attributes={"MessageRetentionPeriod": "1209600", "Policy": policy}, tags=TAGS)
    for name in FUNCTIONS:
        create_function(name)
    create_api()
    for name in FUNCTIONS:
        if name != ROUTE:
            subscribe(name)


def create_function(name: str) -> None:
    """Create a function with its log group and role."""
    function = FUNCTIONS[name]
    logs.create_log_group(logGroupName=f"/aws/lambda/{name}", tags=TAGS)
    logs.put_retention_policy(logGroupName=f"/aws/lambda/{name}", retentionInDays=14)
    role = iam.create_role(
        RoleName=function.role,
        Path="/advent/awsadvent/",
        AssumeRolePolicyDocument=json.dumps(TRUST),
        Tags=tag_list({**TAGS, "advent:region": REGION}),
    )["Role"]
    for policy, statements in function.policies(name).items():
        document = json.dumps({"Version": "2012-10-17", "Statement": statements})
        iam.put_role_policy(RoleName=function.role, PolicyName=policy, PolicyDocument=document)
    functions.create_function(
        FunctionName=name,
        Handler=function.handler,
        Role=role["Arn"],
        Runtime="python3.13",
        MemorySize=function.memory,
        Timeout=function.timeout,
        Environment={"Variables": function.environment},
        Code={"ZipFile": zipped(Path("handlers"), function.files)},
        Tags={**TAGS, "advent:role-id": role["RoleId"]},
        Architectures=["x86_64"],
    )
    functions.get_waiter("function_active_v2").wait(FunctionName=name)


def create_api() -> None:
    """Create the API in front of the first function."""
    api = gateway.create_api(Name=API, ProtocolType="HTTP", Tags=TAGS)["ApiId"]
    limits = {"ThrottlingRateLimit": 10.0, "ThrottlingBurstLimit": 20}
    gateway.create_stage(ApiId=api, StageName="$default", AutoDeploy=True, DefaultRouteSettings=limits)
    functions.add_permission(
        FunctionName=ROUTE,
        StatementId="advent-POST-aws_advent-98a4ad3a",
        Action="lambda:InvokeFunction",
        Principal="apigateway.amazonaws.com",
        SourceArn=arn("execute-api", f"{api}/*/POST/{ROUTE}"),
    )
    integration = gateway.create_integration(
        ApiId=api,
        IntegrationType="AWS_PROXY",
        IntegrationUri=arn("lambda", f"function:{ROUTE}"),
        PayloadFormatVersion="2.0",
    )["IntegrationId"]
    target = f"integrations/{integration}"
    gateway.create_route(ApiId=api, RouteKey=f"POST /{ROUTE}", Target=target, AuthorizationType="NONE")


def subscribe(name: str) -> None:
    """Subscribe a function to the topic."""
    functions.add_permission(
        FunctionName=name,
        StatementId="advent-awsadvent",
        Action="lambda:InvokeFunction",
        Principal="sns.amazonaws.com",
        SourceArn=TOPIC_ARN,
    )
    functions.put_function_event_invoke_config(
        FunctionName=name,
        MaximumRetryAttempts=2,
        MaximumEventAgeInSeconds=480,
        DestinationConfig={"OnFailure": {"Destination": QUEUE_ARN}},
    )
    sns.subscribe(
        TopicArn=TOPIC_ARN,
        Protocol="lambda",
        Endpoint=arn("lambda", f"function:{name}"),
        Attributes={"RedrivePolicy": json.dumps({"deadLetterTargetArn": QUEUE_ARN})},
        ReturnSubscriptionArn=True,
    )


def change() -> None:
    """Read everything, and update the code of the last function."""
    read()
    function = FUNCTIONS["sns_logger"]
    functions.update_function_code(
        FunctionName="sns_logger", ZipFile=zipped(Path("handlers"), function.files), Architectures=["x86_64"]
    )
    functions.get_waiter("function_updated_v2").wait(FunctionName="sns_logger")


def parts() -> list[Callable[[], object]]:
    """Functions that each read one part; parts that must be listed first are listed in the same function."""
    return [
        lambda: dynamodb.describe_table(TableName=TABLE),
        lambda: dynamodb.list_tags_of_resource(ResourceArn=arn("dynamodb", f"table/{TABLE}")),
        lambda: sns.get_topic_attributes(TopicArn=TOPIC_ARN),
        lambda: sns.list_tags_for_resource(ResourceArn=TOPIC_ARN),
        lambda: sqs.get_queue_attributes(QueueUrl=QUEUE_URL, AttributeNames=["All"]),
        lambda: sqs.list_queue_tags(QueueUrl=QUEUE_URL),
        read_api,
        read_subscriptions,
        *(part for name in FUNCTIONS for part in parts_of(name)),
    ]


def parts_of(name: str) -> list[Callable[[], object]]:
    """Functions that read the parts of a Lambda function."""
    group, role = f"/aws/lambda/{name}", FUNCTIONS[name].role
    policies = FUNCTIONS[name].policies(name)
    config = partial(functions.get_function_event_invoke_config, FunctionName=name)
    return [
        lambda: logs.describe_log_groups(logGroupNamePrefix=group),
        lambda: logs.list_tags_for_resource(resourceArn=arn("logs", f"log-group:{group}")),
        lambda: iam.get_role(RoleName=role),
        lambda: iam.list_role_policies(RoleName=role),
        lambda: iam.list_attached_role_policies(RoleName=role),
        *(partial(iam.get_role_policy, RoleName=role, PolicyName=policy) for policy in policies),
        lambda: functions.get_function(FunctionName=name),
        lambda: functions.get_policy(FunctionName=name),
        *([config] if name != ROUTE else []),
    ]


def read_api() -> None:
    """Read the API, found by name, and its parts."""
    api = next(api["ApiId"] for api in gateway.get_apis()["Items"] if api["Name"] == API)
    gateway.get_stage(ApiId=api, StageName="$default")
    gateway.get_routes(ApiId=api)
    gateway.get_integrations(ApiId=api)


def read_subscriptions() -> None:
    """Read the subscriptions of the topic."""
    for item in sns.list_subscriptions_by_topic(TopicArn=TOPIC_ARN)["Subscriptions"]:
        sns.get_subscription_attributes(SubscriptionArn=item["SubscriptionArn"])


def read() -> None:
    """Read everything."""
    client("sts").get_caller_identity()
    for part in parts():
        part()


def together() -> None:
    """Read everything, in parallel."""
    client("sts").get_caller_identity()
    with ThreadPoolExecutor(40) as pool:
        for future in [pool.submit(part) for part in parts()]:
            future.result()


def say() -> None:
    """Post a message to the API's URL on the local engine."""
    api = next(api for api in gateway.get_apis()["Items"] if api["Name"] == API)
    fields = {"user_id": "U1", "user_name": "advent", "text": "awsadvent some words", "trigger_word": "awsadvent"}
    url = f"{gateway.meta.endpoint_url}/_aws/execute-api/{api['ApiId']}/{ROUTE}"
    with urllib.request.urlopen(url, urllib.parse.urlencode(fields).encode()) as answer:  # noqa: S310 (the local engine)
        print(json.load(answer)["text"])


def down() -> None:
    """Delete everything."""
    client("sts").get_caller_identity()
    for item in sns.list_subscriptions_by_topic(TopicArn=TOPIC_ARN)["Subscriptions"]:
        sns.unsubscribe(SubscriptionArn=item["SubscriptionArn"])
    api = next(api["ApiId"] for api in gateway.get_apis()["Items"] if api["Name"] == API)
    gateway.delete_api(ApiId=api)
    for name, function in FUNCTIONS.items():
        functions.delete_function(FunctionName=name)
        for policy in iam.list_role_policies(RoleName=function.role)["PolicyNames"]:
            iam.delete_role_policy(RoleName=function.role, PolicyName=policy)
        iam.delete_role(RoleName=function.role)
        logs.delete_log_group(logGroupName=f"/aws/lambda/{name}")
    sqs.delete_queue(QueueUrl=QUEUE_URL)
    sns.delete_topic(TopicArn=TOPIC_ARN)
    dynamodb.delete_table(TableName=TABLE)
    dynamodb.get_waiter("table_not_exists").wait(TableName=TABLE)


if __name__ == "__main__":
    commands: dict[str, Callable[[], Any]] = {
        command.__name__: command for command in (up, change, read, together, say, down)
    }  # fmt: skip
    commands[sys.argv[1]]()
