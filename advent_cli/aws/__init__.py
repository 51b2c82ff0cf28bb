"""The only package that talks to AWS: sessions, clients, ARNs, tags, errors, retries, rate limits, calls as data."""
