"""The steps from one schema to the next; `env.py` and `versions` are Alembic's names."""
