"""advent builds the serverless pub/sub word counter of the AWS Advent article, shows it and removes it."""
