"""The four contracts as OpenAPI files, and tests that hold the clients to them."""
