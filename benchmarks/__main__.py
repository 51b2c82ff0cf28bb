"""Measures advent against plain boto3 at several latencies, or with AWS's delays, on a local engine of its own.

`python -m benchmarks [--quick]` prints a table, `python -m benchmarks --like-aws` a chart of one run.
"""

import argparse

from benchmarks import like_aws, table


def main() -> None:
    """Parse the options and run."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="run each command once instead of three times")
    parser.add_argument("--like-aws", action="store_true", help="chart one `up` with AWS's delays and limits")
    options = parser.parse_args()
    if options.like_aws:
        like_aws.main()
    else:
        table.main(runs=1 if options.quick else 3)


if __name__ == "__main__":
    main()
