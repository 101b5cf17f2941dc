"""mediabeat: an open, serverless back end for media-player analytics."""
