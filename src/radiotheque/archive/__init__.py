"""The straight line: an X-ray comes in, is kept, is found, is given back. One verb a file."""
