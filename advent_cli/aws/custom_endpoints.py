"""Which services something serves in place of AWS, as AWS_ENDPOINT_URL or ~/.aws/config sets it for all or for one."""

from collections.abc import Iterable

from advent_cli.aws.account import Aws
from advent_cli.aws.partitions import is_aws


def custom_endpoints(aws: Aws, services: Iterable[str]) -> dict[str, str]:
    """The URLs of those of these services that are not at AWS, by boto3's names of the services.

    The clients know them: boto3 reads AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_SNS and the like, and `endpoint_url` in a
    profile or in its `services` section. See "Service-specific endpoints" in the AWS SDKs and Tools Reference Guide.
    """
    urls = {service: str(aws.client(service).meta.endpoint_url) for service in services}
    return {service: url for service, url in urls.items() if not is_aws(url)}


def only_endpoint(aws: Aws, services: Iterable[str]) -> str | None:
    """The one URL at which all of these services are, in place of AWS; None if there is no such URL."""
    names = list(services)
    found = custom_endpoints(aws, names)
    return found[names[0]] if len(found) == len(names) and len({*found.values()}) == 1 else None


def in_words(aws: Aws, services: Iterable[str]) -> str:
    """The services that are not at AWS, with their URLs, as in `DynamoDB, SNS at http://127.0.0.1:8000`; or empty."""
    names: dict[str, list[str]] = {}
    for service, url in custom_endpoints(aws, services).items():
        names.setdefault(url, []).append(str(aws.client(service).meta.service_model.service_id))
    return "; ".join(f"{', '.join(at)} at {url}" for url, at in names.items())
