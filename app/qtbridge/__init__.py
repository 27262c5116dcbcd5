"""Where asyncio meets Qt: the event loop, task scopes, awaited dialogs, the error reporter. Nothing of the product."""
