"""DICOM as bytes: where elements start and end, what they are called, what encodes them. Pure: no I/O, no policy."""
