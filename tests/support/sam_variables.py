"""Prints the environment that `sam local invoke` gives each function, by SAM's own code; it needs no Docker.

Runs as a script in SAM CLI's environment, with the file of --env-vars as its argument, in the folder of template.yaml.
"""

import json
import sys
from importlib import import_module
from pathlib import Path
from typing import Any


def main(env_vars: Path) -> None:
    """Print one JSON object: variables by function."""
    stacks: Any = import_module("samcli.lib.providers.sam_stack_provider")
    functions: Any = import_module("samcli.lib.providers.sam_function_provider")
    local: Any = import_module("samcli.commands.local.lib.local_lambda")
    provider = functions.SamFunctionProvider(stacks.SamLocalStackProvider.get_stacks("template.yaml")[0])
    runner = local.LocalLambdaRunner(None, provider, ".", None, env_vars_values=json.loads(env_vars.read_text()))
    print(json.dumps({one.name: runner._make_env_vars(one).resolve() for one in provider.get_all()}))  # noqa: T201


if __name__ == "__main__":
    main(Path(sys.argv[1]))
