"""mediabeat: an open, serverless back end for media-player analytics.

A request enters a function of `functions/`, which only wires the packages together:

* `runtime` reads the request, the settings and the clock, and makes the reply, the logs and the telemetry.
* `protocols` parses the request into values of the domain, and makes the body of the reply. Each foreign API has one folder.
* `use_cases` gathers, decides and acts, in one file per verb.
* `core` decides: events, sessions, metrics, the lifecycle. It does no I/O and reads no clock.
* `storage` keeps everything in one DynamoDB table.
* `archive` is the format of exported projects. `cli` is the command `mediabeat`, which no other package imports.

Start with `core/event.py`, `core/session.py` and `core/lifecycle.py`, then follow `functions/ingest_event/app.py`.
tests/repo/test_architecture.py has the rules of who may import whom.
"""
