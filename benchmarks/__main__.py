"""How fast advent is: beside boto3 alone on a link of some length, or with AWS's own delays, on an engine of its own.

`python -m benchmarks [--quick]` prints the table, `python -m benchmarks --like-aws` the chart of one run.
"""

import argparse

from benchmarks import like_aws, table


def main() -> None:
    """Read the options."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="each command once, instead of three times")
    parser.add_argument("--like-aws", action="store_true", help="`up` with AWS's delays and limits, as a chart")
    options = parser.parse_args()
    if options.like_aws:
        like_aws.main()
    else:
        table.main(runs=1 if options.quick else 3)


if __name__ == "__main__":
    main()
