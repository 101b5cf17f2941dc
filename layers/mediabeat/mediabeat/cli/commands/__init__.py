"""The commands of `mediabeat`, one file each or one for a group: options, arguments and what is printed."""
