"""The app as a CloudFormation template with its code, for a team that goes on without advent. No call to AWS."""
