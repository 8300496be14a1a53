"""Counts what a server sends to browsers, by standing between them."""

import asyncio
import threading
from urllib.parse import urlsplit


class Relay:
    """A running relay.

    Attributes:
        address: where a browser finds the server now.
        sent: bytes that the server has sent so far, headers and WebSocket messages among them.
    """

    def __init__(self, target):
        self._target = urlsplit(target)
        self.sent = 0
        self.address = None

    async def serve(self):
        listener = await asyncio.start_server(self._join, "localhost", 0)
        self.address = f"http://localhost:{listener.sockets[0].getsockname()[1]}"
        return listener

    async def _join(self, browser_reader, browser_writer):
        server_reader, server_writer = await asyncio.open_connection("localhost", self._target.port)
        await asyncio.gather(
            self._pass_on(browser_reader, server_writer, counted=False),
            self._pass_on(server_reader, browser_writer, counted=True),
            return_exceptions=True,
        )

    async def _pass_on(self, reader, writer, counted):
        try:
            while chunk := await reader.read(65_536):
                self.sent += len(chunk) if counted else 0
                writer.write(chunk)
                await writer.drain()
        finally:
            writer.close()


def relayed(target):
    """A Relay to the server at an address, which runs until the benchmarks end."""
    relay, loop = Relay(target), asyncio.new_event_loop()
    # In a thread of its own: Playwright runs a loop in this one.
    threading.Thread(target=loop.run_forever, daemon=True).start()
    asyncio.run_coroutine_threadsafe(relay.serve(), loop).result()
    return relay
