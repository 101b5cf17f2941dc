"""Command lines of the tools that uv runs in environments of their own, at the versions that this package ships."""

from pathlib import Path

import uv

TOOLS = {
    "aws-sam-cli": ["aws-sam-cli"],
    "ministack": ["ministack", "aws-sam-translator"],  # without the translator, MiniStack accepts no SAM template
}
"""The packages that each tool's environment is made of. The tools require different versions of botocore, so each has its own."""


def pins(tool: str) -> Path:
    """Return the path of the file with the exact version of every package in the tool's environment."""
    return Path(__file__).parent / "pins" / f"{tool}.txt"


def command(tool: str, *program: str) -> list[str]:
    """Return the command line that runs a program in the tool's environment."""
    packages = [f"--with={package}" for package in TOOLS[tool] if package != tool]
    return [uv.find_uv_bin(), "tool", "run", "--from", tool, *packages, "--constraints", str(pins(tool)), *program]
