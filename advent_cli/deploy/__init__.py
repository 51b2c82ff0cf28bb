"""What `up`, `plan`, `status` and `down` share: inspect, find orphans, decide, execute. Nothing here prints."""
