"""What survives a restart: the library, the queues, settings and the journal of paid requests. No Qt."""
