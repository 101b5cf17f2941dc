"""The status of a local cloud that is up, for tests of the command that start none."""

from mediabeat.cli.local_cloud.state_folder import Status

UP = Status(
    running=True,
    url="http://127.0.0.1:4600",
    project_id="demo",
    api_key="the key",
    endpoint="http://localhost:4600",
    table="table",
    stack="mediabeat",
    pid=1,
    log="emulator.log",
    home="home",
)
