"""A server that speaks S3, on loopback, with one user who may do everything and nobody else."""

import json
import logging
from contextlib import contextmanager

import boto3
import requests
from moto.server import ThreadedMotoServer

ALL = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}


@contextmanager
def object_storage(bucket):
    """Serve a bucket, and yield the environment with which its user finds it."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        address = f"http://{host}:{port}"
        options = {"endpoint_url": address, "region_name": "us-east-1"}
        options |= {"aws_access_key_id": "setup", "aws_secret_access_key": "setup"}
        users = boto3.client("iam", **options)
        users.create_user(UserName="agency")
        users.put_user_policy(UserName="agency", PolicyName="all", PolicyDocument=json.dumps(ALL))
        key = users.create_access_key(UserName="agency")["AccessKey"]
        boto3.client("s3", **options).create_bucket(Bucket=bucket)
        requests.post(f"{address}/moto-api/reset-auth", data=b"0", timeout=10).raise_for_status()
        yield {
            "AWS_ENDPOINT_URL": address,
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_ACCESS_KEY_ID": key["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"],
        }
    finally:
        server.stop()
