"""The command `mediabeat`: it runs a local cloud, replays journeys, shows sessions, and operates a deployment.

`main` registers the commands of `commands/`. A command reads its options and prints; the module of the same name in this
folder does the work. `local_cloud/` runs the template on an emulator, and `terminal/` draws.
"""
