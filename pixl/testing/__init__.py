"""The invented hospital and the servers that tests, benchmarks and the demo run."""
