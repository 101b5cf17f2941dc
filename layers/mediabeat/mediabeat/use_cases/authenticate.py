"""Who signed a call: the project whose access key it was, if key, time and signature are right."""

from mediabeat.core.projects import ACCESS_KEY_ID
from mediabeat.errors import Unauthorized
from mediabeat.protocols.vod_station.signature import INVALID, SignedCall, is_in_time, is_signed_with
from mediabeat.storage.project_store import Registry
from mediabeat.storage.secrets import SecretStore


def authenticate(call: SignedCall, registry: Registry, secrets: SecretStore, *, now: int) -> str:
    """Return the id of the project whose access key signed a call. `now` is the server's clock, epoch milliseconds.

    Raises Unauthorized, in the same words for whatever was wrong. The table is asked each time, so that a key that has been
    disabled opens nothing from then on.
    """
    if not is_in_time(call, now=now) or not ACCESS_KEY_ID.fullmatch(call.access_key_id):
        raise Unauthorized(INVALID)
    key = registry.access_key(call.access_key_id)
    if key is None or not key.enabled:
        raise Unauthorized(INVALID)
    secret = secrets.secret(key.id, now=now)
    if secret is None or not is_signed_with(call, secret):
        raise Unauthorized(INVALID)
    return key.project_id
