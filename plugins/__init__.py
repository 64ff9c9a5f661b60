"""What runs inside the two Orthancs: `orthanc_*.py` are the scripts that Orthanc loads, the rest is theirs."""
