"""Why a server's certificate is not accepted, and the settings that say which certificates are trusted."""

import ssl
from collections.abc import Iterator
from urllib.parse import urlsplit

from advent_cli.errors import TargetError

NOT_YET, EXPIRED = 9, 10  # X509_V_ERR_CERT_NOT_YET_VALID and X509_V_ERR_CERT_HAS_EXPIRED of OpenSSL
TRUST = (
    "if a proxy on your network inspects HTTPS, set AWS_CA_BUNDLE, or `ca_bundle` in ~/.aws/config, to a PEM file with "
    "the certificate of its authority"
)
CHECK_CLOCK = "check the clock of this computer; if it is right, so is the refusal"
OTHER_HOST = "check the network, and the proxy if you use one: another server answers for it"
CHECK_FILE = "check AWS_CA_BUNDLE, `ca_bundle` in ~/.aws/config, and REQUESTS_CA_BUNDLE: they name a PEM file"


def causes(error: BaseException | None) -> Iterator[BaseException]:
    """The error, what caused it, and so on."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def explain_certificate(error: Exception) -> TargetError | None:
    """What an error of botocore means that is about certificates; None for another.

    botocore reads the trusted ones at each connection, from the file that AWS_CA_BUNDLE, `ca_bundle` in ~/.aws/config,
    or else REQUESTS_CA_BUNDLE names; without any of them from the package certifi, or else from its own.
    """
    from botocore.exceptions import SSLError

    if not isinstance(error, SSLError):
        return None
    host = urlsplit(str(error.kwargs.get("endpoint_url"))).hostname
    for cause in causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            hint = CHECK_CLOCK if cause.verify_code in (NOT_YET, EXPIRED) else TRUST
            return TargetError(f"the certificate of {host} is not accepted", why=cause.verify_message, hint=hint)
        if isinstance(cause, ValueError):  # urllib3's CertificateError: the certificate names another host
            return TargetError(f"the certificate of {host} is not accepted", why=str(cause), hint=OTHER_HOST)
        is_file = isinstance(cause, OSError) and not isinstance(cause, ssl.SSLError | SSLError)
        if is_file or getattr(cause, "reason", "") == "NO_CERTIFICATE_OR_CRL_FOUND":
            return TargetError("cannot read the file of trusted certificates", why=str(cause), hint=CHECK_FILE)
    return None
