"""Stored forms: their compression, and the rules for reading what an older or newer release wrote.

Two releases share one table during a deployment, after a rollback, and as long as sessions are kept. The rules:

* A reader ignores unknown fields and attributes, and values after the last known one.
* A field that is missing reads as None, which means "not known", where its type permits None. Otherwise it reads as the neutral
  value of its type: zero, false, empty. Unknown is not zero, so the type of a new field has to permit None.
* An unknown word, such as a new close reason, is kept as it is. No branch of this release acts on it.
* Fields that are stored by position (a log line, the totals) are only added, and only at the end.
* Keys, phases and times have no default: without them there is nothing to read.

Construction stays strict: code that makes a value names every field, and mypy and pydantic report a missing one.
"""

import zlib
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, Final, Self, get_args, get_origin


class StoredWord(StrEnum):
    """A stored word. A word of a later release is kept as it is, and `is_known` is False for it."""

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        if not isinstance(value, str):
            return None
        word = str.__new__(cls, value)
        word._name_ = word._value_ = value
        return word

    @property
    def is_known(self) -> bool:
        """Whether this release knows the word."""
        return any(self is one for one in type(self))


def neutral(kind: Any) -> Any:
    """Return the value of a missing field: None where the type permits it, else zero, false or empty."""
    return None if type(None) in get_args(kind) else (get_origin(kind) or kind)()


def by_position(stored: Sequence[Any], missing: tuple[Any, ...]) -> list[Any]:
    """Return the stored values, cut or filled up with those of `missing` to the same number of fields."""
    return [*stored[: len(missing)], *missing[len(stored) :]]


def by_name(stored: Mapping[str, Any], fields: Sequence[str]) -> dict[str, Any]:
    """Return the stored values of these fields; absent fields are left out."""
    return {name: stored[name] for name in fields if name in stored}


DICTIONARY: Final = (
    # A summary, its log, a caller, the payloads of events: the rarest first, because references to the end are the shortest.
    b'{"metrics":{"metrics_version":1,"close_reason":"max_age","no_playhead_progress","completed","no_events","session_end",'
    b'"media_starts":1,"content_starts":1,"drops_before_start":0,"content_completes":0,"content_resumes":0,'
    b'"content_time_spent_ms":0,"ad_time_spent_ms":0,"media_time_spent_ms":0,"unique_time_played_ms":0,'
    b'"average_minute_audience":null,"progress_10":true,"progress_25":true,"progress_50":true,"progress_75":false,'
    b'"progress_95":false,"segment":"[0-5]","estimated_streams":1,"pause_events":0,"total_pause_duration_ms":0,'
    b'"pause_impacted":false,"buffer_events":0,"total_buffer_duration_ms":0,"buffer_impacted":false,"stall_events":0,'
    b'"total_stall_duration_ms":0,"stall_impacted":false,"time_to_start_ms":0,"average_bitrate_bps":null,"bitrate_changes":0,'
    b'"bitrate_change_impacted":false,"dropped_frames":0,"dropped_frame_impacted":false,"error_events":0,"error_impacted":false,'
    b'"player_errors":[],"external_errors":[],"ad_count":0,"ad_starts":0,"ad_completes":0,"ad_skips":0,"ads":['
    b'{"id":"","name":"","break_index":1,"break_name":null,"position":1,"length_s":15.0,"time_ms":15000,"completed":true,'
    b'"skipped":false}],"chapter_count":0,"chapter_starts":0,"chapter_completes":0,"chapter_skips":0,"chapters":['
    b'{"index":1,"name":"","offset_s":0.0,"length_s":0.0,"time_ms":0,"completed":true,"skipped":false}],'
    b'"states":{"fullScreen":{"count":1,"time_ms":0,"set":true},"closedCaptioning":{"pictureInPicture":{"inFocus":{"mute":{}},'
    b'"log":[[0,0.0,"prev_tarck",0],[0,0.0,"next_track",0],[0,0.0,"error",0],[0,0.0,"ended",0],[0,0.0,"seeking",0],'
    b'[0,0.0,"rebuffering",0],[0,0.0,"paused",0],[0,0.0,"player_start",0],[0,0.0,"startup",0],[0,0.0,"playing",60000]]}'
    b'{"device":"Mobile","os":"iOS / 18.6","os":"Android / 15","os":"Mac OS / 10.15.7","os":"Windows / 10",'
    b'"browser":"Mobile Safari","browser":"Chrome Mobile",'
    b'"browser":"Firefox","browser":"Safari","browser":"Edge","browser":"Chrome",'
    b'"origin":"https://www.","page":"https://www.","language":"en-US","user_agent":"Dalvik/2.1.0 (Linux; U; Android 14; '
    b"Mozilla/5.0 (X11; Linux x64) Mozilla/5.0 (Linux; Android 10; K) Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) "
    b"Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 "
    b"Safari/604.1 Gecko/20100101 Firefox/140.0 Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    b'Chrome/141.0.0.0 Mobile Safari/537.36 Edg/141.0.0.0"}'
    b'[{"analytics.aid":"","analytics.enableSSL":true,"analytics.optOutServerSideForwarding":false,"analytics.optOutShare":false,'
    b'"analytics.reportSuite":"","analytics.trackingServer":"","analytics.visitorId":"","appInstallationId":"","media.adLoad":"",'
    b'"media.album":"","media.artist":"","media.assetId":"","media.author":"","media.channel":"","media.contentType":"live",'
    b'"media.contentType":"vod","media.contentType":"VOD","media.dayPart":"","media.downloaded":true,"media.episode":"",'
    b'"media.feed":"","media.firstAirDate":"20","media.firstDigitalDate":"20","media.genre":"","media.id":"","media.label":"",'
    b'"media.length":0,"media.libraryVersion":"","media.name":"","media.network":"","media.originator":"","media.pass.auth":"",'
    b'"media.pass.mvpd":"","media.playerName":"","media.publisher":"","media.rating":"","media.resume":false,'
    b'"media.sdkVersion":"","media.season":"","media.show":"","media.showType":"","media.station":"","media.streamFormat":"",'
    b'"media.streamType":"audio","media.streamType":"video","visitor.aamLocationHint":9,"visitor.customerIDs":{"authState":0,"id":"'
    b'"visitor.marketingCloudOrgId":"@AdobeOrg","visitor.marketingCloudUserId":""},{},{}]'
    b'[{"media.errorId":"","media.errorSource":"external","media.errorSource":"player"},{},{}]'
    b'[{"statesEnd":[{"media.state.name":""}],"statesStart":[{"media.state.name":"'
    b'[{"media.chapter.friendlyName":"","media.chapter.index":1,"media.chapter.length":0,"media.chapter.offset":0},{},{}]'
    b'[{"media.ad.podFriendlyName":"preroll","media.ad.podIndex":1,"media.ad.podSecond":0},{},{}]'
    b'[{"media.ad.advertiser":"","media.ad.campaignId":"","media.ad.creativeId":"","media.ad.creativeURL":"https://",'
    b'"media.ad.id":"","media.ad.length":15,"media.ad.name":"","media.ad.placementId":"","media.ad.playerName":"",'
    b'"media.ad.podPosition":1,"media.ad.siteId":""},{},{}]'
    b'[{},{},{"media.qoe.errorID":"","media.qoe.errorSource":"player"}][{},{},{"media.qoe.bitrate":1000000,'
    b'"media.qoe.droppedFrames":0,"media.qoe.framesPerSecond":25,"media.qoe.timeToStart":0}]'
)
"""Stored data cannot be read without it, so it never changes. A better dictionary would need its own marker."""

LINE_DICTIONARY: Final = (
    b'"h":"","ltc":,"dfa":,"nr":,"bg":true,"cs":"","ttlb":,"pr":,"pt":,"ec":["","e":"as","e":"ae","e":"abs","e":"abe","e":"sk",'
    b'"e":"c","e":"ce","cen":"","e":"b","e":"m","e":"um","e":"pe","e":"pc","e":"e","e":"pr","pr":1,"msd":,"com.example-"'
    b'"st":"l","st":"ll","sta":"q","sta":"f","sta":"d","sta":"w","sta":"s","sta":"r","sta":"k","sta":"a","sta":"e","sta":"p"}'
    b'{"e":"rr","sn":,"sta":"p"}{"br":[],"e":"rr","msd":,"ttlb":,"sn":{"cid":"","e":"t","sf":"d","sn":,"st":"v","sta":"e"}'
    b'{"br":[[240,"v"],[48,"a"]],"cid":"","e":"bc","sf":"d","sn":{"br":[],"cid":"","e":"ps","sf":"h","sn":,"st":"v","sta":"a"}'
    b'{"br":[],"cid":"","e":"t","sf":"h","sn":,"st":"v","sta":"p"}'
)
"""The same for CMCD lines, whose code is the marker. It never changes either."""

_RAW: Final = -13
"""Window bits of raw deflate. Negative: no zlib header and checksum, which would add six bytes to each event.

The window of 8 KB holds the dictionary. The usual 32 KB take ten times as long to set up, which is most of the work on short
texts.
"""


def compressed(data: bytes, dictionary: bytes = DICTIONARY) -> bytes:
    """Return data compressed."""
    compressor = zlib.compressobj(wbits=_RAW, memLevel=6, zdict=dictionary)
    return compressor.compress(data) + compressor.flush()


def decompressed(stored: bytes, dictionary: bytes = DICTIONARY) -> bytes:
    """Return the data that `compressed` compressed, whatever follows it."""
    return opened(stored, dictionary)[0]


def opened(stored: bytes, dictionary: bytes = DICTIONARY) -> tuple[bytes, bytes]:
    """Return the data that `compressed` compressed, and what follows it."""
    decompressor = zlib.decompressobj(wbits=_RAW, zdict=dictionary)
    return decompressor.decompress(stored), decompressor.unused_data
