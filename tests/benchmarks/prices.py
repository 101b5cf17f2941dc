"""List prices and limits of AWS, us-east-1, November 2026: on demand, first tier, no free tier, no discounts. Dollars."""

from typing import Final

MILLION: Final = 1_000_000
GB: Final = 2**30

HTTP_API_A_MILLION: Final = 1.00
REST_API_A_MILLION: Final = 3.50
LAMBDA_A_MILLION: Final = 0.20
LAMBDA_A_GB_S: Final = 0.0000133334
"""On arm64; billed by the millisecond."""

WRITE_UNITS_A_MILLION: Final = 0.625
READ_UNITS_A_MILLION: Final = 0.125
TABLE_A_GB_MONTH: Final = 0.25
BACKUP_A_GB_MONTH: Final = 0.20
"""Point-in-time recovery."""

FIREHOSE_A_GB: Final = 0.029
FIREHOSE_RECORD_BYTES: Final = 5 * 1_024
"""Each record is rounded up to a multiple of this."""

S3_A_GB_MONTH: Final = 0.023

# Limits, each a quota that AWS raises on request or a property of the service.
API_REQUESTS_A_SECOND: Final = 10_000
LAMBDA_CONCURRENCY: Final = 1_000
LAMBDA_NEW_ENVIRONMENTS_IN_10_S: Final = 1_000
TABLE_WRITES_A_SECOND: Final = 40_000
NEW_TABLE_WRITES_A_SECOND: Final = 4_000
PARTITION_WRITES_A_SECOND: Final = 1_000
FULL_CORE_MB: Final = 1_769
"""Lambda gives a function of this much memory one core, a smaller one its share."""
