"""Function 3, a subscriber of the topic: writes each word of a message to CloudWatch Logs.

Lambda sends what a function prints to its log group, which `advent -v status` shows. This function is an example of a
second subscriber: it does something else, here next to nothing, with the same message.
"""

import logging
from typing import Any

import json_logging
import sns_event

json_logging.configure()
logger = logging.getLogger(__name__)


def handler(event: dict[str, Any], context: Any) -> None:
    """Handle an event from SNS: for each message, log its words, one on each line, and then their number."""
    json_logging.set_request_id(context.aws_request_id)
    for record in event["Records"]:
        message_id = sns_event.message_id(record["Sns"])
        words = record["Sns"]["Message"].split()
        for word in words:
            logger.info("%s", word, extra={"message_id": message_id})
        logger.info("logged", extra={"message_id": message_id, "words": len(words)})
