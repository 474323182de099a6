#!/usr/bin/env python3
"""Answer a callback with boto3, as any program outside would.

    pip install boto3
    answer.py --endpoint http://127.0.0.1:9002 CALLBACK_ID sign --by Grace
    answer.py --endpoint http://127.0.0.1:9002 CALLBACK_ID refuse --why 'too expensive'
    answer.py --endpoint http://127.0.0.1:9002 CALLBACK_ID heartbeat

Without --endpoint it is AWS Lambda itself, with your own credentials and region.
"""

import argparse
import json
import sys

try:
    import boto3
    from botocore.exceptions import ClientError, EndpointConnectionError
except ImportError:
    sys.exit("boto3 is missing: pip install boto3 (1.44 or newer, which knows durable callbacks)")


def client(endpoint):
    if not endpoint:
        return boto3.client("lambda")
    return boto3.client(
        "lambda",
        endpoint_url=endpoint,
        region_name="local",
        aws_access_key_id="local",
        aws_secret_access_key="local",
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--endpoint", help="the engine's URL, as the example prints it")
    parser.add_argument("id", help="the callback's id")
    answers = parser.add_subparsers(dest="answer", required=True, metavar="sign|refuse|heartbeat")
    sign = answers.add_parser("sign", help="say yes")
    sign.add_argument("--by", default="the manager", metavar="NAME")
    refuse = answers.add_parser("refuse", help="say no")
    refuse.add_argument("--why", default="no reason given", metavar="TEXT")
    answers.add_parser("heartbeat", help="say that you are still at it")
    given = parser.parse_args()

    service = client(given.endpoint)
    try:
        if given.answer == "sign":
            service.send_durable_execution_callback_success(
                CallbackId=given.id, Result=json.dumps({"by": given.by}).encode()
            )
        elif given.answer == "refuse":
            service.send_durable_execution_callback_failure(
                CallbackId=given.id, Error={"ErrorType": "Refused", "ErrorMessage": given.why}
            )
        else:
            service.send_durable_execution_callback_heartbeat(CallbackId=given.id)
    except EndpointConnectionError as error:
        sys.exit(f"{error}; is the example running?")
    except ClientError as error:
        sys.exit(str(error))
    print(f"{given.answer}: delivered")


if __name__ == "__main__":
    main()
