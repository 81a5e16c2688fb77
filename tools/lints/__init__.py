"""The house's own lints: rules of CONTRIBUTING.md that no general tool knows, read off the syntax tree.

`python -m tools.lints` prints one line a finding and ends with 1 when there is any. Each rule is a function in
`rules.py`, and each has a test in tests/lints/ that plants a violation and sees it caught.
"""
