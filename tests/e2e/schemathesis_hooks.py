"""What Schemathesis cannot know by itself, for tests.e2e.test_openapi."""

from typing import Any

import schemathesis


@schemathesis.serializer("application/cmcd")
def lines(context: schemathesis.SerializationContext, value: Any) -> bytes:
    """Return a body of CMCD lines as it is sent: text."""
    return value if isinstance(value, bytes) else str(value).encode(errors="surrogatepass")
