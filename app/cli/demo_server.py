"""`demo-server`: the synthetic services for other programs."""

import argparse


def serve(arguments: argparse.Namespace) -> int:
    """Serve until interrupted; the port is said on standard output once it listens."""
    from app.demo.server import run_demo_server  # only this command pays for loading a web server

    return run_demo_server(
        port=arguments.port,
        contacts=arguments.contacts,
        seed=arguments.seed,
        latency_ms=arguments.latency_ms,
        strict_limits=arguments.strict_limits,
    )
