"""Everything there is to read of everything in the engine, to compare byte for byte."""

from typing import Any

from advent_cli.aws.account import Aws


def everything(aws: Aws) -> dict[str, Any]:
    """All that AWS's own read calls tell about the things of our kinds."""
    return {
        **_data(aws),
        **{
            f"role {role['RoleName']}": _role(aws, role["RoleName"])
            for role in _list(aws, "iam", "list_roles", "Roles")
        },
        **{
            f"function {f['FunctionName']}": _function(aws, f["FunctionName"])
            for f in _list(aws, "lambda", "list_functions", "Functions")
        },
        **{f"api {api['ApiId']}": _api(aws, api) for api in _list(aws, "apigatewayv2", "get_apis", "Items")},
    }


def _list(aws: Aws, service: str, operation: str, key: str, **params: Any) -> list[Any]:
    return list(getattr(aws.client(service), operation)(**params)[key])


def _data(aws: Aws) -> dict[str, Any]:
    dynamodb, sns, logs = (aws.client(service) for service in ("dynamodb", "sns", "logs"))
    read: dict[str, Any] = {}
    for name in dynamodb.list_tables()["TableNames"]:
        table = dynamodb.describe_table(TableName=name)["Table"]
        tags = dynamodb.list_tags_of_resource(ResourceArn=table["TableArn"])["Tags"]
        read[f"table {name}"] = (table, tags, dynamodb.scan(TableName=name)["Items"])
    for topic in sns.list_topics()["Topics"]:
        arn = topic["TopicArn"]
        attributes = sns.get_topic_attributes(TopicArn=arn)["Attributes"]
        read[arn] = (attributes, sns.list_tags_for_resource(ResourceArn=arn)["Tags"])
    for item in sns.list_subscriptions()["Subscriptions"]:
        arn = item["SubscriptionArn"]
        read[arn] = (item, sns.get_subscription_attributes(SubscriptionArn=arn)["Attributes"])
    for group in logs.describe_log_groups()["logGroups"]:
        tags = logs.list_tags_for_resource(resourceArn=group["logGroupArn"])["tags"]
        read[group["logGroupName"]] = (group, tags)
    return read


def _role(aws: Aws, name: str) -> Any:
    iam = aws.client("iam")
    policies = iam.list_role_policies(RoleName=name)["PolicyNames"]
    documents = [iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"] for policy in policies]
    attached = iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]
    return (iam.get_role(RoleName=name)["Role"], policies, documents, attached)


def _function(aws: Aws, name: str) -> Any:
    client = aws.client("lambda")
    answer = client.get_function(FunctionName=name)
    policy = client.get_policy(FunctionName=name)["Policy"]
    return (answer["Configuration"], answer.get("Tags"), policy)


def _api(aws: Aws, api: dict[str, Any]) -> Any:
    parts = {
        operation: _list(aws, "apigatewayv2", operation, "Items", ApiId=api["ApiId"])
        for operation in ("get_routes", "get_integrations", "get_stages")
    }
    arn = f"arn:aws:apigateway:{aws.region}::/apis/{api['ApiId']}"
    return (api, parts, aws.client("apigatewayv2").get_tags(ResourceArn=arn)["Tags"])
