"""An exported project as files: `lines` is the form of a line, `folder` the files on disk."""
