"""Function 2, subscribed to the topic: adds 10 to the count of each word of the message.

It runs after function 1 has answered, and at the same time as the topic's other subscribers. What it cannot do it
raises: Lambda then runs it again, twice, and at last puts the message into the queue of dead letters.
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
SPARE = 2.0  # seconds kept back, to end in order before Lambda's time is up


def handler(event: dict[str, Any], context: Any) -> None:
    """Take an event of SNS; each of its records is one message, whose text stands in it as it was published."""
    json_logging.set_request_id(context.aws_request_id)
    for record in event["Records"]:
        began = time.monotonic()
        message = record["Sns"]
        message_id = sns_event.message_id(message)
        words, left_out = counting.words(message["Message"])
        more = {word: times * MULTIPLIER for word, times in words.items()}
        until = began + context.get_remaining_time_in_millis() / 1000 - SPARE
        _, error = counting.add(more, message_id, until)
        if error:
            raise error
        taken = round((time.monotonic() - began) * 1000)
        fields = {"message_id": message_id, "words": len(words), "milliseconds": taken}
        logger.info("counted", extra=fields | ({"left_out": left_out} if left_out else {}))
