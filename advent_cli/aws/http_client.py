"""Sends HTTP requests that are not calls of AWS, by the certificates and proxies that boto3 uses for those that are.

The one other place that sends requests is local/probe.py: it asks the engine on this machine, without TLS or a proxy,
while boto3 is still being imported.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPException
from socket import gaierror
from urllib.parse import urlsplit, urlunsplit

from advent_cli.aws.certificates import causes, explain_certificate
from advent_cli.errors import TargetError


@dataclass(frozen=True)
class Response:
    """A response of any status. Headers are found by their names in any case."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def text(self) -> str:
        """The content as text; what is not UTF-8 is replaced."""
        return self.content.decode(errors="replace")


class NoResponseError(TargetError):
    """The server cannot be reached, or sent no HTTP response; `is_unknown_host` if DNS does not know its name."""

    is_unknown_host = False


@dataclass(frozen=True)
class HttpClient:
    """An HTTP client; `ca_bundle` is the file of trusted certificates that the AWS settings name, if any."""

    ca_bundle: str | None = None

    def post(self, url: str, body: bytes, headers: Mapping[str, str], timeout: float) -> Response:
        """Post the body once; see `request`."""
        return self.request("POST", url, body, headers, timeout)

    def request(self, method: str, url: str, body: bytes, headers: Mapping[str, str], timeout: float) -> Response:
        """Send a request once; raises TargetError if there is no response, each wait taking `timeout` seconds at most.

        It neither retries nor follows a redirect, because the server may have acted on the first request. Each request
        has a connection of its own: a server may close one that was kept just when the next request goes out.
        """
        from botocore.awsrequest import AWSRequest
        from botocore.exceptions import BotoCoreError
        from botocore.httpsession import URLLib3Session

        parts, target, proxies = urlsplit(url), url, environment_proxies(url)
        if _is_here(parts.hostname):
            address = f"127.0.0.1:{parts.port}" if parts.port else "127.0.0.1"
            target = urlunsplit(parts._replace(netloc=address))
        sent = {**headers, "Host": parts.netloc, "Connection": "close"}
        verify = self.ca_bundle or os.environ.get("REQUESTS_CA_BUNDLE") or True
        session = URLLib3Session(verify=verify, proxies=proxies, timeout=timeout)
        try:
            answer = session.send(AWSRequest(method, target, sent, body).prepare())
        except BotoCoreError as error:
            raise explain_certificate(error) or _no_response(url, error) from None
        finally:
            session.close()
        return Response(answer.status_code, answer.headers, answer.content)


def environment_proxies(url: str) -> dict[str, str]:
    """The proxies that the environment names for requests to this URL, by scheme; none for this machine."""
    from botocore.utils import get_environ_proxies

    return {} if _is_here(urlsplit(url).hostname) else get_environ_proxies(url)


def _is_here(host: str | None) -> bool:
    """Whether the host is this machine, whatever resolvers answer (RFC 6761)."""
    return host is not None and (host == "127.0.0.1" or host.endswith(".localhost"))


def _no_response(url: str, error: Exception) -> NoResponseError:
    """What an error of botocore says, in the words of the operating system where there are any."""
    from botocore.exceptions import BotoCoreError, ProxyConnectionError

    others = (cause for cause in causes(error) if not isinstance(cause, BotoCoreError))
    reason = next((cause for cause in others if isinstance(cause, OSError | HTTPException)), error)
    why = str(reason) or type(reason).__name__
    by_proxy = isinstance(error, ProxyConnectionError)
    refused = NoResponseError(f"{url} does not answer", why=f"{error}: {why}" if by_proxy else why)
    refused.is_unknown_host = isinstance(reason, gaierror) and not by_proxy
    return refused
