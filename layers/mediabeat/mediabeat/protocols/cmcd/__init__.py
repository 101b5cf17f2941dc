"""Common Media Client Data, version 2 (CTA-5004-B), in event mode: what stock web players send without any SDK."""
