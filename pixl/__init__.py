"""What PIXL's processes share, in the order data flow through it."""
