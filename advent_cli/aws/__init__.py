"""The only door to AWS: sessions, clients, ARNs, tags, errors, retries, rate limits, calls as data."""
