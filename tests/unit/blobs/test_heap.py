"""The allocator takes what it is told, and pieces of blobs no longer fault in page by page."""

import subprocess
import sys

PROGRAM = """
import resource
from radiotheque.blobs.heap import keep_freed_pieces
print(keep_freed_pieces())
for _ in range(20):
    bytearray(1 << 20)
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(100):
    bytearray(1 << 20)
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def test_pieces_of_a_mebibyte_are_used_again():
    said = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True, timeout=60)
    took, faults = said.stdout.split()
    assert took == "True"
    assert int(faults) < 100, "without it there are 256 for each piece"
