"""Function 3, subscribed to the topic: writes each word of the message to CloudWatch Logs.

What a function prints, Lambda puts into its log group; `advent -v status` names it. It shows that a second
subscriber can do something else (anything else, even) with the same message.
"""

from typing import Any

import journal


def handler(event: dict[str, Any], context: object) -> None:
    """Take an event of SNS and write the words of each of its messages, one a line, and last how many there were."""
    for record in event["Records"]:
        message_id = journal.sent_as(record["Sns"])
        words = record["Sns"]["Message"].split()
        for word in words:
            journal.write("INFO", word, context, message_id=message_id)
        journal.write("INFO", "logged", context, message_id=message_id, words=len(words))
