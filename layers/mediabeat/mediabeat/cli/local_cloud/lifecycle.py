"""The local cloud as a whole: start it, stop it, and get its status."""

from contextlib import closing
from dataclasses import replace

from mediabeat.cli import projects
from mediabeat.cli.local_cloud import api_routes, background, clients, deployment, emulator, sample
from mediabeat.cli.local_cloud.state_folder import StateFolder, Status
from mediabeat.cli.terminal.failure import CommandFailed
from mediabeat.cli.terminal.steps import Steps
from mediabeat.runtime.settings import server_clock
from mediabeat.storage.project_store import Registry

PROJECT_ID = "demo"


def up(folder: StateFolder, steps: Steps, port: int | None = None, quiet_minutes: float = 10) -> Status:
    """Start the emulator unless it runs, deploy the checkout to it, create the project `demo`, and return the status."""
    from mediabeat.cli import target  # it imports this module

    deployment.check_machine()
    source = deployment.source_folder()
    folder.settled.unlink(missing_ok=True)
    cloud = _started(folder, steps, port)
    with steps.step("building the template and the layer (sam build)"):
        deployment.build(source, folder, cloud.endpoint)
    with steps.step("deploying the stack (sam deploy)"):
        deployment.deploy(folder, cloud.endpoint, {"QuietMinutes": f"{quiet_minutes:g}"})
    with steps.step("connecting the API's routes, CORS rules and address"):
        api_routes.connect(cloud.endpoint)
    table = deployment.outputs(cloud.endpoint)["TableName"]
    with steps.step(f"creating the project {PROJECT_ID!r} unless it exists"):
        last = Status.load(folder)
        with closing(clients.client("dynamodb", cloud.endpoint)) as client:
            api_key = projects.ensure(PROJECT_ID, Registry(table, client), known_key=last.api_key if last else None)
    status = Status(
        running=True,
        url=cloud.address,
        project_id=PROJECT_ID,
        api_key=api_key,
        endpoint=cloud.endpoint,
        table=table,
        stack=deployment.STACK,
        pid=cloud.pid,
        log=str(folder.emulator_log),
        home=str(folder.path),
    )
    step = steps.step(f"creating the project {sample.PROJECT_ID!r} of events/ unless it exists")
    with step, target.of_local_cloud(status) as deployed:
        sample.keep(deployed, source / "events", server_clock())
    status.save(folder)
    folder.settled.touch()
    return status


def down(folder: StateFolder, steps: Steps) -> bool:
    """Save the data and stop everything that `up` started; False when nothing was running."""
    background.stop(folder)
    cloud = emulator.running(folder)
    if cloud is None:
        return False
    with steps.step("saving the data and stopping the emulator"):
        emulator.stop(folder, cloud)
    return True


def status(folder: StateFolder) -> Status:
    """Return the status that the last `up` wrote; without address and process if the emulator is not running."""
    nothing = Status(
        running=False,
        url=None,
        project_id=None,
        api_key=None,
        endpoint=None,
        table=None,
        stack=None,
        pid=None,
        log=str(folder.emulator_log),
        home=str(folder.path),
    )
    last = Status.load(folder) or nothing
    cloud = emulator.running(folder)
    if cloud and last.pid == cloud.pid and emulator.healthy(cloud, folder):
        return last
    return replace(last, running=False, url=None, endpoint=None, pid=None)


def require(folder: StateFolder) -> Status:
    """Return the status of a running local cloud.

    Raises CommandFailed when it is down.
    """
    found = status(folder)
    if not found.running:
        raise CommandFailed("The local cloud is not up. Start it with: mediabeat up")
    return found


def _started(folder: StateFolder, steps: Steps, port: int | None) -> emulator.Emulator:
    cloud = emulator.running(folder)
    if cloud is None:
        chosen = emulator.choose_port(port)
        with steps.step(f"starting the emulator on port {chosen} (the first start downloads it)"):
            return emulator.start(folder, chosen)
    if port not in (None, cloud.port):
        raise CommandFailed(
            f"The local cloud already runs on port {cloud.port}. To change the port, stop it first with: mediabeat down"
        )
    if not emulator.healthy(cloud, folder):
        raise CommandFailed(
            "The emulator does not answer: it is still starting, or it hangs. Try again, or stop it with: mediabeat down",
            folder.emulator_log,
        )
    return cloud
