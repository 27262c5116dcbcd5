"""Durable work: bulk fetch and enrichment. The tables are the truth; these engines only move rows through them."""
