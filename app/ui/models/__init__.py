"""Item models: ready strings for the views, data in one place."""
