"""NAVER VOD Station: channels and signed calls."""
