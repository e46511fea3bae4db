"""Measures wattle as a store of readings; see ../run_store.py."""
