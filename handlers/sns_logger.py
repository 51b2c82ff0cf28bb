"""Function 3, subscribed to the topic: writes each word of the message to CloudWatch Logs.

What a function prints, Lambda puts into its log group; `advent -v status` names it. It shows that a second
subscriber can do something else (anything else, even) with the same message.
"""

import logging
from typing import Any

import json_logging
import sns_event

json_logging.configure()
logger = logging.getLogger(__name__)


def handler(event: dict[str, Any], context: Any) -> None:
    """Take an event of SNS and write the words of each of its messages, one a line, and last how many there were."""
    json_logging.set_request_id(context.aws_request_id)
    for record in event["Records"]:
        message_id = sns_event.message_id(record["Sns"])
        words = record["Sns"]["Message"].split()
        for word in words:
            logger.info("%s", word, extra={"message_id": message_id})
        logger.info("logged", extra={"message_id": message_id, "words": len(words)})
