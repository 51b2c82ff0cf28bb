"""The domains of AWS's endpoints, from botocore's data about the partitions: AWS, China, GovCloud, and others."""

from functools import cache
from urllib.parse import urlsplit

DEFAULT = "aws"  # botocore, too, takes a region of no partition that it knows for one of this
COMMON = "amazonaws.com"  # its domain, known without loading botocore, for which completion must not wait


@cache
def _domains() -> dict[str, tuple[str, str]]:
    """The domain of each partition's endpoints, and that of those with IPv6 too, by the partition's id."""
    from botocore.loaders import Loader

    partitions = Loader().load_data("partitions")["partitions"]  # a session would read the person's settings
    outputs = {partition["id"]: partition["outputs"] for partition in partitions}
    return {name: (output["dnsSuffix"], output["dualStackDnsSuffix"]) for name, output in outputs.items()}


def domain(partition: str) -> str:
    """The domain of a partition's endpoints, as in `amazonaws.com`."""
    return COMMON if partition == DEFAULT else _domains().get(partition, (COMMON, ""))[0]


def is_aws(url: str) -> bool:
    """Whether an endpoint is one of AWS's, in any partition."""
    parts = urlsplit(url)
    every = {f".{domain}" for domains in _domains().values() for domain in domains}
    return parts.scheme == "https" and (parts.hostname or "").endswith(tuple(every))
