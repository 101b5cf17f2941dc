"""Silent media for real players: Opus in fragmented MP4 (ISO 14496-12, RFC 7845 for the packets), with HLS and DASH manifests.

A packet of 20 ms of silence has three bytes, so no encoder is needed.
"""

import struct
from typing import Final

RATE: Final = 48_000
PACKET: Final = b"\xfc\xff\xfe"
PACKET_TICKS: Final = RATE // 50
SEGMENT_S: Final = 2
PACKETS: Final = 50 * SEGMENT_S
BANDWIDTH: Final = 64_000

_MATRIX: Final = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)


def _box(kind: str, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I4s", 8 + len(body), kind.encode()) + body


def _full(kind: str, *parts: bytes, version: int = 0, flags: int = 0) -> bytes:
    return _box(kind, struct.pack(">I", version << 24 | flags), *parts)


def _initialization() -> bytes:
    opus = _box("dOps", struct.pack(">BBHIhB", 0, 2, 0, RATE, 0, 0))
    entry = _box("Opus", bytes(6), struct.pack(">H8xHHHHI", 1, 2, 16, 0, 0, RATE << 16), opus)
    tables = [_full(kind, bytes(size)) for kind, size in (("stts", 4), ("stsc", 4), ("stsz", 8), ("stco", 4))]
    table = _box("stbl", _full("stsd", struct.pack(">I", 1), entry), *tables)
    data = _box("dinf", _full("dref", struct.pack(">I", 1), _full("url ", flags=1)))
    media = _box(
        "mdia",
        _full("mdhd", struct.pack(">IIIIHH", 0, 0, RATE, 0, 0x55C4, 0)),
        _full("hdlr", struct.pack(">I4s12x", 0, b"soun"), b"sound\0"),
        _box("minf", _full("smhd", bytes(4)), data, table),
    )
    track = _full("tkhd", struct.pack(">IIIII8xHHHH", 0, 0, 1, 0, 0, 0, 0, 0x100, 0), _MATRIX, bytes(8), flags=7)
    movie = _full("mvhd", struct.pack(">IIIIIH10x", 0, 0, RATE, 0, 0x10000, 0x100), _MATRIX, bytes(24), struct.pack(">I", 2))
    extends = _box("mvex", _full("trex", struct.pack(">IIIII", 1, 1, PACKET_TICKS, len(PACKET), 0x2000000)))
    return _box("ftyp", b"iso6", bytes(4), b"iso6mp41dash") + _box("moov", movie, _box("trak", track, media), extends)


def _segment(number: int) -> bytes:
    def fragment(offset: int) -> bytes:
        return _box(
            "moof",
            _full("mfhd", struct.pack(">I", number + 1)),
            _box(
                "traf",
                _full("tfhd", struct.pack(">I", 1), flags=0x20000),
                _full("tfdt", struct.pack(">Q", number * SEGMENT_S * RATE), version=1),
                _full("trun", struct.pack(">Ii", PACKETS, offset), flags=1),
            ),
        )

    return fragment(len(fragment(0)) + 8) + _box("mdat", PACKET * PACKETS)


def silent_media(duration_s: int) -> dict[str, bytes]:
    """Return the files of media of this length, by their names: `index.m3u8`, `index.mpd` and what they name."""
    count = duration_s // SEGMENT_S
    names = [f"segment-{number + 1}.m4s" for number in range(count)]
    segments = "".join(f"#EXTINF:{SEGMENT_S}.0,\n{name}\n" for name in names)
    playlist = (
        f'#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:{SEGMENT_S}\n#EXT-X-MAP:URI="init.mp4"\n{segments}#EXT-X-ENDLIST\n'
    )
    multivariant = f'#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH={BANDWIDTH},CODECS="opus"\naudio.m3u8\n'
    template = f'timescale="1" duration="{SEGMENT_S}" startNumber="1" initialization="init.mp4" media="segment-$Number$.m4s"'
    manifest = (
        '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" profiles="urn:mpeg:dash:profile:isoff-live:2011" '
        f'type="static" mediaPresentationDuration="PT{duration_s}S" minBufferTime="PT2S"><Period>'
        '<AdaptationSet contentType="audio" mimeType="audio/mp4" codecs="opus" segmentAlignment="true" startWithSAP="1">'
        f'<SegmentTemplate {template}/><Representation id="1" bandwidth="{BANDWIDTH}" audioSamplingRate="{RATE}"/>'
        "</AdaptationSet></Period></MPD>"
    )
    texts = {"index.m3u8": multivariant, "audio.m3u8": playlist, "index.mpd": manifest}
    media = {name: _segment(number) for number, name in enumerate(names)}
    return {"init.mp4": _initialization(), **media, **{name: text.encode() for name, text in texts.items()}}
