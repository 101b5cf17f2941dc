"""Pictures of the console for README.md and ARCHITECTURE.md: `python -m tests.e2e.console` makes them.

The local cloud has to be up with the data of `mediabeat demo`. The pictures show these data and nothing else.
"""

import sys
from typing import Final

from mediabeat.cli.local_cloud import lifecycle
from mediabeat.cli.local_cloud.state_folder import StateFolder
from mediabeat.cli.queries import recent_sessions
from mediabeat.cli.viewings.kinds import DRM_ERROR
from tests.support import browser
from tests.support.template import ROOT

ASSETS: Final = ROOT / ".github" / "assets"
SCRIPT: Final = ROOT / "tests" / "e2e" / "console" / "pictures.mjs"
MOST: Final = 100


def main() -> None:
    """Write the pictures of the overview and of one session that failed, light and dark."""
    cloud = lifecycle.require(StateFolder.of_user())
    sessions = recent_sessions(cloud, MOST)["result"]
    failed = [one for one in sessions if DRM_ERROR in one["errorIds"]]
    if not failed:
        sys.exit(f"The local cloud has no session with the error {DRM_ERROR}. Run: mediabeat demo")
    arguments = (str(cloud.url), str(cloud.project_id), str(cloud.api_key), failed[0]["sessionId"], str(ASSETS))
    sys.stdout.writelines(f"{name}\n" for name in browser.run(SCRIPT, *arguments))


if __name__ == "__main__":
    main()
