"""NAVER Media Analytics: recent sessions and one session in detail."""
