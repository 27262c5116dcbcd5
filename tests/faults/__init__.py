"""What the rep sees when a network, a proxy or a service misbehaves: services on a fault server."""
