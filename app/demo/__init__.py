"""The four services as a local ASGI app over a synthetic data set: for the demo, the tour and the tests.

Every person, company and address is invented: domains end in the reserved `.example` and `.test`
(RFC 2606), phone numbers come from ranges that regulators keep for fiction.
"""

DEMO_KEY = "demo-key"
