import json
import pydantic
def lambda_handler(event, context):
    return {"statusCode": 200, "headers": {"X-A": "b"}, "body": json.dumps({"v": pydantic.VERSION, "e": event}, default=str)}
