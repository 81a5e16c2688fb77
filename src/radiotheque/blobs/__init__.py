"""Kept bytes under names: files, object stores, memory; around them sealed, mirrored, cached, retried."""
