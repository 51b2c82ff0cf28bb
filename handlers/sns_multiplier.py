"""Function 2, a subscriber of the topic: adds 10 to the count of each word of a message.

It runs after function 1 has published the message, at the same time as the other subscribers. If it fails, Lambda runs
it again, up to twice, and then sends the event to the dead-letter queue.
"""

import logging
import os
import time
from typing import Any

import counting
import json_logging
import sns_event

json_logging.configure()
logger = logging.getLogger(__name__)

MULTIPLIER = int(os.environ.get("MULTIPLIER", "10"))
RESERVED_TIME = 2.0  # seconds before Lambda's timeout, so that the function can still report its error


def handler(event: dict[str, Any], context: Any) -> None:
    """Handle an event from SNS: count the words of each message in it."""
    json_logging.set_request_id(context.aws_request_id)
    for record in event["Records"]:
        start = time.monotonic()
        message = record["Sns"]
        message_id = sns_event.message_id(message)
        words, left_out = counting.count_words(message["Message"])
        increments = {word: times * MULTIPLIER for word, times in words.items()}
        deadline = start + context.get_remaining_time_in_millis() / 1000 - RESERVED_TIME
        _, error = counting.add(increments, message_id, deadline)
        if error:
            raise error
        elapsed = round((time.monotonic() - start) * 1000)
        fields = {"message_id": message_id, "words": len(words), "milliseconds": elapsed}
        logger.info("counted", extra=fields | ({"left_out": left_out} if left_out else {}))
