"""GET /console and its files: the page on which people look at their sessions. It asks the queries, and reads no data itself."""

from pathlib import Path
from typing import Any, Final

from mediabeat.runtime.http_api import Reply, Request, error_reply, with_error_replies
from mediabeat.runtime.settings import has_console
from mediabeat.runtime.web_page import INDEX, WebPage

STATIC: Final = Path(__file__).parent / "static"
page = WebPage({path.name: path.read_bytes() for path in sorted(STATIC.rglob("*.*"))}, is_on=has_console())


@with_error_replies(error_reply)
def lambda_handler(request: Request, context: Any) -> Reply:
    """Reply with the page, or with one of its files."""
    return page.reply(request.path_parameters.get("file", INDEX), request)
