"""The database: the shared schema, and the few words in which SQLite and PostgreSQL differ."""
