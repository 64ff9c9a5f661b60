"""An invented hospital: its patients, its archive's images, its extracts. For tests, benchmarks and the demo only."""
