"""The local engine: its process, its files, its guard. The only package that imports ministack."""
